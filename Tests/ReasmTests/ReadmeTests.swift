import Foundation
import Packets
import TestSupport
import Testing

/// The sessions of the README and of the page of sessions are what the commands print: each command of a block marked `<!-- session: case -->` runs in a folder that
/// holds the case's capture as `web.pcap`.
///
/// `RECORD=1` writes the sessions anew and fails.
@Suite struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test(arguments: ["README.md", "Sources/FlowFiles/FlowFiles.docc/Sessions.md"])
  func sessionsAreReal(_ page: String) throws {
    let file = Self.root.appendingPathComponent(page)
    let text = try String(contentsOf: file, encoding: .utf8)
    var parts = text.components(separatedBy: "<!-- session: ")
    #expect(parts.count > 1, "\(page) has no session")
    for index in parts.indices.dropFirst() {
      let name = try #require(parts[index].components(separatedBy: " -->").first)
      let open = try #require(parts[index].range(of: "```console\n"))
      let close = try #require(parts[index].range(of: "```\n", range: open.upperBound..<parts[index].endIndex))
      let commands = parts[index][open.upperBound..<close.lowerBound].split(separator: "\n").filter { $0.hasPrefix("$ ") }
      parts[index].replaceSubrange(open.upperBound..<close.lowerBound, with: try session(commands.map { String($0.dropFirst(2)) }, name))
    }
    let fresh = parts.joined(separator: "<!-- session: ")
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try fresh.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded the sessions of \(page)")
      return
    }
    #expect(fresh == text, "RECORD=1 swift test writes the sessions anew")
  }

  /// Rows of the table of commands: `reasm` runs, and so do the others where they are installed.
  @Test func commandsOfTheComparisonRun() throws {
    let text = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    let part = try #require(text.components(separatedBy: "<!-- commands: ").dropFirst().first)
    let name = try #require(part.components(separatedBy: " -->").first)
    let capture = try Data(contentsOf: Self.root.appendingPathComponent("Fixtures/\(name)/input.pcap"))
    let folder = URL(fileURLWithPath: Command.reasm).deletingLastPathComponent().path
    let table = part.components(separatedBy: "\n\n")[0]
    let commands = table.matches(of: /`((reasm|tcpflow|tshark) -[^`]*)`/).map { (line: String($0.1), program: String($0.2)) }
    #expect(commands.filter { $0.program == "reasm" }.count >= 12)
    for (line, program) in commands {
      let shell = try Command(["web.pcap": Array(capture), "keys.log": []])
      let outcome = try shell.run(
        [
          "-c",
          "PATH='\(folder)':$PATH; command -v \(program) > /dev/null || exit 0; \(line) > text && test -s text -o -d out -o -s out.tar",
        ], of: "/bin/sh")
      #expect(outcome.status == 0, "\(line): \(outcome.errors)")
    }
  }

  /// The README and the help list what the decoder's tables hold, in their order.
  @Test func whatIsReadIsListedFromTheTables() throws {
    let text = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    let words = text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    let help = try Command().run(["--help"]).output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    for names in [
      Encapsulations.linkTypes, Encapsulations.etherTypes, Encapsulations.ipProtocols, Encapsulations.greTypes,
      Encapsulations.udpPorts.map(\.name),
    ] {
      let list = names.joined(separator: ", ")
      #expect(help.contains(list))
      #expect(words.contains(list), "the README lacks: \(list)")
    }
  }

  /// What a terminal would show.
  private func session(_ commands: [String], _ name: String) throws -> String {
    let capture = try Data(contentsOf: Self.root.appendingPathComponent("Fixtures/\(name)/input.pcap"))
    let shell = try Command(["web.pcap": Array(capture)])
    // The examples lie beside the test bundle, and the command perhaps elsewhere.
    let folders = URL(fileURLWithPath: Command.reasm).deletingLastPathComponent().path + ":" + BuiltProgram.folder
    var text = ""
    for command in commands {
      let outcome = try shell.run(["-c", "PATH='\(folders)':$PATH; { \(command); } 2>&1"], of: "/bin/sh")
      #expect(outcome.status == 0, "\(command): \(outcome.output)")
      text += "$ \(command)\n\(outcome.output)"
      if !text.hasSuffix("\n") { text += "\n" }
    }
    return text
  }
}
