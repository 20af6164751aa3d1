import Foundation
import Testing

/// The first lines of the summary say what became of the run, and the notes what matters of the capture.
@Suite struct VerdictTests {
  private static func fixture(_ name: String) throws -> [UInt8] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Fixtures")
    return Array(try Data(contentsOf: root.appendingPathComponent("\(name)/input.pcap")))
  }

  private func summary(_ capture: [UInt8], _ arguments: [String] = ["-o", "out"]) throws -> [String] {
    let outcome = try Command(["a.pcap": capture]).run(["-r", "a.pcap"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.errorLines
  }

  @Test func theVerdictStandsFirst() throws {
    let whole = try summary(Self.fixture("http-ipv4"))
    #expect(whole[0].contains(/^1 connection, 2 files of .* in out$/), "\(whole)")
    #expect(whole[1] == "all 2 files of streams are whole")
    let hole = try summary(Self.fixture("hole"))
    #expect(hole[0] == "1 connection, 1 file of 30 bytes in out")
    #expect(hole[1] == "1 file is not whole: 010.000.000.001.40000-010.000.000.002.00080 misses 4 bytes (gap)")
  }

  @Test func conflictsAreLoud() throws {
    let lines = try summary(Self.fixture("injection"))
    #expect(lines[2] == "6 conflicts in connection 1: somebody may have injected data")
  }

  /// Of several files that are not whole, the one that misses the most is named.
  @Test func theWorstIsNamed() throws {
    var capture = CaptureBytes()
    for (host, missing) in [(1, 10), (3, 30), (4, 20)] as [(UInt8, UInt32)] {
      capture.packet(CaptureBytes.segment(from: host, sequence: 1_000, flags: 0x02))
      capture.packet(CaptureBytes.segment(from: host, sequence: 1_001, flags: 0x18, "before"))
      capture.packet(CaptureBytes.segment(from: host, sequence: 1_007 + missing, flags: 0x18, "behind"))
    }
    let lines = try summary(capture.bytes)
    #expect(
      lines[1] == "none of 3 files is whole; the worst: 010.000.000.003.40000-010.000.000.002.00080 misses 30 bytes (gap, no_end)")
  }

  @Test func countersThatAreZeroAreShownOnRequest() throws {
    let capture = try Self.fixture("http-ipv4")
    #expect(try summary(capture).allSatisfy { !$0.hasPrefix("missed bytes") && !$0.contains("  0") })
    #expect(try summary(capture, ["-o", "out", "-v"]).contains { $0.hasPrefix("missed bytes") })
  }

  @Test func anEmptyCaptureIsNoted() throws {
    #expect(try summary(CaptureBytes().bytes).contains("note: the capture is empty: it holds no packet"))
    #expect(try summary(CaptureBytes.conversation().bytes, ["-o", "out", "udp"]).contains("note: no packet passed the filter 'udp'"))
  }

  /// Payload behind the end of its connection, below and above a hundredth of all.
  @Test(arguments: [(900, false), (100, true)])
  func payloadInNoStreamIsNoted(_ length: Int, _ isNoted: Bool) throws {
    var capture = CaptureBytes()
    let text = String(repeating: "x", count: length)
    capture.packet(CaptureBytes.segment(sequence: 1_000, flags: 0x02))
    capture.packet(CaptureBytes.segment(sequence: 1_001, flags: 0x18, text))
    let end = 1_001 + UInt32(length)
    capture.packet(CaptureBytes.segment(sequence: end, flags: 0x14))
    // Late bytes of a connection that was reset, over the ports of another one.
    capture.packet(CaptureBytes.segment(ports: (40_001, 80), sequence: 77, flags: 0x04, "12345678"))
    let notes = try summary(capture.bytes).filter { $0.contains("in no stream") }
    #expect(notes == (isNoted ? ["note: 8 bytes of 108 bytes of payload are in no stream: 8 bytes of no known connection"] : []))
  }

  @Test func checksumsAreForThoseWhoAsk() throws {
    let capture = CaptureBytes.conversation().bytes
    #expect(try summary(capture).allSatisfy { !$0.contains("checksums") })
    #expect(try summary(capture, ["-o", "out", "-v"]).contains { $0.contains("TCP checksums are wrong: usual and harmless") })
    #expect(try summary(capture, ["-o", "out", "--checksum", "verify"]).contains { $0.contains("those segments were turned away") })
  }

  /// Steps of packet times in seconds.
  @Test(arguments: [([0, 1, 3_601], false), ([1, 0, 1], false), ([2, 0, 1], true), ([0, 3_602, 3_603], true)] as [([UInt32], Bool)])
  func onlyLargeStepsOfTheClockAreNoted(_ seconds: [UInt32], _ isNoted: Bool) throws {
    var capture = CaptureBytes()
    for (index, second) in seconds.enumerated() {
      capture.packet(
        seconds: 1_700_000_000 + second,
        CaptureBytes.segment(sequence: 1_000 + UInt32(index), flags: index == 0 ? 0x02 : 0x18, index == 0 ? "" : "y"))
    }
    let notes = try summary(capture.bytes).filter { $0.contains("packet times") }
    #expect(notes.count == (isNoted ? 1 : 0), "\(notes)")
    if isNoted { #expect(notes[0].contains("over an hour, 1 time;")) }
  }
}
