extension OutputFormat {
  private static func event(_ name: String) -> OutputField {
    OutputField("event", .word(WordList(title: "event", words: events.words.filter { $0.name == name })), "`\(name)`.")
  }

  private static let id = OutputField("id", .number, "The connection's `id`.")
  private static let from = OutputField("from", .object(endpoint), "The sender.")
  private static let to = OutputField("to", .object(endpoint), "The receiver.")
  private static let file = OutputField(
    "file", .text, absent: "where the direction has none yet", "Path of the direction's file below the output folder.")

  static let openedEvent = OutputObject(
    title: "event opened",
    fields: [
      event("opened"), id, from, to,
      OutputField("time", .form(.time), "Time of the packet."),
      OutputField("packet", .number, "The connection's first packet."),
      OutputField("input", .count, absent: "with one input", "Input of the packet."),
    ])

  /// A gap as it is found: its place in the file is not known before bytes follow.
  static let gapEvent = OutputObject(
    title: "event gap",
    fields: [event("gap"), id, from, to, file] + gap.fields.filter { !["file_offset", "file_length"].contains($0.name) })

  static let conflictEvent = OutputObject(
    title: "event conflict",
    fields: [event("conflict"), id, from, to, file] + conflict.fields.filter { ["offset", "length"].contains($0.name) } + [
      OutputField("kept_packet", .number, absent: "where it is no longer known", "Packet that brought the copy in the file."),
      OutputField("kept_input", .count, absent: "with one input, or without `kept_packet`", "Input of that packet."),
      OutputField("other_packet", .number, "Packet that brought the copy that gave way."),
      OutputField("other_input", .count, absent: "with one input", "Input of that packet."),
    ])

  /// The index line, preceded by the event.
  static let closedEvent = OutputObject(title: "event closed", fields: [event("closed")] + connection.fields)
}
