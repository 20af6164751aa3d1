import Foundation
import Testing

/// The page of the rules, the files that hold them and the files that test them name one another.
@Suite struct RulesPageTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  private static let sources = root.appendingPathComponent("Sources/Reassembly")
  private static let tests = root.appendingPathComponent("Tests/ReassemblyTests")

  /// One section of the page: its heading, such as `4 Overlap`, and the files that it names.
  private struct Section {
    var heading: String
    var sources: [String]
    var tests: [String]
    var restsOn: Bool
  }

  private static func sections() throws -> [Section] {
    let page = try String(contentsOf: sources.appendingPathComponent("Reassembly.docc/Rules.md"), encoding: .utf8)
    return page.components(separatedBy: "\n## ").dropFirst().filter { $0.first?.isNumber == true }.map { part in
      Section(
        heading: part.components(separatedBy: "\n")[0], sources: files(after: "Sources: ", in: part),
        tests: files(after: "Tests: ", in: part), restsOn: part.contains("\nRests on: "))
    }
  }

  /// The file names between backquotes, from a word to the next full stop at the end of a line.
  private static func files(after word: String, in text: String) -> [String] {
    guard let start = text.range(of: word), let end = text.range(of: ".\n", range: start.upperBound..<text.endIndex) else { return [] }
    return text[start.upperBound..<end.lowerBound].components(separatedBy: "`").filter { $0.hasSuffix(".swift") }
  }

  @Test func everySectionNamesFilesThatExist() throws {
    let sections = try Self.sections()
    #expect(sections.map { $0.heading.prefix { $0.isNumber } } == (1...12).map { "\($0)" })
    for section in sections {
      #expect(!section.sources.isEmpty, "section \(section.heading) names no source")
      #expect(!section.tests.isEmpty, "section \(section.heading) names no test")
      #expect(section.restsOn, "section \(section.heading) does not say what it rests on")
      for file in section.sources {
        #expect(FileManager.default.fileExists(atPath: Self.sources.appendingPathComponent(file).path), "\(section.heading): \(file)")
      }
      for file in section.tests {
        #expect(FileManager.default.fileExists(atPath: Self.tests.appendingPathComponent(file).path), "\(section.heading): \(file)")
      }
    }
  }

  @Test func everyRuleNamesItsSectionAndTheSectionNamesIt() throws {
    let sections = try Self.sections()
    let rules = try FileManager.default.contentsOfDirectory(atPath: Self.sources.appendingPathComponent("Rules").path)
    #expect(rules.count > 20)
    for rule in rules {
      let text = try String(contentsOf: Self.sources.appendingPathComponent("Rules/\(rule)"), encoding: .utf8)
      // The header ends before the first declaration.
      let header = text.components(separatedBy: "\nextension ")[0].components(separatedBy: "\nstruct ")[0]
      let numbers = header.matches(of: /section (\d+): ([A-Z][A-Za-z ]+)/).map { "\($0.1) \($0.2)" }
      #expect(!numbers.isEmpty, "\(rule) names no section")
      for number in numbers {
        let section = try #require(sections.first { number.hasPrefix($0.heading) }, "\(rule): there is no section '\(number)'")
        #expect(section.sources.contains("Rules/\(rule)"), "section \(section.heading) does not name \(rule)")
      }
    }
  }
}
