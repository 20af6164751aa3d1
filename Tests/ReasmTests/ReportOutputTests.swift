import Foundation
import Packets
import TestSupport
import Testing

/// What a run with `--report` writes.
@Suite struct ReportOutputTests {
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixtures.appendingPathComponent("\(name)/input.pcap")))
  }

  /// A command that wrote a page about a capture to `out`.
  static func command(_ capture: [UInt8], _ options: [String] = []) throws -> Command {
    let command = try Command(["web.pcap": capture])
    let outcome = try command.run(["-r", "web.pcap", "-o", "out", "-q", "--report"] + options)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    return command
  }

  private func page(_ capture: [UInt8], _ options: [String] = []) throws -> String {
    try #require(try Self.command(capture, options).contents("out/report.html"))
  }

  @Test func isAsRecorded() throws { try Recording.expect("Recorded/report.html", try page(try Self.fixture("hole"), ["--hash"])) }

  /// A clock that steps by decades puts packets far outside of the span of their connection.
  @Test(arguments: [-1_690_000_000, -1_000_000_000, 2_000_000_000])
  func clocksThatJump(seconds: Int64) throws {
    for jumps in 1...6 {
      var talk = Conversation()
      talk.handshake()
      talk.send(.client, "GET / HTTP/1.0\r\n\r\n")
      for number in 0..<6 {
        talk.time += (number < jumps ? number.isMultiple(of: 2) ? seconds : -seconds : 1) * 1_000_000_000
        talk.send(number.isMultiple(of: 2) ? .server : .client, [UInt8](repeating: 0x61, count: 500))
      }
      talk.close()
      var writer = PcapWriter(linkType: .ethernet)
      for packet in talk.packets { writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(packet.segment)), time: packet.time) }
      #expect(try page(writer.bytes).hasSuffix("</html>\n"))
    }
  }

  /// The numbers of the page are those of the index.
  @Test func theVerdictOfAHole() throws {
    let command = try Self.command(try Self.fixture("hole"))
    let page = try #require(command.contents("out/report.html"))
    #expect(page.contains("<h1>Not complete: 4 bytes missing in 1 connection</h1>"))
    #expect(page.contains(##"… lost by the recorder</th><td class="n"><a href="#connections" data-filter="is:recorder">4</a>"##))
    #expect(page.contains("<b>30</b> length of the streams</span><i>=</i><span><b>26</b> reassembled</span><i>+</i><span><b>4</b> missing"))
    #expect(!page.contains("law broken"))
    let index = try #require(command.contents("out/connections.ndjson"))
    let filter = try #require(index.firstMatch(of: /"display_filter":"([^"]*)"/)?.1)
    #expect(page.contains(filter.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")))
    #expect(try #require(command.contents("out/run.json")).contains(#""report": true"#))
  }

  /// A file whose stream is not complete says why, in the words of the index: a reset is no loss.
  @Test(arguments: [("reset", "reset"), ("hole", "gap"), ("injection", "conflict"), ("midstream", "no_syn")])
  func filesThatAreNotComplete(name: String, reason: String) throws {
    let page = try page(try Self.fixture(name))
    let words = page.matches(of: /not complete: ([a-z_, ]+)<\/span>/).map(\.output.1)
    #expect(words.contains { $0.split(separator: ", ").contains(reason[...]) }, "\(words)")
  }

  @Test func conflictsHaveBothVersions() throws {
    let page = try page(try Self.fixture("injection"))
    #expect(page.contains("captured twice with different bytes"))
    #expect(page.contains(#"<ul class="conflicts">"#))
    #expect(page.contains("is:conflict"))
  }

  @Test(arguments: ["hole", "http-gzip", "injection", "sequence-wrap", "smtp", "several-connections", "no-packets", "midstream", "tunnels"])
  func theSameCaptureGivesTheSameBytes(name: String) throws {
    let capture = try Self.fixture(name)
    let first = try page(capture, ["--http", "--tls"])
    #expect(try page(capture, ["--http", "--tls"]) == first)
    #expect(first.hasSuffix("</html>\n"))
  }

  /// The page does not change the other files but for the option in run.json.
  @Test(arguments: ["reordered", "overlap-first", "http-pipelined", "reset", "port-reuse", "tls12"])
  func theOtherFilesAreTheSame(name: String) throws {
    let capture = try Self.fixture(name)
    let (with, without) = (try Self.command(capture, ["--chunks", "--http"]), try Command(["web.pcap": capture]))
    _ = try without.run(["-r", "web.pcap", "-o", "out", "-q", "--chunks", "--http"])
    func files(_ command: Command) -> [String] {
      (FileManager.default.enumerator(atPath: command.folder + "/out")?.compactMap { $0 as? String } ?? []).sorted()
    }
    #expect(files(with).filter { $0 != "report.html" } == files(without))
    for file in files(without) where file != "run.json" {
      #expect(with.contents("out/\(file)") == without.contents("out/\(file)"), "\(file)")
    }
  }

  /// One host calls itself a script; the page calls it that, and has one script: its own.
  @Test func hostileNamesAreText() throws {
    let host = "a</script><script>planted=1</script>\"'><img src=x onerror=planted=1>\u{202e}"
    let request = "GET /</title><svg/onload=planted=1> HTTP/1.1\r\nHost: \(host)\r\n\r\n"
    var capture = CaptureBytes()
    capture.packet(CaptureBytes.segment(sequence: 1_000, flags: 0x02))
    capture.packet(CaptureBytes.segment(sequence: 1_001, flags: 0x18, request))
    let page = try page(capture.bytes, ["--http"])
    #expect(page.components(separatedBy: "<script>").count == 2)
    #expect(page.components(separatedBy: "</script>").count == 2)
    #expect(!page.contains("<img src=x") && !page.contains("<svg/onload"))
    #expect(page.contains("a&lt;/script&gt;&lt;script&gt;planted=1"))
    #expect(page.contains(#"\u{202e}"#) && !page.unicodeScalars.contains("\u{202e}"))
  }

  /// Style and script are allowed by their hashes, and nothing else is.
  @Test func thePolicyAllowsWhatThePageHas() throws {
    let command = try Self.command(try Self.fixture("hole"))
    let page = try #require(command.contents("out/report.html"))
    let policy = try #require(page.firstMatch(of: /http-equiv="Content-Security-Policy" content="([^"]*)"/)?.1)
      .replacing("&#39;", with: "'")
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
    for (open, close, directive) in [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")] {
      let text = page.components(separatedBy: open)[1].components(separatedBy: close)[0]
      try Data(text.utf8).write(to: URL(fileURLWithPath: command.folder + "/part"))
      let hash = try command.run(["-c", "openssl dgst -sha256 -binary part | openssl base64 -A"], of: "/bin/sh").output
      #expect(hash.count == 44 && policy.contains("\(directive) 'sha256-\(hash)'"), "\(directive): \(hash)")
    }
  }

  /// A picture that came as one is shown; one that was declared as a page is marked, and a script is none.
  @Test func picturesAndMismatches() throws {
    let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + Array("body of a picture".utf8)
    let svg = Array("<svg onload=planted=1>".utf8)
    var capture = CaptureBytes()
    func exchange(_ port: UInt16, _ type: String, _ body: [UInt8]) {
      let ports = (port, UInt16(80))
      capture.packet(CaptureBytes.segment(ports: ports, sequence: 100, flags: 0x02))
      let request = "GET /\(port) HTTP/1.1\r\nHost: h\r\n\r\n"
      capture.packet(CaptureBytes.segment(ports: ports, sequence: 101, acknowledgment: 200, flags: 0x18, request))
      let head = "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\r\n"
      var packet = CaptureBytes.segment(from: 2, to: 1, ports: (80, port), sequence: 200, acknowledgment: 140, flags: 0x18, head) + body
      let total = UInt16(packet.count - 14)
      (packet[16], packet[17]) = (UInt8(total >> 8), UInt8(truncatingIfNeeded: total))
      capture.packet(packet)
    }
    exchange(1_001, "image/png", png)
    exchange(1_002, "text/html; charset=utf-8", png)
    exchange(1_003, "image/svg+xml", svg)
    let page = try page(capture.bytes, ["--http"])
    #expect(page.components(separatedBy: "<img loading=\"lazy\" src=\"data:image/png;base64,iVBORw0KGg").count == 3)
    #expect(page.components(separatedBy: "<img").count == 3)
    #expect(page.components(separatedBy: "data-k=\"mismatch\"").count == 2)
    #expect(page.contains("<td class=\"any\">text/html</td><td class=\"any warn\">image/png</td>"))
    #expect(!page.contains("<svg onload"))
  }

  @Test(arguments: [
    ["--console"], ["--console", "-o", "out"], ["--list"], ["-o", "out", "--no-index"],
  ])
  func whatItDoesNotGoWith(options: [String]) throws {
    let command = try Command(["web.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "web.pcap", "--report"] + options)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--report"), "\(outcome.errors)")
    #expect(command.contents("out/report.html") == nil)
  }

  /// A later run removes the page of an earlier one, and does not replace one that nobody of its kind wrote.
  @Test func anEarlierPage() throws {
    let command = try Self.command(CaptureBytes.conversation().bytes)
    #expect(try command.run(["-r", "web.pcap", "-o", "out", "-q", "--force"]).status == 0)
    #expect(command.contents("out/report.html") == nil)
    try "mine".write(toFile: command.folder + "/out/report.html", atomically: false, encoding: .utf8)
    _ = try command.run(["-c", "rm out/connections.ndjson out/run.json"], of: "/bin/sh")
    #expect(try command.run(["-r", "web.pcap", "-o", "out", "-q", "--force", "--report"]).status == 1)
    #expect(command.contents("out/report.html") == "mine")
  }

  /// Only the selected connections are on the page; the others are counted.
  @Test func selectedConnections() throws {
    let page = try page(try Self.fixture("several-connections"), ["--connection", "3"])
    #expect(page.components(separatedBy: "<details class=\"one\"").count == 2)
    #expect(page.contains("Not selected</th><td class=\"n\">9"))
  }
}
