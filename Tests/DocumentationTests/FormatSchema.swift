@testable import FlowFiles

/// A JSON Schema, draft 2020-12, of what the table of the output describes.
///
/// It is strict: a field that the table does not have is refused.
struct FormatSchema {
  private var json = JSONWriter(isIndented: true)
  /// Titles of the objects in which every field is present.
  private let full: Set<String>

  private init(full: Set<String>) { self.full = full }

  /// The schema of documents that are one of the objects.
  static func text(title: String, _ choices: [OutputObject], full: Set<String> = []) -> String {
    var tables = FormatTables()
    for choice in choices { tables.add(choice) }
    var schema = FormatSchema(full: full)
    schema.write(title, choices, tables)
    return String(decoding: schema.json.bytes, as: UTF8.self)
  }

  private static func identifier(_ title: String) -> String { title.replacing(" ", with: "_") }

  private mutating func write(_ title: String, _ choices: [OutputObject], _ tables: FormatTables) {
    json.beginObject()
    member("$schema", "https://json-schema.org/draft/2020-12/schema")
    member("title", title)
    if choices.count == 1 {
      reference(choices[0].title)
    } else {
      json.key("oneOf")
      json.beginArray()
      for choice in choices {
        json.beginObject()
        reference(choice.title)
        json.endObject()
      }
      json.endArray()
    }
    json.key("$defs")
    json.beginObject()
    for object in tables.objects {
      json.key(named: Self.identifier(object.title))
      write(object)
    }
    for list in tables.lists {
      json.key(named: Self.identifier(list.title))
      json.beginObject()
      enumeration(list)
      json.endObject()
    }
    for form in tables.forms {
      json.key(named: form.rawValue)
      json.beginObject()
      member("type", "string")
      member("pattern", form.pattern)
      json.endObject()
    }
    json.endObject()
    json.endObject()
    json.endLine()
  }

  private mutating func member(_ name: String, _ text: String) {
    json.key(named: name)
    json.string(text)
  }

  private mutating func reference(_ title: String) { member("$ref", "#/$defs/" + Self.identifier(title)) }

  private mutating func enumeration(_ list: WordList) {
    json.key("enum")
    json.beginArray()
    for word in list.words { json.string(word.name) }
    json.endArray()
  }

  /// Fields that the full form has only with an option.
  private static let optional: Set<String> = ["http", "match_count", "matches_not_listed", "pcap", "pcap_base64", "pcap_missing"]

  private mutating func write(_ object: OutputObject) {
    json.beginObject()
    member("type", "object")
    json.key("properties")
    json.beginObject()
    let isFull = full.contains(object.title)
    for field in object.fields {
      json.key(named: field.name)
      json.beginObject()
      member("description", field.meaning)
      write(isFull ? Self.whole(field) : field.value)
      json.endObject()
    }
    json.endObject()
    json.key("required")
    json.beginArray()
    for field in object.fields where isFull && !Self.optional.contains(field.name) || field.absence == nil { json.string(field.name) }
    json.endArray()
    json.key("additionalProperties")
    json.bool(false)
    json.endObject()
  }

  /// The value of a field in an object that leaves none out: null where there is none, else zeros and empty lists.
  private static func whole(_ field: OutputField) -> OutputValue {
    guard let absence = field.absence else { return field.value }
    switch field.value {
    case .list: return field.value
    case .tally(let list, _): return .tally(list, skipsZero: false)
    default:
      let isAlwaysWritten = ["where 0", "where equal", OutputFormat.inShortForm].contains { absence.hasPrefix($0) }
      return isAlwaysWritten ? field.value : .optional(field.value)
    }
  }

  /// The members of a schema of a value.
  private mutating func write(_ value: OutputValue) {
    switch value {
    case .text: member("type", "string")
    case .form(let form): member("$ref", "#/$defs/" + form.rawValue)
    case .word(let list) where list.words.count == 1: enumeration(list)
    case .word(let list): reference(list.title)
    case .bool: member("type", "boolean")
    case .boolOrWord(let list):
      json.key("anyOf")
      json.beginArray()
      json.beginObject()
      member("type", "boolean")
      json.endObject()
      json.beginObject()
      enumeration(list)
      json.endObject()
      json.endArray()
    case .integer(let least, let most):
      member("type", "integer")
      bound("minimum", least)
      if let most { bound("maximum", most) }
    case .seconds: member("type", "number")
    case .object(let object): reference(object.title)
    case .list(let element, let most):
      member("type", "array")
      json.key("items")
      json.beginObject()
      write(element)
      json.endObject()
      if let most { bound("maxItems", UInt64(most)) }
    case .tally(let list, let skipsZero): write(tallyOf: list, skipsZero: skipsZero)
    case .optional(let element):
      json.key("anyOf")
      json.beginArray()
      json.beginObject()
      write(element)
      json.endObject()
      json.beginObject()
      member("type", "null")
      json.endObject()
      json.endArray()
    }
  }

  private mutating func write(tallyOf list: WordList, skipsZero: Bool) {
    member("type", "object")
    json.key("propertyNames")
    json.beginObject()
    reference(list.title)
    json.endObject()
    json.key("additionalProperties")
    json.beginObject()
    member("type", "integer")
    bound("minimum", skipsZero ? 1 : 0)
    json.endObject()
    guard !skipsZero else { return }
    json.key("required")
    json.beginArray()
    for word in list.words { json.string(word.name) }
    json.endArray()
  }

  private mutating func bound(_ name: String, _ value: UInt64) {
    json.key(named: name)
    json.integer(value)
  }
}
