import Compression
import Stages
import Testing

@testable import HTTP

/// Tests of HTTP/2 frames: streams, padding, trailer sections, resets, gaps.
@Suite struct HTTP2Tests {
  private static let preface = Array(HTTP2Connection.preface.utf8)
  private static let settings = frame(4, 0, 0, [])

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    let length = payload.count
    let number = (0..<4).map { UInt8(truncatingIfNeeded: stream >> UInt32(24 - 8 * $0)) }
    return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags] + number + payload
  }

  /// Field block of a GET of a path on host h: indexed fields, and literals that are added to the table.
  static func get(_ path: String) -> [UInt8] {
    [0x82, 0x86, 0x44, UInt8(path.utf8.count)] + Array(path.utf8) + [0x41, 0x01, 0x68]
  }

  private static func exchange(_ stream: UInt32, _ path: String, _ body: String) -> [Turn] {
    [
      .clientBytes(frame(1, 0x05, stream, get(path))),
      .serverBytes(frame(1, 0x04, stream, [0x88]) + frame(0, 0x01, stream, Array(body.utf8))),
    ]
  }

  @Test(arguments: [1, 5, 10_000]) func streamsHaveTheirBodies(_ size: Int) {
    let turns: [Turn] =
      [.clientBytes(Self.preface + Self.settings), .serverBytes(Self.settings)] + Self.exchange(1, "/a", "one")
      + Self.exchange(3, "/b", "two")
    let talk = Talk(turns, size: { size })
    #expect(talk.exchanges.map(\.stream) == [1, 3] && talk.exchanges.map(\.pairing) == [.stream, .stream])
    #expect(talk.exchanges.map { ($0.response?.body?.receiver as? Keeper.Kept)?.content } == [Array("one".utf8), Array("two".utf8)])
    #expect(talk.exchanges.allSatisfy { $0.response?.body?.isComplete == true && $0.host == [0x68] })
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// Clear bytes of TLS that begin with the preface are HTTP/2, without an upgrade (RFC 9113, section 3.2).
  @Test func streamsInTLS() {
    let turns: [Turn] =
      [.clientBytes(Self.preface + Self.settings), .serverBytes(Self.settings)] + Self.exchange(1, "/a", "one")
    let talk = Talk(turns, size: { 7 }, enclosure: .tls)
    #expect(talk.exchanges.map(\.enclosure) == [.tls] && talk.exchanges.map(\.stream) == [1])
    #expect(talk.exchanges.map { ($0.response?.body?.receiver as? Keeper.Kept)?.content } == [Array("one".utf8)])
  }

  @Test func paddingContinuationAndTrailers() {
    let block = Self.get("/p")
    let turns: [Turn] = [
      .clientBytes(Self.preface + Self.frame(1, 0x01, 1, Array(block[..<3])) + Self.frame(9, 0x04, 1, Array(block[3...]))),
      .serverBytes(
        Self.frame(1, 0x04, 1, [0x88]) + Self.frame(0, 0x08, 1, [2] + Array("body".utf8) + [0, 0])
          + Self.frame(1, 0x05, 1, [0x00, 0x01, 0x78, 0x01, 0x79])),
    ]
    let talk = Talk(turns, size: { 2 })
    #expect(talk.lines == ["GET /p 200 [24+\(block.count)] [0+1 h2:4 body x=y]"])
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// A request that refers 100 times to a field of 1 000 bytes, which the first request added to the table.
  private static func longRequest(_ stream: Int) -> [UInt8] {
    let field: [UInt8] = [0x40, 0x01, 0x78, 0x7f, 0xe9, 0x06] + [UInt8](repeating: 0x61, count: 1_000)
    let again: [UInt8] = [0x82, 0x86] + [UInt8](repeating: 0xbe, count: 100)
    return frame(1, 0x05, UInt32(stream), stream == 1 ? get("/a") + field : again)
  }

  @Test func headsOfOpenExchangesAreBounded() {
    var options = HTTPOptions()
    options.maxOpenHeads = 1_000_000
    var unanswered: [Turn] = [.clientBytes(Self.preface)]
    var answered = unanswered
    for number in 0..<100 {
      let request = Turn.clientBytes(Self.longRequest(number * 2 + 1))
      unanswered.append(request)
      answered += [request, .serverBytes(Self.frame(1, 0x05, UInt32(number * 2 + 1), [0x88]))]
    }
    let talk = Talk(unanswered, ends: .unknown, options: options)
    let exchanges = talk.exchanges
    let sizes: [Int] = exchanges.map { exchange in
      var size = 0
      for field in exchange.request?.headers ?? [] { size += field.value.count }
      return size
    }
    let total = sizes.reduce(0, +)
    #expect(exchanges.count == 100 && sizes[1] == 100_000)
    #expect(total <= 1_000_000 && total > 800_000)
    func isCut(_ exchange: Exchange) -> Bool { exchange.request?.notes.contains(Note.headLimit) ?? false }
    #expect(exchanges.filter(isCut).count > 80)
    #expect(talk.stage.context.openHeadsCut == exchanges.filter(isCut).count && talk.stage.context.headsCut == 0)
    // An answer makes room for others.
    let others = Talk(answered, options: options).exchanges
    #expect(others.count == 100 && others.filter(isCut).isEmpty)
  }

  @Test func aResetEndsBothSides() {
    let turns: [Turn] = [
      .clientBytes(Self.preface + Self.frame(1, 0x05, 1, Self.get("/r"))),
      .serverBytes(Self.frame(1, 0x04, 1, [0x88]) + Self.frame(0, 0, 1, Array("be".utf8)) + Self.frame(3, 0, 1, [0, 0, 0, 8])),
    ]
    #expect(Talk(turns).exchanges[0].response?.body?.why == .reset)
  }

  @Test func aHoleInDataIsOneOfTheBody() {
    let data = Self.frame(0, 0x01, 1, Array("abcdefgh".utf8))
    let turns: [Turn] =
      [
        .clientBytes(Self.preface + Self.frame(1, 0x05, 1, Self.get("/g"))),
        .serverBytes(Self.frame(1, 0x04, 1, [0x88]) + Array(data[..<11])), .serverGap(3), .serverBytes(Array(data[14...])),
      ] + Self.exchange(3, "/b", "two")
    let talk = Talk(turns)
    #expect(talk.exchanges[0].response?.body?.gaps == [ByteRange(offset: 2, length: 3)])
    #expect(talk.exchanges[0].response?.body?.length == 8)
    #expect(talk.exchanges[1].response?.body?.isComplete == true)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// After a lost field block the table is not known, so fields that refer to it are reported as lost.
  @Test func aHoleOverHeadsLosesTheTable() {
    let turns: [Turn] = [
      .clientBytes(Self.preface + Self.frame(1, 0x05, 1, Self.get("/a"))), .clientGap(40),
      .clientBytes(
        Self.frame(1, 0x05, 5, [0x82, 0x86, 0xbe, 0x84]) + Self.frame(1, 0x05, 7, Self.get("/known")) + Self.frame(4, 0, 0, [])),
      .serverBytes(Self.frame(1, 0x05, 7, [0x88])),
    ]
    let talk = Talk(turns)
    let lost = talk.exchanges.first { $0.stream == 5 }
    #expect(lost?.request?.notes == [.fieldsLost])
    #expect(lost?.host == [])
    #expect(talk.exchanges.first { $0.stream == 7 }?.target == Array("/known".utf8))
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func theTableGoesOnWithWhatIsKnownOfIt() {
    let decoder = HPACKDecoder()
    decoder.lose()
    var fields: [[UInt8]] = []
    // A literal that is added, a reference to it, and a reference to an earlier entry.
    let lost = decoder.decode([0x40, 1, 0x61, 1, 0x62, 0xbe, 0xbf]) { name, value in fields.append(name + value) }
    #expect(lost == 1)
    #expect(fields == [[0x61, 0x62], [0x61, 0x62]])
  }

  @Test func anUpgradeToHTTP2IsTwoExchanges() {
    let turns: [Turn] = [
      .client("GET /u HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
      .serverBytes(
        Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n".utf8) + Self.settings + Self.frame(1, 0x04, 1, [0x88])
          + Self.frame(0, 0x01, 1, Array("hi".utf8))),
      .clientBytes(Self.preface + Self.settings),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.map(\.status) == [101, 200])
    #expect(talk.exchanges.map(\.stream) == [nil, 1])
    #expect(talk.exchanges[1].target == Array("/u".utf8))
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// The exchange that was upgraded is reported, so what comes on stream 1 afterwards does not change it.
  @Test func fieldsBehindAnUpgrade() {
    let turns: [Turn] = [
      .client("GET /u HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
      .serverBytes(Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n".utf8) + Self.settings),
      .clientBytes(Self.preface + Self.settings + Self.frame(1, 0x05, 1, Self.get("/more"))),
      .serverBytes(Self.frame(1, 0x05, 1, [0x88])),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.map(\.stream) == [nil, 1])
    #expect(talk.exchanges[0].request?.trailers.count == 0)
    #expect((talk.exchanges[1].request?.trailers.count ?? 0) > 0)
    #expect(talk.imbalance(turns) == [0, 0])
  }
}
