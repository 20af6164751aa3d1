import Foundation
import Testing

/// The summary at the end, and what `-v` says more: as recorded, word for word.
@Suite struct SummaryTests {
  /// A conversation with a hole and its answers, one that a reset ends, half of a third, ARP, and a packet that was cut.
  static let capture: [UInt8] = {
    var bytes = CaptureBytes(snapshotLength: 1_000)
    bytes.packet(CaptureBytes.arp)
    for line in 0..<3 {
      let whole = CaptureBytes.segment(
        from: 7, ports: (50_000, 25), sequence: UInt32(1_000 + line * 2_000), flags: 0x18, String(repeating: "y", count: 2_000))
      bytes.packet(seconds: 1_700_000_000, originalLength: whole.count, line == 2 ? Array(whole.prefix(1_000)) : whole)
    }
    return ConsoleTests.mixed + bytes.bytes.dropFirst(24)
  }()

  @Test(arguments: [
    ("summary", [String]()), ("summary-verbose", ["-v"]), ("summary-filtered", ["tcp", "port", "81"]),
    ("summary-limits", ["--max-bytes", "100", "--min-bytes", "20"]), ("summary-console", ["--console", "--checksum", "verify"]),
  ])
  func isAsRecorded(_ name: String, _ arguments: [String]) throws {
    let command = try Command(["a.pcap": Self.capture])
    let outcome = try command.run(["-r", "a.pcap"] + (name == "summary-console" ? [] : ["-o", "out"]) + arguments)
    #expect(outcome.status == 0)
    try Recording.expect("Recorded/\(name).txt", outcome.errors)
  }

  @Test func ofSeveralInputsIsAsRecorded() throws {
    let command = try Command(["a.pcap": Self.capture, "b.pcapng": Containers.capture(.pcapng), "c": Array(Self.capture.dropLast(5))])
    let outcome = try command.run(["-r", "a.pcap", "-r", "b.pcapng", "-r", "c", "-r", "missing", "-o", "out", "-v"])
    #expect(outcome.status == 2)
    try Recording.expect("Recorded/summary-inputs.txt", outcome.errors)
  }
}
