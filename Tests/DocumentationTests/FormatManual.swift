@testable import FlowFiles

/// Man page of the output, reasm-output(5), generated from the table of the output.
enum FormatManual {
  /// The page in the language of man(7).
  static let text: String = {
    var page = Roff()
    page.line(#".\" Generated from the table of the output; RECORD=1 swift test writes it anew."#)
    page.line(#".TH REASM\-OUTPUT 5 "" "reasm" "File Formats""#)
    page.section("NAME")
    page.text("reasm-output - files and lines that reasm writes")
    page.section("DESCRIPTION")
    for paragraph in introduction { page.paragraph(paragraph) }
    page.section("FILES")
    page.paragraph("Names that a stream never gets:")
    page.words(OutputFormat.reservedFiles)
    page.section("LINES AND OBJECTS")
    for object in FormatTables.all.objects { page.object(object) }
    page.section("NAMES OF STREAMS")
    page.paragraph("Tokens of `--name-template`:")
    page.words(OutputFormat.nameTokens)
    page.section("WORDS")
    let described = [OutputFormat.reservedFiles.title, OutputFormat.nameTokens.title]
    for list in FormatTables.all.lists where !described.contains(list.title) {
      page.subsection(list.title)
      page.words(list)
    }
    page.section("SEE ALSO")
    page.line(".BR reasm (1)")
    return page.text
  }()

  private static let introduction = [
    "A run writes the bytes of each direction of each TCP connection to a file, `connections.ndjson` with a line of JSON for each connection, "
      + "and `run.json` with one object about the run. Options add further files. `--events` and `--list=json` write lines to standard output.",
    "In a file whose name ends in `.ndjson` every line is one JSON object. Fields that are left out are named here with the condition. "
      + "Numbers of packets count from 1 in each input. Offsets count bytes of a stream from 0, times are in UTC.",
    "JSON Schemas of all lines are part of the documentation.",
  ]
}

/// Writer of man(7) pages.
private struct Roff {
  private(set) var text = ""

  mutating func line(_ line: String) { text += line + "\n" }
  mutating func section(_ name: String) { line(".SH " + name) }
  mutating func subsection(_ name: String) { line(".SS " + escaped(name.prefix(1).uppercased() + name.dropFirst())) }
  mutating func text(_ words: String) { line(guarded(styled(words))) }

  mutating func paragraph(_ words: String) {
    line(".PP")
    text(words)
  }

  mutating func words(_ list: WordList) {
    for word in list.words {
      line(".TP")
      line(#"\fB"# + escaped(word.name) + #"\fR"#)
      text(word.meaning)
    }
  }

  mutating func object(_ object: OutputObject) {
    subsection(object.title)
    for field in object.fields {
      line(".TP")
      line(#"\fB"# + escaped(field.name) + #"\fR ("# + styled(Self.type(of: field.value)) + ")")
      text(field.meaning)
      if let absence = field.absence { text("Left out " + absence + ".") }
    }
  }

  /// Type of a value in words; the word lists stand in a section of their own.
  private static func type(of value: OutputValue) -> String {
    value.words(perWord: "number for each", \.title)
  }

  /// Text with its Markdown code in bold.
  private func styled(_ markdown: String) -> String {
    markdown.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
      index % 2 == 0 ? escaped(String(part)) : #"\fB"# + escaped(String(part)) + #"\fR"#
    }.joined()
  }

  private func escaped(_ text: String) -> String { text.replacing(#"\"#, with: #"\e"#).replacing("-", with: #"\-"#) }

  /// A line that begins like a request is none.
  private func guarded(_ line: String) -> String { line.hasPrefix(".") || line.hasPrefix("'") ? #"\&"# + line : line }
}
