import Foundation
import Testing

@testable import FlowFiles

/// The documentation of the output is what the table of the output gives, and that table has every word that the sources write.
///
/// `RECORD=1` writes pages and schemas anew and fails.
@Suite struct FormatTests {
  private static let catalogue = Program.root.appendingPathComponent("Sources/FlowFiles/FlowFiles.docc")
  private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

  private func expect(_ text: String, in file: URL) throws {
    if Self.isRecording {
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(file.lastPathComponent)")
      return
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text, "RECORD=1 swift test writes \(file.lastPathComponent) anew")
  }

  @Test func pagesHoldTheTables() throws {
    let pages = try FileManager.default.contentsOfDirectory(atPath: Self.catalogue.path).filter { $0.hasSuffix(".md") }.sorted()
    var titles: [String] = []
    for page in pages {
      let file = Self.catalogue.appendingPathComponent(page)
      let made = try FormatPage.generated(try String(contentsOf: file, encoding: .utf8))
      titles += made.titles
      try expect(made.text, in: file)
    }
    let wanted = FormatTables.all.objects.map(\.title) + FormatTables.all.lists.map(\.title)
    #expect(titles.sorted() == wanted.sorted(), "each table stands on one page")
    #expect(Set(wanted).count == wanted.count, "each table has a title of its own")
  }

  @Test(arguments: Schema.allCases) func schemasAreOfTheTable(_ schema: Schema) throws {
    try expect(schema.text, in: Self.catalogue.appendingPathComponent(schema.fileName))
  }

  @Test func theManPageIsOfTheTable() throws {
    try expect(FormatManual.text, in: Program.root.appendingPathComponent("Sources/Manual/reasm-output.5"))
    for object in FormatTables.all.objects {
      for field in object.fields { #expect(FormatManual.text.contains("\n\\fB\(field.name)\\fR ("), "\(field.name)") }
    }
    for word in FormatTables.all.lists.flatMap(\.words) {
      #expect(FormatManual.text.contains("\\fB\(word.name.replacing("-", with: "\\-"))\\fR"), "\(word.name)")
    }
  }

  /// The texts of all Swift files below folders of `Sources`.
  private static func sources(_ folders: [String]) throws -> [(path: String, text: String)] {
    try folders.flatMap { folder in
      let place = Program.root.appendingPathComponent("Sources/" + folder)
      return try FileManager.default.subpathsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".swift") }.map { path in
        (folder + "/" + path, try String(contentsOf: place.appendingPathComponent(path), encoding: .utf8))
      }
    }
  }

  /// A word that nothing writes is a leftover.
  @Test func everyWordOfTheTableIsInTheSources() throws {
    let literals = Set(
      try Self.sources(["FlowFiles", "HTTP", "Reassembly", "reasm"]).filter { !$0.path.hasPrefix("FlowFiles/Format/") }
        .flatMap { $0.text.split(separator: "\"").map(String.init) })
    // Raw values of enumerations are written without quotes.
    let rawValues = [
      OutputFormat.bodyNamings, OutputFormat.indexForms, OutputFormat.gapModes, OutputFormat.overlapPolicies, OutputFormat.fragmentPolicies,
      OutputFormat.checksumUses,
    ]
    let unquoted = Set(rawValues.map(\.title) + ["capture format", "name token"])
    let enumerated = [
      OutputFormat.pairings, OutputFormat.framings, OutputFormat.incompleteness, OutputFormat.notes, OutputFormat.enclosures,
    ]
    .map(\.title)
    for object in FormatTables.all.objects {
      for field in object.fields { #expect(literals.contains(field.name), "nothing writes \(field.name) of \(object.title)") }
    }
    for list in FormatTables.all.lists where !unquoted.contains(list.title) && !enumerated.contains(list.title) {
      for word in list.words { #expect(literals.contains(word.name), "nothing writes \(word.name), a \(list.title)") }
    }
  }

  /// What is written under a name that the table does not have is not described.
  @Test func everyKeyOfTheSourcesIsInTheTable() throws {
    let names = Set(FormatTables.all.objects.flatMap { $0.fields.map(\.name) })
    let writers = [
      "key", "count", "unequal", "version", "packet", "endpoint", "tally", "wire", "text", "ascii", "unlessZero", "fields", "hash",
      "ranges",
      "counts", "message",
    ]
    var keys: Set<String> = []
    // The members of an HTTP Archive are described elsewhere.
    for (path, text) in try Self.sources(["FlowFiles"]) where !path.contains("/HTTP/HAR") {
      let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
      for (before, literal) in zip(parts, parts.dropFirst()) {
        let isKey = writers.contains { name in
          before.hasSuffix(name + "(") && before.dropLast(name.count + 1).last?.isLetter != true
        }
        if isKey || before.hasSuffix(", input: ") { keys.insert(String(literal)) }
      }
    }
    #expect(keys.isSuperset(of: ["id", "sha256", "retransmitted_bytes", "kept_input", "most_at_once", "acknowledgment"]))
    #expect(keys.subtracting(names).sorted() == [])
  }

  @Test func reservedNamesAreThoseOfTheTable() {
    let reserved = ReservedNames.all.map { String(decoding: $0, as: UTF8.self) }
    #expect(reserved.sorted() == OutputFormat.reservedFiles.words.map(\.name).sorted())
  }
}
