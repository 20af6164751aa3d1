import Stages
import Testing

@testable import HTTP

/// Tests of gaps: missing bytes are reported, and later bytes keep their offsets.
@Suite struct LossTests {
  private static func request(_ path: String) -> Turn { .client("GET \(path) HTTP/1.1\r\n\r\n") }
  private static func response(_ body: String) -> Turn { .server("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)") }

  @Test func aHoleInABodyOfKnownLengthIsPartOfIt() {
    let turns: [Turn] = [
      Self.request("/a"), .server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .serverGap(3), .server("ghi"), Self.request("/b"),
      Self.response("x"),
    ]
    let talk = Talk(turns)
    #expect(
      talk.lines == [
        "GET /a 200 [0+19] [0+38 length:9 abc...ghi why:gap gap:3+3]", "GET /b 200 [19+19] [47+38 length:1 x]",
      ])
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func aHoleOverTheEndOfABodyAndAHead() {
    let turns: [Turn] = [
      Self.request("/a"), .server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .serverGap(40), Self.request("/b"),
      .server("lost end of a body\n"), Self.request("/c"), Self.response("x"),
    ]
    let talk = Talk(turns)
    #expect(
      talk.lines == [
        "GET /a 200 [0+19] [0+38 length:9 abc why:gap gap:3+6]", "GET /b - [19+19] [-]", "GET /c 200 [38+19] [100+38 length:1 x]",
      ])
    #expect(talk.exchanges[2].pairing == .acknowledgment)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func aResponseLostWholeShiftsNothing() {
    let turns: [Turn] = [
      Self.request("/a"), Self.response("1"), Self.request("/b"), .serverGap(39), Self.request("/c"), Self.response("3"),
    ]
    #expect(Talk(turns).exchanges.map { $0.response?.offset } == [0, nil, 78])
  }

  @Test func aRequestLostWholeShiftsNothing() {
    let turns: [Turn] = [
      Self.request("/a"), Self.response("1"), .clientGap(19), Self.response("2"), Self.request("/c"), Self.response("3"),
    ]
    let talk = Talk(turns)
    #expect(talk.lines.map { $0.prefix(11) } == ["GET /a 200 ", "- - 200 [-]", "GET /c 200 "])
    // The result is the same if the gap is reported after all other bytes, as it often is.
    let late = Talk(turns, order: [0, 1, 3, 5, 2, 4])
    #expect(late.exchanges.map { $0.response?.offset } == [0, 39, 78])
    #expect(late.exchanges.first { $0.target.map { $0.elementsEqual("/c".utf8) } == true }?.response?.offset == 78)
  }

  @Test func aHoleInAChunkIsCountedAndOneOverAChunkLineEndsTheBody() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    let inside: [Turn] = [Self.request("/a"), .server(head + "6\r\nab"), .serverGap(2), .server("ef\r\n0\r\n\r\n")]
    #expect(Talk(inside).lines == ["GET /a 200 [0+19] [0+47 chunked:6 ab..ef why:gap gap:2+2]"])
    let over: [Turn] = [
      Self.request("/a"), .server(head + "6\r\nab"), .serverGap(8), .server("xyz\r\n0\r\n\r\n"), Self.request("/b"), Self.response("x"),
    ]
    let talk = Talk(over)
    #expect(
      talk.lines == ["GET /a 200 [0+19] [0+47 chunked:6 ab why:gap gap:2+4]", "GET /b 200 [19+19] [70+38 length:1 x]"])
    #expect(talk.imbalance(over) == [0, 0])
  }

  @Test func aHoleOfAHeadIsNoHead() {
    let turns: [Turn] = [
      Self.request("/a"), .server("HTTP/1.1 200 OK\r\nContent-"), .serverGap(20), .server("\r\n\r\nbody"), Self.request("/b"),
      Self.response("x"),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.map { $0.status } == [nil, 200])
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func aResponseCapturedBeforeItsRequestWaits() {
    let turns: [Turn] = [
      .client("HEAD /a HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Self.request("/b"), Self.response("x"),
    ]
    #expect(Talk(turns, order: [1, 0, 3, 2]).lines == Talk(turns).lines)
  }

  @Test func aCodedBodyEndsBeforeTheHole() throws {
    // "hello hello hello hello" as gzip.
    let coded: [UInt8] = [
      0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0xe3, 0x51, 0x3d, 0x8d, 0x17, 0, 0, 0,
    ]
    let head: Turn = .server("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 28\r\n\r\n")
    let whole = Talk([Self.request("/a"), head, .serverBytes(coded)], size: { 3 })
    let body = try #require(whole.exchanges[0].response?.body)
    #expect(body.decoding == .whole && body.isComplete && body.length == 23 && body.rawLength == 28)
    let holed = Talk([
      Self.request("/a"), head, .serverBytes(Array(coded[..<16])), .serverGap(6), .serverBytes(Array(coded[22...])), Self.request("/b"),
      Self.response("x"),
    ])
    let cut = try #require(holed.exchanges[0].response?.body)
    #expect(cut.why == .gap && cut.rawLength == 28 && !cut.isComplete)
    #expect((cut.receiver as? Keeper.Kept)?.raw.count == 28)
    let content = (cut.receiver as? Keeper.Kept)?.content ?? []
    #expect("hello hello hello hello".utf8.starts(with: content))
    #expect(holed.exchanges[1].response?.body?.length == 1)
  }

  @Test func disputedBytesAreSaidOfTheirBody() {
    let talk = Talk([Self.request("/a"), .server("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")])
    #expect(talk.exchanges.count == 1)
    let keeper = Keeper()
    let stage = HTTPStage(context: HTTPContext(), receiver: keeper)
    func feed(_ text: String, _ offset: Int64, _ sender: Sender) {
      let bytes = Array(text.utf8)
      stage.bytes(bytes.span, at: offset, stamp: ByteStamp(nanoseconds: 0, packet: 1), from: sender)
    }
    feed("GET /a HTTP/1.1\r\n\r\n", 0, .originator)
    stage.disputed(at: 40, length: 1, from: .responder)
    feed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", 0, .responder)
    stage.disputed(at: 38, length: 1, from: .responder)
    feed("cd", 40, .responder)
    #expect(keeper.exchanges.first?.response?.body?.conflicts == [ByteRange(offset: 0, length: 1), ByteRange(offset: 2, length: 1)])
    #expect(keeper.exchanges.first?.response?.body?.isComplete == false)
    stage.disputed(at: 41, length: 1, from: .responder)
    #expect(stage.lateDisputes.count == 1)
  }

  /// A stage that was fed a request, and what feeds it more.
  private struct Fed {
    let keeper = Keeper()
    let stage: HTTPStage

    init(_ options: HTTPOptions = HTTPOptions()) { stage = HTTPStage(context: HTTPContext(options: options), receiver: keeper) }

    func feed(_ text: String, _ offset: Int64, _ sender: Sender) {
      let bytes = Array(text.utf8)
      stage.bytes(bytes.span, at: offset, stamp: ByteStamp(nanoseconds: 0, packet: 1), from: sender)
    }
  }

  /// Lists end at their limits, and the counts do not.
  @Test func listsThatEndHaveCounts() throws {
    var options = HTTPOptions()
    (options.maxListedGaps, options.maxListedConflicts) = (2, 2)
    let fed = Fed(options)
    fed.feed("GET /a HTTP/1.1\r\n\r\n", 0, .originator)
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n"
    fed.feed(head, 0, .responder)
    let start = Int64(head.utf8.count)
    for index in 0..<5 {
      fed.stage.disputed(at: start + Int64(index) * 6, length: 2, from: .responder)
      fed.feed("abc", start + Int64(index) * 6, .responder)
      fed.stage.gap(at: start + Int64(index) * 6 + 3, length: 3, isExact: true, from: .responder)
    }
    let body = try #require(fed.keeper.exchanges.first?.response?.body)
    #expect(body.gaps == [ByteRange(offset: 3, length: 3), ByteRange(offset: 9, length: 3)] && body.gapCount == 5 && body.gapBytes == 15)
    #expect(body.conflicts == [ByteRange(offset: 0, length: 2), ByteRange(offset: 6, length: 2)] && body.conflictCount == 5)
    #expect(body.hasHoles && !body.isComplete && body.why == .gap && fed.stage.lateDisputes.count == 0)
  }

  /// A disputed range of a body is one, however many segments and chunks its bytes come in.
  @Test(arguments: [1, 2, 7, 100], [false, true]) func aDisputeInPieces(_ size: Int, _ isLate: Bool) throws {
    let fed = Fed()
    fed.feed("GET /a HTTP/1.1\r\n\r\n", 0, .originator)
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    let text = Array((head + "6\r\nabcdef\r\n3\r\nghi\r\n").utf8)
    let start = Int64(head.utf8.count + 3)
    // From the b to the h, over the chunk line.
    if !isLate { fed.stage.disputed(at: start + 1, length: 12, from: .responder) }
    for place in stride(from: 0, to: text.count, by: size) {
      fed.feed(String(decoding: text[place..<min(place + size, text.count)], as: UTF8.self), Int64(place), .responder)
    }
    if isLate { fed.stage.disputed(at: start + 1, length: 12, from: .responder) }
    fed.feed("0\r\n\r\n", Int64(text.count), .responder)
    let body = try #require(fed.keeper.exchanges.first?.response?.body)
    #expect(body.conflicts == [ByteRange(offset: 1, length: 7)] && body.conflictCount == 1 && !body.isComplete)
    #expect(fed.stage.lateDisputes.count == 0)
  }

  /// What no body lists is counted, when it was found before its bytes were read and when behind them.
  @Test(arguments: [false, true]) func disputesOutsideOfBodies(_ isLate: Bool) throws {
    let fed = Fed()
    func dispute() {
      fed.stage.disputed(at: 9, length: 3, from: .responder)
      // Behind the first body: the head of the second response, which has no body.
      fed.stage.disputed(at: 50, length: 2, from: .responder)
    }
    fed.feed("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", 0, .originator)
    if !isLate { dispute() }
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"
    fed.feed(first, 0, .responder)
    fed.feed("HTTP/1.1 204 No Content\r\n\r\n", Int64(first.utf8.count), .responder)
    if isLate { dispute() }
    for sender in Sender.allCases { fed.stage.end(.finished, from: sender) }
    #expect(fed.keeper.exchanges.map { $0.response?.body?.isComplete } == [true, true])
    #expect(fed.stage.lateDisputes == (2, 5))
  }

  /// More disputes than wait for their bytes are counted too.
  @Test func moreDisputesThanWait() throws {
    let fed = Fed()
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"
    fed.feed("GET /a HTTP/1.1\r\n\r\n", 0, .originator)
    fed.feed(head, 0, .responder)
    let start = Int64(head.utf8.count)
    for index in 0..<2_000 { fed.stage.disputed(at: start + Int64(index) * 2, length: 1, from: .responder) }
    fed.feed(String(repeating: "a", count: 4_000), start, .responder)
    let body = try #require(fed.keeper.exchanges.first?.response?.body)
    #expect(body.conflicts.count == 100 && body.conflictCount + fed.stage.lateDisputes.count == 2_000)
  }

  /// A body in a tunnel has its disputes, whether they were found before its bytes came or behind them.
  @Test(arguments: [false, true]) func disputesInATunnel(_ isLate: Bool) throws {
    let fed = Fed()
    let connect = "CONNECT h:80 HTTP/1.1\r\n\r\n"
    let opened = "HTTP/1.1 200 OK\r\n\r\n"
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
    let (client, server) = (Int64(connect.utf8.count), Int64(opened.utf8.count))
    let place = server + Int64(answer.utf8.count)
    fed.feed(connect, 0, .originator)
    if !isLate { fed.stage.disputed(at: place + 1, length: 2, from: .responder) }
    fed.feed(opened, 0, .responder)
    fed.feed("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", client, .originator)
    fed.feed(answer + "abc", server, .responder)
    if isLate { fed.stage.disputed(at: place + 1, length: 2, from: .responder) }
    fed.feed("d", place + 3, .responder)
    let inner = try #require(fed.keeper.exchanges.first { $0.enclosure == .connect }?.response?.body)
    #expect(inner.conflicts == [ByteRange(offset: 1, length: 2)] && !inner.isComplete && fed.stage.lateDisputes.count == 0)
    fed.stage.disputed(at: place, length: 1, from: .responder)
    #expect(fed.stage.lateDisputes == (1, 1))
  }
}
