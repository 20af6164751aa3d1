import Stages
import Testing

@testable import HTTP

/// Tests of the limits of the reader: what exceeds one is left out and counted, and the messages behind it are read.
@Suite struct LimitTests {
  private static func get(_ path: String = "/a") -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }
  private static func answer(_ body: String, _ fields: String = "") -> String {
    "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// The limits that the documentation names.
  @Test func theLimits() {
    let options = HTTPOptions()
    #expect(options.maxHead == 1 << 20 && options.maxHeaderLines == 1_000 && options.maxOpenRequests == 10_000)
    #expect(options.maxDecoders == 1_000 && options.maxCodings == 4 && options.maxBody == 1 << 30 && options.maxRatio == 1_000)
    #expect(options.maxParts == 1_000 && options.maxStreams == 10_000)
  }

  /// A head of 400 KB is read whole.
  @Test func aLongHead() throws {
    let turns: [Turn] = [
      .client(Self.get()), .server(Self.answer("hi", "X: \(String(repeating: "y", count: 400 << 10))\r\n")), .client(Self.get("/b")),
      .server(Self.answer("next")),
    ]
    let talk = Talk(turns, size: { 1_460 })
    let response = try #require(talk.exchanges[0].response)
    #expect(response.notes == [] && response.headers[0].value.count == 400 << 10 && response.body?.length == 2)
    #expect(talk.exchanges[1].response?.body?.length == 4 && talk.imbalance(turns) == [0, 0])
  }

  /// The oldest requests of too many are given up, and the answers go to the others.
  @Test func openRequests() {
    var options = HTTPOptions()
    options.maxOpenRequests = 100
    let turns: [Turn] = (0..<300).map { .client(Self.get("/\($0)")) }
    let talk = Talk(turns + [.server(Self.answer("x"))], order: Array(0..<300) + [300], options: options)
    #expect(talk.exchanges.count == 300 && talk.stage.context.requestsGivenUp == 200)
    #expect(talk.exchanges.first { $0.response != nil }?.number == 201)
    #expect(talk.imbalance(turns)[0] == 0)
  }

  /// A body that gets no decoder is kept as sent, and says so; the next one gets the decoder of a body that has ended.
  @Test func decodersAtOnce() {
    var options = HTTPOptions()
    options.maxDecoders = 2
    let context = HTTPContext(options: options)
    let keeper = Keeper()
    let stages = (0..<3).map { _ in HTTPStage(context: context, receiver: keeper) }
    let request = Array(Self.get().utf8)
    let head = Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(ContentTests.gzip.count)\r\n\r\n".utf8)
    func feed(_ stage: HTTPStage, _ bytes: [UInt8], _ offset: Int, _ acknowledged: Int, _ sender: Sender) {
      let stamp = ByteStamp(nanoseconds: 0, packet: 1, acknowledged: Int64(acknowledged))
      stage.bytes(bytes.span, at: Int64(offset), stamp: stamp, from: sender)
    }
    for stage in stages {
      feed(stage, request, 0, 0, .originator)
      feed(stage, head + ContentTests.gzip[..<10], 0, request.count, .responder)
    }
    for stage in stages { feed(stage, Array(ContentTests.gzip[10...]), head.count + 10, request.count, .responder) }
    #expect(keeper.exchanges.map { $0.response?.body?.decoding } == [.whole, .whole, Decoding.none])
    #expect(keeper.exchanges.map { $0.response?.notes } == [[], [], [.codingUnknown]])
    #expect(context.decodersRefused == 1 && context.decoders == 0)
    feed(stages[2], request, request.count, head.count + ContentTests.gzip.count, .originator)
    feed(stages[2], head + ContentTests.gzip, head.count + ContentTests.gzip.count, request.count * 2, .responder)
    #expect(keeper.exchanges.last?.response?.body?.decoding == .whole)
  }

  @Test func partsOfABody() throws {
    var options = HTTPOptions()
    options.maxParts = 3
    let form = (0..<10).map { "--b\r\nContent-Disposition: form-data; name=\"\($0)\"\r\n\r\nv\r\n" }.joined() + "--b--\r\n"
    let fields = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: \(form.utf8.count)\r\n"
    let talk = Talk(
      [.client("POST /a HTTP/1.1\r\n\(fields)\r\n\(form)\(Self.get("/b"))"), .server(Self.answer("x") + Self.answer("y"))], options: options
    )
    let body = try #require(talk.exchanges[0].request?.body)
    #expect(body.parts.count == 3 && body.partsNotListed == 7 && talk.stage.context.partsCut == 7)
    #expect(talk.exchanges[1].response?.body?.length == 1)
  }

  @Test func openStreams() {
    var options = HTTPOptions()
    options.maxStreams = 5
    var sent = Array(HTTP2Connection.preface.utf8)
    for number in 0..<20 { sent += HTTP2Tests.frame(1, 0x05, UInt32(number * 2 + 1), HTTP2Tests.get("/\(number)")) }
    let turns: [Turn] = [.clientBytes(sent), .serverBytes(HTTP2Tests.frame(1, 0x05, 1, [0x88]))]
    let talk = Talk(turns + [.clientBytes(HTTP2Tests.frame(1, 0x05, 101, HTTP2Tests.get("/later")))], options: options)
    #expect(talk.exchanges.map(\.stream) == [1, 3, 5, 7, 9, 101] && talk.stage.context.streamsCut == 15)
  }

  /// Bytes that wait for the other direction are read without it when there are too many.
  @Test func bytesThatWait() {
    var options = HTTPOptions()
    options.maxHeld = 10_000
    let body = String(repeating: "b", count: 9_000)
    let turns: [Turn] = [.client(Self.get())] + (0..<3).map { _ in .server(Self.answer(body)) }
    // The request is captured behind the responses, as if the capture had lost it for so long.
    let talk = Talk(turns, size: { 1_000 }, order: [1, 2, 3, 0], options: options)
    #expect(talk.stage.context.holdsCut > 0 && talk.stage.context.held == 0)
    #expect(talk.exchanges.filter { $0.response?.body?.length == 9_000 }.count == 3)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// A zstd window above 128 MB is not decoded, and the next body is.
  @Test func aWindowOfZstandard() {
    func frame(_ exponent: UInt8) -> [UInt8] { [0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, 0x19, 0x00, 0x00] + Array("abc".utf8) }
    var lengths: [Int64?] = []
    for exponent: UInt8 in [17, 18] {
      // The window has 2 to the 10th, times 2 to the exponent: 128 and 256 MB.
      let bytes = frame(exponent)
      let head = "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: \(bytes.count)\r\n\r\n"
      let talk = Talk([
        .client(Self.get() + Self.get("/b")), .serverBytes(Array(head.utf8) + bytes), .server(Self.answer("next")),
      ])
      lengths.append(talk.exchanges[0].response?.body.flatMap { $0.decoding == .whole ? $0.length : nil })
      #expect(talk.exchanges[1].response?.body?.length == 4)
    }
    #expect(lengths == [3, nil])
  }

  /// More than 1 000 bytes for a byte are taken only up to 10 MB, and the next body comes.
  @Test func aBombEndsAtTheRatio() throws {
    var options = HTTPOptions()
    options.maxRatio = 100
    let bomb = WebSocketTests.zeros(matches: 40_000)
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: \(bomb.count)\r\n\r\n"
    let talk = Talk(
      [.client(Self.get() + Self.get("/b")), .serverBytes(Array(head.utf8) + bomb), .server(Self.answer("next"))], options: options)
    let body = try #require(talk.exchanges[0].response?.body)
    #expect(body.length == 10_000_000 && body.why == .limit && body.rawLength == Int64(bomb.count) && talk.stage.context.bodiesCut == 1)
    #expect(talk.exchanges[1].response?.body?.isComplete == true)
  }

  /// At most 8 KB of a direction are looked at.
  @Test func bytesThatAreLookedAt() {
    let open = "GET /" + String(repeating: "a", count: 8 << 10)
    let other = "HTTP/1." + String(repeating: " ", count: 8 << 10)
    let talk = Talk([.client(open + " HTTP/1.1\r\n\r\n"), .server(other + "\r\n\r\n")], size: { 100 })
    #expect(!talk.stage.isHTTP && talk.lines == [] && talk.stage.context.held == 0)
    #expect(talk.stage.needsOnlyCount(from: .originator) && talk.stage.needsOnlyCount(from: .responder))
  }
}
