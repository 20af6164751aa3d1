import Foundation

/// Writes every made fixture anew: `swift run fixture-maker Fixtures`.
///
/// Recorded fixtures have a `record.sh` instead. What the program makes of them is rewritten by the golden test with `RECORD=1`.
@main struct FixtureMaker {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      FileHandle.standardError.write(Data("usage: fixture-maker FOLDER\n".utf8))
      exit(64)
    }
    let root = URL(fileURLWithPath: CommandLine.arguments[1], isDirectory: true)
    for fixture in Fixture.links + Fixture.datagrams + Fixture.streams + Fixture.stalls + Fixture.strictness + Fixture.files + Fixture.http {
      let folder = root.appendingPathComponent(fixture.name, isDirectory: true)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(fixture.capture).write(to: folder.appendingPathComponent("input.pcap"))
      let text = "# \(fixture.name)\n\n\(fixture.about)\n\nMade by `swift run fixture-maker Fixtures`.\n"
      try Data(text.utf8).write(to: folder.appendingPathComponent("README.md"))
      let arguments = folder.appendingPathComponent("args")
      if fixture.arguments.isEmpty {
        try? FileManager.default.removeItem(at: arguments)
      } else {
        try Data((fixture.arguments.joined(separator: "\n") + "\n").utf8).write(to: arguments)
      }
    }
  }
}
