import Stages
import Testing

@testable import HTTP

/// Tests of traffic that is easily read wrong.
@Suite struct TrapTests {
  private static func get(_ path: String = "/a") -> Turn { .client("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n") }
  private static func answer(_ body: String, _ fields: String = "") -> Turn {
    .server("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  // MARK: framing

  @Test(arguments: ["Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2,2", "content-length: 2\r\nCONTENT-LENGTH:  2 "])
  func equalLengthsCountOnce(_ fields: String) throws {
    let talk = Talk([Self.get(), .server("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\nhi"), Self.get("/b"), Self.answer("next")])
    #expect(talk.exchanges.map { $0.response?.body?.length } == [2, 4] && talk.exchanges[0].response?.notes == [])
  }

  /// A body until the close is complete only by the end of its sender.
  @Test(arguments: [(StreamEnd.finished, true, Incompleteness?.none), (.unknown, false, .end), (.reset, false, .reset)])
  func aBodyUntilTheClose(_ end: StreamEnd, _ isComplete: Bool, _ why: Incompleteness?) throws {
    let talk = Talk([Self.get(), .server("HTTP/1.1 200 OK\r\n\r\nsome")], ends: end)
    let body = try #require(talk.exchanges[0].response?.body)
    #expect(body.isComplete == isComplete && body.why == why && body.length == 4)
  }

  /// Behind an invalid chunk size, the next head is found.
  @Test(arguments: [1, 5, 1_000]) func theHeadBehindAnInvalidChunkSize(_ size: Int) {
    for line in ["ffffffffffffffff", "zz", "-1"] {
      let turns: [Turn] = [
        Self.get(), .server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n\(line)\r\nxx\r\n"), Self.get("/b"),
        Self.answer("next"),
      ]
      let talk = Talk(turns, size: { size })
      #expect(talk.exchanges.map { $0.response?.body?.why } == [.framing, nil])
      #expect(talk.exchanges.map { $0.response?.body?.length } == [2, 4])
      #expect(talk.exchanges[0].response?.notes == [.badChunkSize] && talk.imbalance(turns) == [0, 0])
    }
  }

  /// A coding whose field is behind the lines that are kept counts too.
  @Test func aCodingBehindAThousandLines() {
    let many = (0..<1_200).map { "X-\($0): y\r\n" }.joined()
    let head = "HTTP/1.1 200 OK\r\n\(many)Content-Encoding: gzip\r\nContent-Length: \(ContentTests.gzip.count)\r\n\r\n"
    let talk = Talk([Self.get(), .serverBytes(Array(head.utf8) + ContentTests.gzip)])
    #expect(talk.exchanges[0].response?.body?.decoding == .whole && talk.exchanges[0].response?.body?.length == 23)
  }

  // MARK: pairs

  /// Only the acknowledgment of a byte of the gap tells that a request was sent behind it.
  @Test func acknowledgmentsAtTheBordersOfAGap() {
    // The gap begins where the first response ends: the second request acknowledges exactly that much, and is the one that waits.
    let before: [Turn] = [Self.get("/a"), Self.answer("1"), Self.get("/b"), .serverGap(10), Self.get("/c"), Self.answer("2")]
    #expect(Talk(before).exchanges.map { $0.response?.offset } == [0, nil, 49])
    let unheard: [Turn] = [Self.get("/a"), Self.answer("1"), Self.get("/b"), Self.get("/c"), .serverGap(10), Self.answer("2")]
    let talk = Talk(unheard)
    #expect(talk.exchanges.map { $0.response?.offset } == [0, 49, nil])
    #expect(talk.exchanges.map(\.pairing) == [.order, .order, nil])
    #expect(Talk(before).exchanges.map(\.pairing) == [.order, nil, .acknowledgment])
  }

  // MARK: gaps of inexact length

  /// The length of a gap in TLS 1.3 is not known exactly: it ends the body, and the next head is found.
  @Test(arguments: ["Content-Length: 9", "Transfer-Encoding: chunked", "X: until-close"]) func anInexactGap(_ framing: String) throws {
    let stage = HTTPStage(context: HTTPContext(), receiver: Keeper())
    let keeper = try #require(stage.receiver as? Keeper)
    func feed(_ text: String, _ offset: Int, _ sender: Sender, _ acknowledged: Int) {
      let bytes = Array(text.utf8)
      let stamp = ByteStamp(nanoseconds: 0, packet: 1, acknowledged: Int64(acknowledged))
      stage.bytes(bytes.span, at: Int64(offset), stamp: stamp, from: sender)
    }
    let request = "GET /a HTTP/1.1\r\n\r\n"
    let first = "HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n9\r\nab"
    let next = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    feed(request, 0, .originator, 0)
    feed(first, 0, .responder, request.utf8.count)
    stage.gap(at: Int64(first.utf8.count), length: 3, isExact: false, from: .responder)
    feed("fgh" + next, first.utf8.count + 3, .responder, request.utf8.count * 2)
    feed(request, request.utf8.count, .originator, first.utf8.count + 3)
    for sender in Sender.allCases { stage.end(.finished, from: sender) }
    let bodies = keeper.exchanges.sorted { $0.number < $1.number }.compactMap { $0.response?.body }
    #expect(bodies.count == 2 && bodies[0].why == .gap && !bodies[0].isComplete && bodies[1].isComplete)
    let content = (bodies[0].receiver as? Keeper.Kept)?.content ?? []
    #expect(content == Array((framing.hasPrefix("T") ? "ab" : "9\r\nab").utf8))
  }

  // MARK: other protocols on the connection

  /// What follows a 101 to an unknown protocol is looked at afresh.
  @Test func anUpgradeToAnotherProtocol() {
    let upgrade: [Turn] = [
      .client("GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
      .server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    ]
    let unknown = Talk(upgrade + [.client("\u{1}\u{2}\u{3}"), .server("\u{4}")])
    #expect(unknown.exchanges.count == 1 && unknown.exchanges[0].upgrade == [0x78])
    #expect(unknown.exchanges[0].tunnel?.client == 3 && unknown.exchanges[0].tunnel?.server == 1)
    let inner = Talk(upgrade + [Self.get("/inner"), Self.answer("x")])
    #expect(inner.exchanges.map(\.enclosure) == [nil, .connect] && inner.exchanges.map(\.status) == [101, 200])
  }

  /// The bytes of TLS in a tunnel are none of the tunnel's HTTP.
  @Test func aTunnelOfTLS() {
    let turns: [Turn] = [
      .client("CONNECT h:443 HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 200 OK\r\n\r\n"), .clientBytes([0x16, 3, 1, 0, 4, 1, 0, 0, 0]),
      .serverBytes([0x16, 3, 3, 0, 4, 2, 0, 0, 0]),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.count == 1 && talk.stage.counts(from: .originator)?.unparsed == 9 && talk.imbalance(turns) == [0, 0])
  }

  /// A server promises a stream: its request is the promised one.
  @Test func aPromisedStream() throws {
    let promise = HTTP2Tests.frame(5, 0x04, 1, [0, 0, 0, 2] + HTTP2Tests.get("/pushed"))
    let turns: [Turn] = [
      .clientBytes(Array(HTTP2Connection.preface.utf8) + HTTP2Tests.frame(1, 0x05, 1, HTTP2Tests.get("/page"))),
      .serverBytes(
        promise + HTTP2Tests.frame(1, 0x04, 1, [0x88]) + HTTP2Tests.frame(0, 0x01, 1, [0x61]) + HTTP2Tests.frame(1, 0x04, 2, [0x88])
          + HTTP2Tests.frame(0, 0x01, 2, [0x62, 0x63])),
    ]
    let talk = Talk(turns, size: { 3 })
    let pushed = try #require(talk.exchanges.first { $0.stream == 2 })
    #expect(pushed.target == Array("/pushed".utf8) && pushed.status == 200 && pushed.response?.body?.length == 2)
    #expect(talk.exchanges.first { $0.stream == 1 }?.target == Array("/page".utf8) && talk.imbalance(turns) == [0, 0])
  }

  @Test func interimResponsesOfHTTP2() {
    let turns: [Turn] = [
      .clientBytes(Array(HTTP2Connection.preface.utf8) + HTTP2Tests.frame(1, 0x05, 1, HTTP2Tests.get("/page"))),
      // ":status: 103" as a literal with an indexed name, then the final response.
      .serverBytes(
        HTTP2Tests.frame(1, 0x04, 1, [0x08, 3] + Array("103".utf8)) + HTTP2Tests.frame(1, 0x04, 1, [0x88])
          + HTTP2Tests.frame(0, 0x01, 1, [0x61])),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges[0].informational.map(\.status) == [103] && talk.exchanges[0].status == 200)
    #expect(talk.exchanges[0].response?.body?.isComplete == true)
  }

  // MARK: bodies

  /// "hello hello hello hello" in every coding, in any case, and in several of them.
  @Test(arguments: [1, 7, 1_000]) func codings(_ size: Int) {
    let zlib: [UInt8] = [0x78, 0xda, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0x68, 0x03, 0x08, 0xb1]
    let raw: [UInt8] = [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01]
    let zstd: [UInt8] = [
      0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68, 0x65, 0x00, 0x00, 0x30, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x01, 0x00, 0x99, 0x4b, 0x11,
    ]
    /// One uncompressed block of Brotli, and the last, empty one.
    func brotli(_ bytes: [UInt8]) -> [UInt8] {
      let length = UInt32(bytes.count - 1)
      let head = length << 4 | 1 << 20  // after a bit for the window, one for the last block, and two for the size of the length
      return [UInt8(head & 255), UInt8(head >> 8 & 255), UInt8(head >> 16 & 255)] + bytes + [0x03]
    }
    func stored(_ bytes: [UInt8]) -> [UInt8] {
      let count = UInt8(bytes.count)
      return [0x01, count, 0, ~count, 0xff] + bytes
    }
    let gzip = ContentTests.gzip
    let all: [(fields: String, bytes: [UInt8], encodings: [String])] = [
      ("Content-Encoding: gzip", gzip, ["gzip"]), ("Content-Encoding: GZip", gzip, ["gzip"]),
      ("Content-Encoding: x-gzip", gzip, ["x-gzip"]),
      ("Content-Encoding: deflate", zlib, ["deflate"]), ("Content-Encoding: deflate", raw, ["deflate"]),
      ("Content-Encoding: zstd", zstd, ["zstd"]), ("Content-Encoding: br", brotli(ContentTests.text), ["br"]),
      ("Content-Encoding: identity, deflate", raw, ["deflate"]),
      ("Content-Encoding: gzip, deflate", stored(gzip), ["gzip", "deflate"]),
      ("Content-Encoding: gzip\r\nContent-Encoding: deflate", stored(gzip), ["gzip", "deflate"]),
      ("Content-Encoding: gzip\r\nTransfer-Encoding: deflate, chunked", stored(gzip), ["gzip", "deflate"]),
      ("Content-Encoding: gzip, deflate, deflate, br", brotli(stored(stored(gzip))), ["gzip", "deflate", "deflate", "br"]),
    ]
    for coding in all {
      let isChunked = coding.fields.hasSuffix("chunked")
      let length = String(coding.bytes.count, radix: 16)
      let framed = isChunked ? Array("\(length)\r\n".utf8) + coding.bytes + Array("\r\n0\r\n\r\n".utf8) : coding.bytes
      let fields = coding.fields + (isChunked ? "" : "\r\nContent-Length: \(coding.bytes.count)")
      let talk = Talk([Self.get(), .serverBytes(Array("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n".utf8) + framed)], size: { size })
      let body = talk.exchanges[0].response?.body
      #expect((body?.receiver as? Keeper.Kept)?.content == ContentTests.text, "\(coding.fields)")
      #expect(body?.encodings.map { String(decoding: $0, as: UTF8.self) } == coding.encodings)
      #expect(body?.decoding == .whole && body?.isComplete == true && body?.rawLength == Int64(coding.bytes.count), "\(coding.fields)")
    }
  }

  /// Parts that are ranges of a representation.
  @Test(arguments: [1, 3, 1_000]) func partsThatAreRanges(_ size: Int) throws {
    let text =
      "\r\n--edge\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-2/10\r\n\r\nabc\r\n"
      + "--edge\r\nContent-Range: bytes 7-9/*\r\n\r\nhij\r\n--edge--\r\n"
    let talk = Talk(
      [
        Self.get(),
        .server(
          "HTTP/1.1 206 Partial\r\nContent-Type: multipart/byteranges; boundary=edge\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"),
      ], size: { size })
    let parts = try #require(talk.exchanges[0].response?.body?.parts)
    #expect(parts.map { $0.contentRange?.first } == [0, 7] && parts.map { $0.contentRange?.last } == [2, 9])
    #expect(parts.map { $0.contentRange?.total } == [10, nil])
    #expect(parts.map { ($0.receiver as? Keeper.Kept)?.content } == [Array("abc".utf8), Array("hij".utf8)])
  }

  /// A type that was declared, and another one that the first bytes have.
  @Test func theFirstBytesAgainstTheDeclaration() {
    let talk = Talk([Self.get(), .server("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 6\r\n\r\nGIF89a")])
    let body = talk.exchanges[0].response?.body
    #expect(body?.type == Array("image/png".utf8) && body?.sniffed?.description == "image/gif")
  }

  /// WebSocket frames in the segment of the 101.
  @Test(arguments: [1, 40, 10_000]) func framesBehindThe101(_ size: Int) {
    let switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n"
    let turns: [Turn] = [
      .client("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), .serverBytes(Array(switching.utf8) + [0x81, 2, 0x68, 0x69]),
    ]
    let talk = Talk(turns, size: { size })
    #expect(talk.keeper.messages.map(\.payload) == [[0x68, 0x69]] && talk.imbalance(turns) == [0, 0])
  }
}
