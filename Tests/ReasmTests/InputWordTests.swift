import Foundation
import Testing

/// Words that stand behind no option: captures, then the filter.
@Suite struct InputWordTests {
  private static let web = CaptureBytes.conversation().bytes
  private static let mail: [UInt8] = {
    var capture = CaptureBytes()
    capture.packet(seconds: 2, CaptureBytes.segment(ports: (50_000, 25), sequence: 7, flags: 0x18, "mail"))
    return capture.bytes
  }()

  private func packets(_ arguments: [String], _ files: [String: [UInt8]]) throws -> (read: Int, used: Int, filter: String?, words: [String])
  {
    let command = try Command(files)
    let outcome = try command.run(["-o", "out"] + arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let text = try #require(command.contents("out/run.json"))
    let run = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return (
      try #require(run["packets"] as? Int), try #require(run["filtered_packets"] as? Int), run["filter"] as? String,
      outcome.errorLines.filter { $0.hasPrefix("reasm: ") }
    )
  }

  @Test(
    arguments: [
      (["a.pcap"], 4, 4, nil), (["a.pcap", "b.pcap"], 5, 5, nil), (["-r", "a.pcap", "b.pcap"], 5, 5, nil),
      (["a.pcap", "b.pcap", "port", "25"], 5, 1, "port 25"), (["a.pcap", "--", "port", "80"], 4, 4, "port 80"),
      (["-r", "a.pcap", "port", "25"], 4, 0, "port 25"),
    ] as [([String], Int, Int, String?)])
  func areTaken(_ arguments: [String], _ read: Int, _ used: Int, _ filter: String?) throws {
    let run = try packets(arguments, ["a.pcap": Self.web, "b.pcap": Self.mail])
    #expect((run.read, run.used, run.filter) == (read, used, filter))
    #expect(run.words == [])
  }

  /// A file whose name could begin a filter is a capture, and a line says so; behind `--` it is a filter.
  @Test func anAmbiguousWordIsSaid() throws {
    let files = ["a.pcap": Self.web, "tcp": Self.mail]
    let taken = try packets(["a.pcap", "tcp"], files)
    #expect(taken.read == 5 && taken.filter == nil)
    #expect(taken.words == ["reasm: 'tcp' is a file and was taken as a capture; for a filter that begins so, say -- tcp"])
    #expect(try packets(["-q", "a.pcap", "tcp"], files).words == [])
    let filtered = try packets(["a.pcap", "--", "tcp"], files)
    #expect(filtered.read == 4 && filtered.filter == "tcp" && filtered.words == [])
    // Behind the first word that is no file, all is filter.
    #expect(try packets(["a.pcap", "ip", "and", "tcp"], files).filter == "ip and tcp")
  }

  /// libpcap does not know the word, and reasm says what was meant.
  @Test func aCaptureBehindTheFilterIsNamed() throws {
    let command = try Command(["a.pcap": Self.web, "b.pcap": Self.mail])
    let outcome = try command.run(["-r", "a.pcap", "tcp", "port", "80", "b.pcap"])
    #expect(outcome.status == 1 && outcome.errorLines.count == 1)
    #expect(
      outcome.errors.hasSuffix("; 'b.pcap' is a file: captures come before the filter, or each behind its own -r\n"), "\(outcome.errors)")
  }

  /// What a shell makes of `*.pcap`; folders and nets too.
  @Test func aNetIsAFilter() throws {
    let run = try packets(["a.pcap", "net", "10.0.0.0/8"], ["a.pcap": Self.web])
    #expect(run.read == 4 && run.used == 4 && run.filter == "net 10.0.0.0/8")
  }

  @Test(arguments: [("4KB", 4_096), ("4kib", 4_096), ("1MB", 1 << 20), ("512B", 512), ("7", 7)])
  func sizesHaveBytesBehindThem(_ size: String, _ bytes: Int) throws {
    let command = try Command(["a.pcap": Self.web])
    #expect(try command.run(["a.pcap", "-o", "out", "-q", "--max-bytes", size]).status == 0)
    #expect(try #require(command.contents("out/run.json")).contains("\"max_bytes\": \(bytes)"))
  }

  @Test func aNumberIsOfSeconds() throws {
    let command = try Command(["a.pcap": Self.web])
    #expect(try command.run(["a.pcap", "-o", "out", "-q", "--gap-timeout", "10"]).status == 0)
    #expect(try #require(command.contents("out/run.json")).contains("\"gap_timeout\": \"10s\""))
  }
}
