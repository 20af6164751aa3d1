import Testing

@testable import Report

/// The page as a whole: its bounds, and that nothing on it depends on anything but the facts.
@Suite struct PageTests {
  /// A page of connections that each have details with as many marks as they are asked for.
  final class Source: PageSource {
    var detailCount: Int
    var isAsked: [Int] = []
    var contents: [String: [UInt8]] = [:]

    /// Detail that is shown instead.
    private var only: ConnectionDetail?

    init(details: Int) { detailCount = details }

    init(_ detail: ConnectionDetail) {
      detailCount = 1
      only = detail
    }

    func detail(at index: Int, limit: Int) -> ConnectionDetail? {
      if let only { return only }
      isAsked.append(limit)
      var detail = ConnectionDetail(
        row: PageTests.row(UInt64(index + 1)), firstPacket: 1, lastPacket: 9, displayFilter: "tcp.port==80", startText: "")
      detail.fromClient.length = 100_000
      detail.fromClient.points = (0..<limit).flatMap { step in
        [SegmentPoint.Kind.segment, .acknowledgment].map { kind in
          SegmentPoint(
            time: Int64(step) * 1_000_003, low: Int64(step) * 977, high: Int64(step + 1) * 977, bytes: 977, kind: kind, direction: 0,
            packet: UInt64(step))
        }
      }
      return detail
    }

    func content(ofFile path: [UInt8]) -> [UInt8]? { contents[String(decoding: path, as: UTF8.self)] }
  }

  static func row(_ id: UInt64, name: String = "") -> ConnectionRow {
    var row = ConnectionRow(id: id, client: "10.0.0.1:\(id)", server: "10.0.0.2:80", start: Int64(id) * 1_000, end: Int64(id) * 2_000_000)
    (row.clientBytes, row.serverBytes) = (Int64(id), 1_000_000_000)
    (row.handshake, row.close, row.name) = ("complete", "fin", name)
    row.spark = (0..<UInt8(48)).map { $0 &* 37 }
    row.files = [ConnectionRow.File(path: Array("out/file".utf8), isFromClient: true, reasons: [])]
    return row
  }

  private func html(_ page: ReportPage, _ source: Source = Source(details: 0)) -> String {
    // The hash of style and script is not the subject.
    String(decoding: page.html(source: source) { bytes in [UInt8(truncatingIfNeeded: bytes.count)] }, as: UTF8.self)
  }

  @Test func anEmptyRun() {
    let page = html(ReportPage(facts: RunFacts()))
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
    #expect(page.contains("No connection was captured"))
  }

  @Test func theVerdict() {
    var facts = RunFacts()
    facts.connections = 3
    #expect(html(ReportPage(facts: facts)).contains("Complete: every stream"))
    facts.limits = [RunFacts.Limit(name: "memory_limit", hits: 2)]
    #expect(html(ReportPage(facts: facts)).contains("No byte is known to be missing, but the capture has limits"))
    facts.missing.recorder = 1_234
    facts.missing.network = 1
    facts.connectionsWithGaps = 2
    let page = html(ReportPage(facts: facts))
    #expect(page.contains("Not complete: 1\u{202f}235 bytes missing in 2 connections"))
    #expect(page.contains(##"<a href="#connections" data-filter="is:recorder">1"##))
  }

  /// A broken equation is not hidden.
  @Test func lawsThatDoNotHold() {
    var facts = RunFacts()
    (facts.account.length, facts.account.bytes) = (5, 5)
    (facts.account.payloadBytes) = 5
    #expect(!html(ReportPage(facts: facts)).contains("law broken"))
    facts.account.gapBytes = 1
    #expect(html(ReportPage(facts: facts)).contains("law broken"))
  }

  static let hostile = [
    "</script><script>planted=1</script>", "\"><img src=x onerror=planted=1>", "'--><svg onload=planted=1>", "a\u{202e}b\u{2028}c",
    "]]>", "{{x}}", "javascript:alert(1)", "<bdi>", "&lt;", "\u{0}",
  ]

