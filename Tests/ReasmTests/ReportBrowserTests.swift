import Foundation
import Testing

/// A real browser, where one is installed.
enum Browser {
  static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
}

/// The page of `--report` in Chromium, one after the other: it takes most of a machine.
@Suite(.serialized, .enabled(if: Browser.path != nil, "needs chromium, which REASM_CI_FULL=1 .ci/run installs"))
struct ReportBrowserTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("ReportTests/browser.py").path

  private func look(at command: Command) throws {
    let program = try #require(Browser.path)
    let outcome = try command.run([Self.script, program, "out/report.html"], of: "/usr/bin/python3")
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
  }

  @Test(
    arguments: [
      "hole", "injection", "several-connections", "http-multipart", "tls13",
    ])
  func inABrowser(name: String) throws {
    try look(at: try ReportOutputTests.command(try ReportOutputTests.fixture(name), ["--http", "--tls"]))
  }

  /// Long names break, so that no column of a table is out of view.
  @Test func longNamesInABrowser() throws {
    var capture = CaptureBytes()
    let ports = (UInt16(40_000), UInt16(80))
    let name = String(repeating: "long-name_", count: 20)
    let request = "GET /\(name).exe HTTP/1.1\r\nHost: \(name.prefix(60)).example\r\n\r\n"
    capture.packet(CaptureBytes.segment(ports: ports, sequence: 1_000, flags: 0x02))
    capture.packet(CaptureBytes.segment(ports: ports, sequence: 1_001, flags: 0x18, request))
    capture.packet(
      CaptureBytes.segment(
        from: 2, to: 1, ports: (ports.1, ports.0), sequence: 5_001, flags: 0x18,
        "HTTP/1.1 200 OK\r\nContent-Type: application/\(name)\r\nContent-Length: 4\r\n\r\nMZ\0\0"))
    try look(at: try ReportOutputTests.command(capture.bytes, ["--http", "--hash"]))
  }

  /// Names that are markup, in a browser: no script of theirs runs.
  @Test
  func hostileNamesInABrowser() throws {
    var capture = CaptureBytes()
    let names = [
      "</script><script>planted=1</script>", "\"><img src=x onerror=planted=1>", "</noscript><script>planted=1</script>",
      "<svg onload=planted=1>", "\u{202e}gpj.exe", "javascript:planted=1", "</bdi></td></tr></table><iframe src=//example.com>",
    ]
    for (index, name) in names.enumerated() {
      let ports = (UInt16(40_000 + index), UInt16(80))
      capture.packet(CaptureBytes.segment(ports: ports, sequence: 1_000, flags: 0x02))
      capture.packet(
        CaptureBytes.segment(ports: ports, sequence: 1_001, flags: 0x18, "GET /\(index)\(name) HTTP/1.1\r\nHost: \(name)\r\n\r\n"))
    }
    try look(at: try ReportOutputTests.command(capture.bytes, ["--http", "-T", "%N%a</script><script>planted=1</script>"]))
  }
}
