import Foundation
import Testing

/// The man page, made of the help text as `make install` does.
@Suite struct ManualTests {
  private static let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources/Manual/manual.awk").path

  private func page() throws -> (command: Command, text: String) {
    let command = try Command()
    let script = "\"$0\" --help | awk -v version=0.1.0 -f \"$1\" > reasm.1 && cat reasm.1"
    let outcome = try command.run(["-c", script, Command.reasm, Self.program], of: "/bin/sh")
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    return (command, outcome.output)
  }

  @Test func isAsRecorded() throws { try Recording.expect("Recorded/reasm.1", try page().text) }

  /// Each line of the help that begins an option begins a paragraph of the page.
  @Test func hasEveryOption() throws {
    let help = try Command().run(["--help"]).output
    let options = help.split(separator: "\n").filter { $0.hasPrefix("  -") }.compactMap { $0.firstMatch(of: /--[a-z-]+/)?.0 }
    let paragraphs = try page().text.components(separatedBy: ".TP\n").dropFirst().map { $0.prefix { $0 != "\n" } }
    #expect(options.count > 50)
    for option in options {
      let name = "\\fB" + option.replacing("-", with: "\\-") + "\\fR"
      #expect(paragraphs.count { $0.contains(name) } == 1, "\(option)")
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/man"), "needs man"))
  func manShowsIt() throws {
    let (command, _) = try page()
    let outcome = try command.run(["-c", "MANWIDTH=80 man --warnings -Tascii -l reasm.1 | col -b"], of: "/bin/sh")
    #expect(outcome.errors == "")
    #expect(outcome.output.contains("       reasm FILE [FILE ...] [-o DIR] [OPTION ...] [FILTER ...]\n       reasm -i INTERFACE"))
    #expect(outcome.output.contains("\n   LIVE CAPTURE\n"))
    #expect(!outcome.output.contains("subcommand"))
  }
}