  /// Whatever the network calls itself, the page has the same elements.
  @Test(arguments: hostile)
  func hostileNames(name: String) {
    func page(_ name: String) -> String {
      var page = ReportPage(facts: RunFacts())
      page.facts.connections = 1
      page.facts.readsHTTP = true
      page.facts.filter = name
      page.facts.options = [("option", name)]
      page.facts.inputs = [RunFacts.Input(path: name)]
      page.rows = [Self.row(1, name: name)]
      page.rows[0].files = [ConnectionRow.File(path: Array(name.utf8), isFromClient: false, reasons: [])]
      page.hosts.add(client: "10.0.0.1", page.rows[0], isRefused: false)
      var object = ObjectRow(connection: 1, exchange: 1)
      (object.url, object.host, object.declared, object.path) = (Array(name.utf8), Array(name.utf8), Array(name.utf8), Array(name.utf8))
      object.sniffed = "image/png"
      page.objects = [object]
      // Names that are not ASCII are isolated from the writing direction around them.
      return html(page).split(separator: "<bdi>").joined().split(separator: "</bdi>").joined()
    }
    let plain = page("name")
    let written = page(name)
    for character in ["<", ">", "\""] {
      #expect(
        written.split(separator: character, omittingEmptySubsequences: false).count
          == plain.split(separator: character, omittingEmptySubsequences: false).count, "\(character)")
    }
    #expect(!written.unicodeScalars.contains { $0.properties.isBidiControl || $0.value == 0x2028 || $0.value == 0 })
  }

  /// Pictures are pictures by their bytes, whatever they were declared as; markup is never one.
  @Test func thumbnails() {
    let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]
    let svg = Array("<svg xmlns='http://www.w3.org/2000/svg' onload='planted=1'/>".utf8)
    func picture(_ content: [UInt8], sniffed: String, size: Int64? = nil) -> Bool {
      let source = Source(details: 0)
      source.contents["http/x"] = content
      var page = ReportPage(facts: RunFacts())
      page.facts.readsHTTP = true
      var object = ObjectRow(connection: 1, exchange: 1)
      (object.path, object.sniffed, object.isComplete) = (Array("http/x".utf8), sniffed, true)
      object.size = size ?? Int64(content.count)
      page.objects = [object]
      return html(page, source).contains("<img")
    }
    #expect(picture(png, sniffed: "image/png"))
    #expect(!picture(svg, sniffed: "image/svg+xml"))
    #expect(!picture(svg, sniffed: "image/png"), "what the file holds decides")
    #expect(!picture(png, sniffed: "image/png", size: 1 << 20))
    #expect(!picture(png, sniffed: "text/html"))
  }

  @Test(arguments: [
    ("text/html", "application/x-elf", true), ("image/png", "image/jpeg", true), ("image/jpg", "image/jpeg", false),
    ("application/octet-stream", "application/zip", false), ("IMAGE/PNG", "image/png", false), ("text/plain", "", false),
    ("image/svg+xml", "application/xml", false), ("text/html", "application/xml", false),
    ("application/x-msdownload", "application/vnd.microsoft.portable-executable", false),
    ("image/gif", "application/vnd.microsoft.portable-executable", true),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip", false),
  ])
  func mismatches(declared: String, sniffed: String, isMismatch: Bool) {
    var object = ObjectRow(connection: 1, exchange: 1)
    (object.declared, object.sniffed) = (Array(declared.utf8), sniffed)
    #expect(object.isMismatch == isMismatch)
  }

  /// The page stays below its limit and says what it leaves out, with names and URLs as long as they come.
  @Test(arguments: [300_000, 2_000_000])
  func aLimitedPage(limit: Int) {
    var page = ReportPage(facts: RunFacts())
    page.limit = limit
    page.facts.connections = 1_000_000
    page.facts.readsHTTP = true
    let name = String(repeating: "<&\"", count: 80)
    page.rows = (1...10_000).map { Self.row($0, name: name) }
    for row in page.rows { page.hosts.add(client: row.client, row, isRefused: false) }
    page.objects = (0..<5_000).map { index in
      var object = ObjectRow(connection: 1, exchange: UInt64(index))
      (object.url, object.host) = (Array(name.utf8), Array(name.utf8))
      return object
    }
    let source = Source(details: 3_000)
    let written = html(page, source)
    #expect(written.utf8.count <= limit, "\(written.utf8.count)")
    #expect(written.utf8.count > limit / 2)
    #expect(written.hasSuffix("</html>\n"))
    #expect(written.contains("more in connections.ndjson"))
    #expect(written.contains("more in http.ndjson"))
    #expect(written.contains("there was no room on the page"))
  }

  /// With few connections every graph has its full number of marks.
  @Test func fewConnectionsHaveFullGraphs() {
    let source = Source(details: 10)
    var page = ReportPage(facts: RunFacts())
    page.rows = (1...10).map { Self.row($0) }
    _ = html(page, source)
    #expect(source.isAsked == Array(repeating: ReportPage.mostMarks, count: 10))
  }

  /// Times and offsets of a capture may be any numbers.
  @Test(arguments: [Int64.min, 0, Int64.max], [Int64.min, 0, Int64.max])
  func timesAtTheEndsOfTheirRange(start: Int64, end: Int64) {
    var page = ReportPage(facts: RunFacts())
    var row = Self.row(1)
    (row.start, row.end, row.clientBytes) = (start, end, .max)
    page.rows = [row]
    page.hosts.add(client: "10.0.0.1", row, isRefused: false)
    page.timeline.add(at: start) { $0.fromClient = .max }
    page.timeline.add(at: end) { $0.fromServer = .max }
    var detail = ConnectionDetail(row: row, firstPacket: 1, lastPacket: 2, displayFilter: "", startText: "")
    (detail.fromClient.length, detail.fromClient.origin) = (end, start)
    detail.fromClient.points = [start, end].map {
      SegmentPoint(time: $0, low: start, high: end, bytes: .max, kind: .segment, direction: 0, packet: 1)
    }
    #expect(html(page, Source(detail)).hasSuffix("</html>\n"))
  }

  /// A narrow cell breaks an endpoint before its port.
  @Test func portsStayWhole() {
    var page = ReportPage(facts: RunFacts())
    page.rows = [Self.row(7)]
    page.rows[0].server = "[2001:db8::1]:443"
    let text = html(page)
    #expect(text.contains("<td>10.0.0.1<wbr>:7</td><td>[2001:db8::1]<wbr>:443</td>"))
  }

  @Test func theSameFactsGiveTheSameBytes() {
    var page = ReportPage(facts: RunFacts())
    page.rows = (1...50).map { Self.row($0, name: "n\($0)") }
    for row in page.rows { page.hosts.add(client: "10.0.0.\(row.id % 7)", row, isRefused: false) }
    #expect(html(page, Source(details: 5)) == html(page, Source(details: 5)))
  }

  @Test func figures() {
    #expect(Figures.grouped(0) == "0" && Figures.grouped(999) == "999" && Figures.grouped(1_000) == "1\u{202f}000")
    #expect(Figures.grouped(UInt64.max) == "18\u{202f}446\u{202f}744\u{202f}073\u{202f}709\u{202f}551\u{202f}615")
    #expect(Figures.duration(0) == "0 s" && Figures.duration(1_500) == "1.50 µs" && Figures.duration(999) == "0.999 µs")
    #expect(Figures.duration(12_345_678) == "12.3 ms" && Figures.duration(.max) == "9\u{202f}223\u{202f}372\u{202f}036 s")
    #expect(Figures.duration(.min) == "0 s")
    #expect(Figures.size(999) == "999 B" && Figures.size(1_234) == "1.2 kB" && Figures.size(5e9) == "5 GB")
  }

  @Test func hostsAreBounded() {
    var table = HostTable()
    for id in 1...60_000 {
      table.add(client: "10.\(id >> 16).\(id >> 8 & 255).\(id & 255)", Self.row(1, name: "name \(id)"), isRefused: false)
    }
    #expect(table.pairs.count == HostTable.mostPairs && table.others == 10_000)
    var one = HostTable()
    for id in 1...100 { one.add(client: "a", Self.row(1, name: "name \(id)"), isRefused: id == 1) }
    #expect(one.pairs.count == 1 && one.pairs[0].names.count == 4 && one.pairs[0].connections == 100 && one.pairs[0].refused == 1)
  }
}
