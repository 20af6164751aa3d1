import Foundation
import TestSupport
import Testing

/// The capture of each connection, read again, gives the same streams and the same line of the index.
@Suite struct CaptureRoundTripTests {
  /// Members of a line that name packets or places in the output, or that the clock of the whole capture decided.
  private static let own: Set = [
    "id", "first_packet", "last_packet", "first_input", "last_input", "input", "packet", "display_filter", "file", "file_base64", "pcap",
    "pcap_base64", "by", "close",
  ]

  private static let tshark = ["/usr/bin/tshark", "/usr/local/bin/tshark"].first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(arguments: GoldenCase.all)
  func everyConnectionReadAgain(golden: GoldenCase) throws {
    let outcome = try golden.run(["--pcap"])
    let lines = try #require(outcome.files["connections.ndjson"]).split(separator: 10)
    var captures = Set(outcome.files.keys.filter { $0.hasPrefix("pcap/") })
    #expect(captures.count == lines.count)
    let original = try ParsedCapture([UInt8](Data(contentsOf: golden.capture)))
    for line in lines {
      let connection = try Self.object(Data(line))
      let path = try #require(connection["pcap"] as? String, "\(golden)")
      let capture = try #require(captures.remove(path).flatMap { outcome.files[$0] }, "\(golden): \(path)")
      try check(capture, against: original, "\(golden): \(path)")
      let again = try Self.read(capture, golden)
      let copies = try #require(again["connections.ndjson"], "\(golden): \(path)").split(separator: 10)
      try #require(copies.count == 1, "\(golden): \(path)")
      let copy = try Self.object(Data(copies[0]))
      let (left, right) = (Self.stripped(connection), Self.stripped(copy))
      #expect(NSDictionary(dictionary: left) == NSDictionary(dictionary: right), "\(golden): \(path)\n\(left)\n\(right)")
      #expect(Self.contents(connection, outcome.files) == Self.contents(copy, again), "\(golden): \(path)")
      let byClock: Set = ["open", "idle", "fin", "evicted"]
      let closes = [connection["close"] as? String ?? "", copy["close"] as? String ?? ""]
      // The SYN that ended a connection belongs to the next one.
      #expect(closes[0] == closes[1] || closes[0] == "reuse" || byClock.isSuperset(of: closes), "\(golden): \(path): \(closes)")
    }
    #expect(captures.isEmpty, "\(golden): captures without a line")
  }

  /// Every packet is that of the capture with the number in its comment, and none comes twice.
  private func check(_ capture: Data, against original: ParsedCapture, _ what: String) throws {
    let copy = try ParsedCapture([UInt8](capture))
    #expect(!copy.packets.isEmpty, "\(what)")
    var seen: Set<Int> = []
    for packet in copy.packets {
      let words = try #require(packet.comment?.split(separator: " "), "\(what)")
      try #require(words.count == 5 && words[0] == "packet" && words[2...] == ["of", "input", "0"], "\(what): \(words)")
      let number = try #require(Int(words[1]))
      #expect(seen.insert(number).inserted, "\(what): packet \(number) twice")
      try #require((1...original.packets.count).contains(number), "\(what): \(number)")
      let source = original.packets[number - 1]
      #expect(packet.bytes == source.bytes && packet.originalLength == source.originalLength, "\(what): packet \(number)")
      #expect(packet.nanoseconds == source.nanoseconds, "\(what): packet \(number)")
      #expect(copy.interfaces[packet.interface].linkType == original.interfaces[source.interface].linkType)
      #expect(copy.interfaces[packet.interface].snapshotLength == original.interfaces[source.interface].snapshotLength)
    }
    if let tshark = Self.tshark { try Self.check(capture, with: tshark, packets: copy.packets.count, what) }
  }

  /// Wireshark reads as many packets, without a complaint.
  private static func check(_ capture: Data, with tshark: String, packets: Int, _ what: String) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-tshark-\(UUID().uuidString).pcapng")
    try capture.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let output = try run(tshark, ["-n", "-r", file.path, "-T", "fields", "-e", "frame.comment"])
    #expect(output.status == 0, "\(what)")
    #expect(output.text.split(separator: "\n").count { $0.hasPrefix("packet ") } == packets, "\(what)")
  }

  private static func run(_ program: String, _ arguments: [String], in folder: URL? = nil) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  /// Reads a capture with the options of its case; the key log is left out, because the capture must hold its secrets.
  private static func read(_ capture: Data, _ golden: GoldenCase) throws -> [String: Data] {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("reasm-again-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    try capture.write(to: place.appendingPathComponent("again.pcapng"))
    var arguments = golden.arguments
    while let index = arguments.firstIndex(of: "--keylog") { arguments.removeSubrange(index...(index + 1)) }
    _ = try run(BuiltProgram.reasm, ["-r", "again.pcapng", "-o", "out", "-q"] + arguments, in: place)
    return try GoldenCase.files(in: place.appendingPathComponent("out", isDirectory: true))
  }

  private static func object(_ line: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
  }

  private static func stripped(_ object: [String: Any]) -> [String: Any] {
    object.filter { !own.contains($0.key) }.mapValues(stripped)
  }

  private static func stripped(_ value: Any) -> Any {
    switch value {
    case let object as [String: Any]: stripped(object)
    case let list as [Any]: list.map(stripped)
    default: value
    }
  }

  /// The bytes of all files that a line names, by the places of the names.
  private static func contents(_ value: Any, _ files: [String: Data], at place: String = "") -> [String: Data] {
    guard let object = value as? [String: Any] else { return [:] }
    var found: [String: Data] = [:]
    if let name = object["file"] as? String { found[place] = files[name] ?? Data("missing".utf8) }
    for (key, value) in object { found.merge(contents(value, files, at: place + "." + key)) { $1 } }
    return found
  }
}
