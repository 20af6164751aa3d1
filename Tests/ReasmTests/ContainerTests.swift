import Foundation
import Testing

/// The same conversation through everything that can hold it: the same files and, but for what names the input, the same index.
@Suite struct ContainerTests {
  struct Form: Sendable, CustomTestStringConvertible {
    var container: Containers.Container
    var isBigEndian: Bool
    /// nil for none.
    var compression: String?

    var testDescription: String { "\(container.rawValue), \(isBigEndian ? "big" : "little"), \(compression ?? "plain")" }
  }

  static let forms: [Form] = Containers.Container.allCases.flatMap { container in
    [false, true].flatMap { order in
      ([nil] + Containers.compressors.map(\.name)).map { Form(container: container, isBigEndian: order, compression: $0) }
    }
  }

  /// What reading the plain capture gives.
  static let expected: [String: String] = {
    guard let command = try? Command(["a.pcap": Containers.capture(.microseconds)]),
      (try? command.run(["-r", "a.pcap", "-o", "out", "-q"]).status) == 0
    else { return [:] }
    return (try? Containers.output(command, "out")) ?? [:]
  }()

  @Test func theConversationIsWhole() {
    #expect(Self.expected.count == 3)
    #expect(Self.expected["connections.ndjson"]?.contains(#""handshake":"complete","close":"fin""#) == true)
    #expect(Self.expected["connections.ndjson"]?.contains("gap") == false)
  }

  /// From a file whose name says nothing of it, and from standard input.
  @Test(arguments: forms)
  func givesTheSame(_ form: Form) throws {
    let command = try Command(["input": Containers.capture(form.container, bigEndian: form.isBigEndian)])
    var name = "input"
    if let compressor = Containers.compressors.first(where: { $0.name == form.compression }) {
      let script = "\"$0\" -c input > packed"
      #expect(try command.run(["-c", script, compressor.program], of: "/bin/sh").status == 0)
      name = "packed"
    }
    #expect(try command.run(["-r", name, "-o", "file", "-q"]) == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "file") == Self.expected)
    let input = try #require(FileHandle(forReadingAtPath: command.folder + "/" + name))
    #expect(try command.run(["-r", "-", "-o", "standard", "-q"], input: input) == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "standard") == Self.expected)
    // Through a pipe that brings a few bytes at a time.
    #expect(
      try command.run(["-c", "dd if=\(name) bs=7 status=none | \"$0\" -r - -o piped -q", Command.reasm], of: "/bin/sh")
        == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "piped") == Self.expected)
  }

  private func check(_ parts: [(name: String, packets: [Containers.Packet])], _ arguments: [String]) throws {
    let kinds = Containers.Container.allCases
    let files = parts.enumerated().map { ($1.name, Containers.capture(kinds[$0 % kinds.count], bigEndian: $0 % 2 == 0, $1.packets)) }
    let command = try Command(Dictionary(uniqueKeysWithValues: files))
    #expect(try command.run(arguments + ["-o", "out", "-q"]) == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "out") == Self.expected)
  }

  @Test(arguments: [["-r", "1", "-r", "2", "-r", "3"], ["-r", "3", "-r", "1", "-r", "2"], ["-r", "2", "-r", "3", "-r", "1"]])
  func rotatedFilesInAnyOrder(_ arguments: [String]) throws {
    let all = Containers.packets
    try check([("1", Array(all[..<5])), ("2", Array(all[5..<9])), ("3", Array(all[9...]))], arguments)
  }

  @Test func overlappingFiles() throws {
    let numbered = Containers.packets.enumerated()
    let parts = (0..<3).map { part in ("\(part)", numbered.filter { $0.offset * 7 % 3 == part }.map(\.element)) }
    try check(parts, ["-r", "2", "-r", "0", "-r", "1"])
  }

  @Test(arguments: [["-r", "client", "-r", "server"], ["-r", "server", "-r", "client"]])
  func twoTapLegs(_ arguments: [String]) throws {
    let legs = [("client", Containers.packets.filter(\.isFromClient)), ("server", Containers.packets.filter { !$0.isFromClient })]
    try check(legs, arguments)
  }

  @Test func aFolder() throws {
    let command = try Command()
    try FileManager.default.createDirectory(atPath: command.folder + "/ring", withIntermediateDirectories: true)
    for (index, packet) in Containers.packets.enumerated() {
      let file = URL(fileURLWithPath: command.folder + "/ring/\(index * 5 % 16)")
      try Data(Containers.capture(.microseconds, [packet])).write(to: file)
    }
    try Data("notes".utf8).write(to: URL(fileURLWithPath: command.folder + "/ring/notes"))
    #expect(try command.run(["-r", "ring", "-q"]) == Command.Outcome.quietSuccess)
    #expect(try Containers.output(command, "ring.streams") == Self.expected)
    #expect(command.contents("ring.streams/connections.ndjson")?.contains(#""first_input":0"#) == true)
  }
}

extension Command.Outcome: Equatable {
  /// Status 0, and not a word.
  static let quietSuccess = Command.Outcome(status: 0, isKilled: false, output: "", errors: "")

  static func == (a: Self, b: Self) -> Bool {
    a.status == b.status && a.isKilled == b.isKilled && a.output == b.output && a.errors == b.errors
  }
}
