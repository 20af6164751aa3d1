import Foundation
import Testing

/// chunks.ndjson against the capture itself, read by a parser that shares nothing with the program.
@Suite struct ChunkTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures").path

  /// What `PlainCapture` does not decode: layers between link and IP, and datagrams in several packets.
  private static let beyondThePlainParser: Set<String> = [
    "tunnels", "link-mpls", "link-pppoe", "link-llc-snap", "fragments-ipv4", "fragments-ipv6", "fragments-lost", "ipv6-extension-headers",
    "no-defragmentation",
  ]

  private static let fixtures: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/input.pcap") && !beyondThePlainParser.contains($0) }
      .sorted()
  }()

  private static func arguments(_ name: String) -> [String] {
    ((try? String(contentsOfFile: "\(root)/\(name)/args", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  @Test func thereAreFixtures() { #expect(Self.fixtures.count > 35) }

  @Test(arguments: fixtures, [[], ["--gaps", "skip"], ["--max-bytes", "100"]])
  func thePayloadSlicesItNamesAreTheFiles(name: String, options: [String]) throws {
    let keys = FileManager.default.contents(atPath: "\(Self.root)/\(name)/keys").map { Array($0) }
    let command = try Command(keys.map { ["keys": $0] } ?? [:])
    let capture = "\(Self.root)/\(name)/input.pcap"
    var arguments = Self.arguments(name)
    if arguments.contains("--gaps") && options.contains("--gaps") { arguments = [] }
    let outcome = try command.run(["-r", capture, "-o", "out", "-q", "--chunks"] + options + arguments)
    #expect(outcome.status == 0 || outcome.status == 2, "\(outcome.errors)")
    let folder = command.folder + "/out"
    let packets = try PlainCapture.segments(Array(Data(contentsOf: URL(fileURLWithPath: capture))))
    var rebuilt: [String: [UInt8]] = [:]
    // What a packet holds of clear bytes is encrypted: of their files only the ends are known here.
    var clearEnds: [String: Int] = [:]
    let lines = try ChunkLine.lines(in: folder + "/chunks.ndjson")
    // Offsets of each direction, the last first; those still to come are left.
    var ahead: [String: [Int]] = [:]
    for line in lines.reversed() where !line.isClear { ahead["\(line.connection) \(line.direction)", default: []].append(line.offset) }
    for line in lines {
      let segment = try #require(packets[line.packet], "packet \(line.packet)")
      if line.isClear {
        let file = try #require(line.index["file"] as? String)
        #expect(line.fileOffset >= clearEnds[file] ?? 0, "chunks of a file come in its order")
        clearEnds[file] = line.fileOffset + line.length
        #expect(!segment.payload.isEmpty, "packet \(line.packet) completes no record")
        continue
      }
      let base = try #require(line.index["seq"] as? Int)
      let start = Int(UInt32(truncatingIfNeeded: base + line.offset) &- segment.sequence)
      try #require(start >= 0 && start + line.length <= segment.payload.count, "packet \(line.packet) has no such bytes")
      let file = try #require(line.index["file"] as? String)
      let end = rebuilt[file]?.count ?? 0
      #expect(line.fileOffset >= end, "chunks of a file come in its order")
      rebuilt[file, default: []] +=
        [UInt8](repeating: 0, count: max(0, line.fileOffset - end)) + segment.payload[start..<(start + line.length)]
      // Whatever it acknowledges stands before it.
      let peer = "\(line.connection) \(line.direction == "client_to_server" ? "server_to_client" : "client_to_server")"
      if let acknowledgment = line.acknowledgment, let next = ahead[peer]?.last {
        #expect(next >= acknowledgment, "packet \(line.packet) acknowledges what stands behind it")
      }
      ahead["\(line.connection) \(line.direction)"]?.removeLast()
    }
    for (file, bytes) in rebuilt { #expect(FileManager.default.contents(atPath: folder + "/" + file) == Data(bytes), "\(file)") }
    for (file, end) in clearEnds { #expect(FileManager.default.contents(atPath: folder + "/" + file)?.count == end, "\(file)") }
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder) && !isFolder.boolValue
    }
    let indexes: Set = ["connections.ndjson", "run.json", "chunks.ndjson", "http.ndjson", "websocket.ndjson", "http.har"]
    let streams = Set(files).subtracting(indexes).filter { !$0.hasPrefix("http/") }
    #expect(streams == Set(rebuilt.keys).union(clearEnds.keys), "every file is accounted for")
  }

  @Test func aSecondRunWritesTheSameLog() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    for folder in ["one", "two"] { _ = try command.run(["-r", "a.pcap", "-o", folder, "--chunks", "-q"]) }
    #expect(command.contents("one/chunks.ndjson") == command.contents("two/chunks.ndjson"))
    try Recording.expect("Recorded/chunks.ndjson", command.contents("one/chunks.ndjson") ?? "")
    #expect(try command.run(["-r", "a.pcap", "-o", "one", "--force", "-q"]).status == 0)
    #expect(command.contents("one/chunks.ndjson") == nil, "--force removes the log of the earlier run")
  }
}
