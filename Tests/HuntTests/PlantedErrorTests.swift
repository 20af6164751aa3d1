import Foundation
import Packets
import TestSupport
import Testing

@testable import HuntSupport

/// What the checks are for: outputs in which something is wrong, each of which must be found.
@Suite struct PlantedErrorTests {
  /// One conversation with a hole in it, and what a run makes of it.
  private struct Case {
    var script: HuntScript
    var outcome: HuntOutcome
    let name = "010.000.000.001.40000-010.000.000.002.00080"

    init() throws {
      let ends = [
        HuntEndpoint(isIPv6: false, host: 0x0a00_0001, port: 40_000), HuntEndpoint(isIPv6: false, host: 0x0a00_0002, port: 80),
      ]
      var packets: [HuntPacket] = []
      func add(_ sequence: UInt32, _ flags: TCPFlags, _ length: Int) {
        var packet = HuntPacket(
          time: Conversation.epoch + Int64(packets.count) * 1_000_000, from: ends[0], to: ends[1], sequence: sequence, flags: flags)
        packet.length = length
        packets.append(packet)
      }
      add(999, .syn, 0)
      add(1_000, .ack, 100)
      add(1_200, .ack, 50)
      add(1_240, .ack, 20)
      add(1_260, [.ack, .fin], 0)
      script = HuntScript(number: 1, kind: .faithful, link: .ethernet, options: HuntOptions(), packets: packets)
      script.options.hashes = true
      outcome = try LibraryRun(WorkFolder()).outcome(script, script.frames, RunVariant())
    }

    func problems() throws -> [String] {
      let wire = Wire(script)
      let lines = try IndexLine.lines(outcome.index)
      var check = IndexCheck(script, outcome, wire)
      check.check(lines)
      let chunks = ChunkCheck(script: script, outcome: outcome, wire: wire).problems(lines, try ChunkLine.lines(outcome.chunks))
      return check.problems + chunks + ModelCheck(script: script, outcome: outcome).problems(lines)
    }

    mutating func replace(_ text: String, with other: String) throws {
      let index = String(decoding: outcome.index, as: UTF8.self)
      try #require(index.contains(text), "\(index)")
      outcome.index = Array(index.replacing(text, with: other).utf8)
    }

    mutating func change(_ position: Int, to byte: UInt8? = nil) throws {
      var bytes = try #require(outcome.files[name] ?? nil).bytes
      bytes[position] = byte ?? bytes[position] ^ 1
      outcome.files[name] = SparseFile(bytes)
    }
  }

