@testable import FlowFiles

/// Every object and every list of words that can be reached from what a run writes.
struct FormatTables {
  private(set) var objects: [OutputObject] = []
  private(set) var lists: [WordList] = []
  private(set) var forms: [TextForm] = []

  /// What a run writes beside the streams.
  static let all: FormatTables = {
    var tables = FormatTables()
    let roots = [
      OutputFormat.connection, OutputFormat.chunk, OutputFormat.run, OutputFormat.openedEvent, OutputFormat.gapEvent,
      OutputFormat.conflictEvent, OutputFormat.closedEvent, OutputFormat.exchange, OutputFormat.webSocketMessage,
      OutputFormat.listedConnection, OutputFormat.match,
    ]
    for root in roots { tables.add(root) }
    for list in [OutputFormat.reservedFiles, OutputFormat.nameTokens, OutputFormat.events, OutputFormat.layerKinds] { tables.add(list) }
    return tables
  }()

  mutating func add(_ object: OutputObject) {
    guard !objects.contains(where: { $0.title == object.title }) else { return }
    objects.append(object)
    for field in object.fields { add(field.value) }
  }

  private mutating func add(_ list: WordList) {
    if !lists.contains(where: { $0.title == list.title }) { lists.append(list) }
  }

  mutating func add(_ value: OutputValue) {
    switch value {
    case .text, .bool, .integer, .seconds: break
    case .form(let form): if !forms.contains(form) { forms.append(form) }
    case .word(let list) where list.words.count == 1: break
    case .word(let list), .tally(let list, _), .boolOrWord(let list): add(list)
    case .object(let object): add(object)
    case .list(let element, _), .optional(let element): add(element)
    }
  }
}
