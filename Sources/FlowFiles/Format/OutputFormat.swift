/// Format of all output beside the streams: one table of every word, field by field.
///
/// The tables of the documentation and the JSON Schemas are generated from it. Its prose is Markdown.
enum OutputFormat {}

/// A word that is a value in the output, with its meaning.
struct OutputWord: Sendable {
  let name: String
  let meaning: String
}

/// A fixed list of words, such as the kinds of a gap.
struct WordList: Sendable {
  /// Title of the list, in lower case and singular: `gap kind`.
  let title: String
  let words: [OutputWord]
}

/// A field of an object in the output.
struct OutputField: Sendable {
  let name: String
  let value: OutputValue
  /// Condition under which the field is left out; nil if it is always present.
  let absence: String?
  let meaning: String

  init(_ name: String, _ value: OutputValue, absent absence: String? = nil, _ meaning: String) {
    self.name = name
    self.value = value
    self.absence = absence
    self.meaning = meaning
  }
}

/// An object in the output: a line, or a part of a line.
struct OutputObject: Sendable {
  /// Title of the object, in lower case: `connection`.
  let title: String
  let fields: [OutputField]
}

/// Type of a field's value.
indirect enum OutputValue: Sendable {
  /// A string: any text, a text of one form, or a word of a list.
  case text
  case form(TextForm)
  case word(WordList)
  case bool
  /// True, false, or a word of a list.
  case boolOrWord(WordList)
  /// An integer in a range; nil means no upper bound.
  case integer(from: UInt64, to: UInt64?)
  /// A number of seconds with a fraction.
  case seconds
  case object(OutputObject)
  /// An array; nil means no upper bound.
  case list(OutputValue, most: Int?)
  /// An object with a number for each word of a list; with `skipsZero`, words whose number is zero are left out.
  case tally(WordList, skipsZero: Bool)
  /// The value, or null.
  case optional(OutputValue)

  /// A number of items or bytes.
  static let count = OutputValue.integer(from: 0, to: nil)
  /// A number that counts from 1.
  static let number = OutputValue.integer(from: 1, to: nil)
}

/// Form of a string.
enum TextForm: String, CaseIterable, Sendable {
  case time, address, communityID, layer, base64, sha256, duration

  /// Description of the form.
  var description: String {
    switch self {
    case .time: "time"
    case .address: "IP address"
    case .communityID: "Community ID"
    case .layer: "layer"
    case .base64: "base64"
    case .sha256: "SHA-256"
    case .duration: "duration"
    }
  }

  /// Regular expression for the whole string, in the dialect of JSON Schema.
  var pattern: String {
    switch self {
    case .time: #"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$"#
    case .address: #"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-f:]*:[0-9a-f:]*|::ffff:[0-9]{1,3}(\.[0-9]{1,3}){3})$"#
    case .communityID: "^1:[A-Za-z0-9+/]{27}=$"
    case .layer: "^(" + OutputFormat.layerKinds.words.map(\.name).joined(separator: "|") + "):[0-9]+$"
    case .base64: "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
    case .sha256: "^[0-9a-f]{64}$"
    case .duration: "^[0-9]+(ms|s|m|h|d)$"
    }
  }
}