  @Test func nothingIsWrong() throws { #expect(try Case().problems() == []) }

  @Test(arguments: [
    (#""bytes":160"#, #""bytes":161"#, "length 260 is not bytes 161"),
    (#""payload_bytes":170"#, #""payload_bytes":171"#, "payload 171 is not"),
    (#""retransmitted_bytes":10"#, #""retransmitted_bytes":9"#, "payload 170 is not"),
    (#""gap_count":1"#, #""gap_count":2"#, "gap_count 2, 1 listed"),
    (#""gap_bytes":100"#, #""gap_bytes":99"#, "gap_bytes 99 is not the sum"),
    (#""file_length":100"#, #""file_length":50"#, "a gap of 100 takes 50"),
    (#""file_size":260"#, #""file_size":261"#, "has 260 bytes, the index 261"),
    (#""seq":1000"#, #""seq":1001"#, "is not on the wire"),
    (#""sha256":""#, #""sha256":"0"#, "sha256 0"),
    (#""file":"0"#, #""file":"1"#, "is not there"),
    (#""first_packet":1"#, #""first_packet":9"#, "packets 9 to"),
    (#""offset":100,"length":100"#, #""offset":90,"length":100"#, "is not on the wire"),
  ])
  func inTheIndex(_ text: String, _ other: String, _ words: String) throws {
    var planted = try Case()
    try planted.replace(text, with: other)
    let problems = try planted.problems()
    #expect(problems.contains { $0.contains(words) }, "\(problems)")
  }

  @Test func aLineTooMuch() throws {
    var planted = try Case()
    planted.outcome.index += planted.outcome.index
    #expect(throws: Never.self) { try IndexLine.lines(planted.outcome.index) }
    var check = IndexCheck(planted.script, planted.outcome, Wire(planted.script))
    check.check(try IndexLine.lines(planted.outcome.index))
    #expect(check.problems.contains { $0.contains("another direction has the file") })
    #expect(check.problems.contains { $0.contains("1 connections, 2 lines") })
  }

  @Test func aByteOfTheFile() throws {
    var planted = try Case()
    try planted.change(30)
    let problems = try planted.problems()
    for words in ["offset 30 of", "sha256", "other bytes than the model's", "is not in packet 2"] {
      #expect(problems.contains { $0.contains(words) }, "\(words): \(problems)")
    }
  }

  @Test func aByteInTheHole() throws {
    var planted = try Case()
    try planted.change(150, to: 7)
    #expect(try planted.problems().contains { $0.contains("is not zero") })
  }

  @Test func aFileThatNobodyNames() throws {
    var planted = try Case()
    planted.outcome.files["stray"] = SparseFile([1])
    #expect(try planted.problems().contains("the file stray is not in the index"))
  }

  @Test func aChunkOfAnotherPacket() throws {
    var planted = try Case()
    let chunks = String(decoding: planted.outcome.chunks, as: UTF8.self)
    planted.outcome.chunks = Array(chunks.replacing(#""packet":3"#, with: #""packet":2"#).utf8)
    #expect(try planted.problems().contains { $0.contains("is not in packet 2") })
    planted.outcome.chunks = Array(chunks.split(separator: "\n", maxSplits: 1)[1].utf8)
    #expect(try planted.problems().contains { $0.contains("has 160 bytes, its chunks 60") })
  }

  @Test func twoRunsThatDiffer() throws {
    let base = try Case().outcome
    var other = try Case()
    #expect(Equality.problems(base, other.outcome, RunVariant(), "x") == [])
    try other.change(1)
    #expect(Equality.problems(base, other.outcome, RunVariant(), "x") == ["x: another \(other.name)"])
    try other.replace(#""id":1"#, with: #""id":2"#)
    #expect(Equality.problems(base, other.outcome, RunVariant(), "x").contains { $0.hasPrefix("x: another index") })
    other.outcome.files = [:]
    #expect(Equality.problems(base, other.outcome, RunVariant(), "x").contains { $0.contains("files of one run alone") })
  }

  /// A program that is not `reasm`: every run through the binary is looked at.
  @Test(arguments: [("/bin/false", "exit status 1"), ("/bin/true", "files of one run alone")])
  func anotherProgram(_ program: String, _ words: String) throws {
    let planted = try Case()
    let problems = try Judge(program: program).problems(planted.script, usesCommand: true)
    #expect(problems.contains { $0.contains(words) }, "\(problems)")
  }

  /// Two conversations, and a run of all in which one line is another than without the other conversation.
  @Test func aLineThatDependsOnOthers() throws {
    var planted = try Case()
    for number in planted.script.packets.indices {
      var packet = planted.script.packets[number]
      packet.source.port += packet.source.port == 80 ? 0 : 1
      packet.time += 500_000
      planted.script.packets.append(packet)
    }
    planted.script.packets.sort { $0.time < $1.time }
    let library = LibraryRun(try WorkFolder())
    planted.outcome = try library.outcome(planted.script, planted.script.frames, RunVariant())
    let check = ClockCheck(script: planted.script, library: library)
    func problems(_ script: HuntScript, _ outcome: HuntOutcome) throws -> Set<String> {
      var found: Set<String> = []
      for seed in 1...20 as ClosedRange<UInt64> {
        var random = SplitMix64(seed: seed)
        found.formUnion(try check.subset(script.frames, outcome, &random))
        found.formUnion(try check.rotation(script.frames, outcome, &random))
      }
      return found
    }
    #expect(try problems(planted.script, planted.outcome) == [])
    try planted.replace(#""gap_count":1"#, with: #""gap_count":2"#)
    let found = try problems(planted.script, planted.outcome)
    #expect(found.contains { $0.hasPrefix("1 of 2 pairs of ends: another index") }, "\(found)")
    #expect(found.contains { $0.hasPrefix("rotated at [") && $0.contains("another index") }, "\(found)")
  }

  @Test func holesCompareAsZeros() throws {
    let folder = try WorkFolder()
    try folder.write([UInt8](repeating: 0, count: 10_000) + [1, 2, 3], to: "a")
    let file = try SparseFile(path: folder.path + "/a")
    #expect(file == SparseFile([UInt8](repeating: 0, count: 10_000) + [1, 2, 3]))
    #expect(file != SparseFile([UInt8](repeating: 0, count: 10_000) + [1, 2, 4]))
    #expect(file.isZero(0..<10_000) && !file.isZero(9_999..<10_001))
    #expect(file.bytes(9_999..<10_003) == [0, 1, 2, 3])
    #expect(SHA256.hexadecimal(of: SparseFile([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }
}
