import Stages
import Testing

@testable import HTTP

/// Tests of framing: which bytes are heads, bodies and neither.
@Suite struct FramingTests {
  private static let get: Turn = .client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")

  /// Responses to a GET, and the line of the exchange that each makes.
  private static let answers: [(answer: String, line: String)] = [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 [0+28] [0+38 length:2 hi]"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", "200 [0+28] [0+41 length:2 hi]"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "200 [0+28] [0+57 length:2 hi two_lengths]"),
    ("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", "200 [0+28] [0+39 close:2 hi bad_length]"),
    ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhi", "200 [0+28] [0+39 close:2 hi bad_length]"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nhi", "200 [0+28] [0+57 close:2 hi bad_length]"),
    ("HTTP/1.1 200 OK\r\n\r\nhi", "200 [0+28] [0+19 close:2 hi]"),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x=y\r\n!\r\n0\r\nX: 1\r\n\r\n",
      "200 [0+28] [0+47 chunked:3 hi! X=1]"
    ),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "200 [0+28] [0+66 chunked:2 hi length_and_chunked]"
    ),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nffffffffffffffff\r\nx",
      "200 [0+28] [0+47 chunked:2 hi why:framing bad_chunk_size]"
    ),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nhi", "200 [0+28] [0+47 chunked:0 - why:framing bad_chunk_size]"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nplain", "200 [0+28] [0+47 close:5 plain bad_chunk_size]"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", "200 [0+28] [0+38 length:2 hi why:end]"),
    ("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", "204 [0+28] [0+38]"),
    ("HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n", "304 [0+28] [0+38]"),
    (
      "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 100 103 [0+28] [38+38 length:1 x]"
    ),
    ("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "200 [0+28] [0+35 length:2 hi bare_lf]"),
    ("HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nhi", "200 [0+28] [0+40 length:2 hi folded]"),
    ("HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", "200 [0+28] [0+39 length:2 hi space_before_colon]"),
    ("HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nhi", "200 [0+28] [0+46 length:2 hi bare_cr]"),
    ("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nhi", "200 [0+28] [0+46 length:2 hi nul]"),
    ("\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 [0+28] [2+38 length:2 hi surplus]"),
  ]

  /// Every response gives the same line in segments of any size, and every byte is counted once.
  @Test(arguments: answers.indices, [1, 2, 3, 7, 1_000]) func anAnswer(_ index: Int, size: Int) {
    let turns = [Self.get, .server(Self.answers[index].answer)]
    let talk = Talk(turns, size: { size })
    #expect(talk.lines == ["GET /a " + Self.answers[index].line])
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func theRequestDecidesTheFraming() {
    let turns: [Turn] = [
      .client("HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\n\r\n"),
      .server(
        """
        HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\nHTTP/1.1 204 No\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx
        """),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.map { $0.status } == [200, 304, 204, 200])
    #expect(talk.exchanges.map { $0.response?.body?.length } == [0, 0, 0, 1])
    #expect(talk.exchanges[0].response?.body?.declaredLength == 9)
  }

  @Test func bodiesOfRequests() {
    let turns: [Turn] = [
      .client("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
      .server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"),
    ]
    let talk = Talk(turns, size: { 5 })
    #expect(
      talk.lines == [
        "POST /a 200 [0+39 length:3 abc] [0+38 length:0 -]", "POST /b 201 [42+48 chunked:1 x] [38+40 length:0 -]",
      ])
  }

  @Test func anEarlyAnswerLeavesTheRequestAlone() {
    let turns: [Turn] = [
      .client("POST /a HTTP/1.1\r\nContent-Length: 8\r\n\r\nabc"), .server("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"),
      .client("defgh"),
    ]
    #expect(Talk(turns).lines == ["POST /a 413 [0+39 length:8 abcdefgh] [0+38 length:0 -]"])
  }

  @Test func aLengthBehindAThousandLinesCounts() {
    let many = (0..<1_200).map { "X-\($0): y\r\n" }.joined()
    let talk = Talk([Self.get, .server("HTTP/1.1 200 OK\r\n\(many)Content-Length: 2\r\n\r\nhi")])
    #expect(talk.exchanges[0].response?.body?.length == 2)
    #expect(talk.exchanges[0].response?.headers.count == 1_000)
    #expect(talk.exchanges[0].response?.notes == [.headLimit] && talk.stage.context.fieldsCut == 1)
  }

  @Test func aHeadBeyondTheLimitIsSkipped() {
    var options = HTTPOptions()
    options.maxHead = 1_000
    let turns: [Turn] = [
      Self.get,
      .server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: \(String(repeating: "y", count: 5_000))\r\nZ: 1\r\n\r\nhi"),
    ]
    let talk = Talk(turns, size: { 100 }, options: options)
    #expect(talk.exchanges[0].response?.notes == [.headLimit])
    #expect(talk.exchanges[0].response?.body?.length == 2)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func junkBetweenMessagesBelongsToNone() {
    let turns: [Turn] = [
      Self.get, .server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, and more"), Self.get,
      .server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
    ]
    for size in [1, 4, 1_000] {
      let talk = Talk(turns, size: { size })
      #expect(
        talk.lines == ["GET /a 200 [0+28] [0+38 length:2 hi]", "GET /a 200 [28+28] [50+38 length:1 x surplus]"], "\(size)")
      #expect(talk.stage.counts(from: .responder)?.between == 10)
    }
  }

  @Test func oldHTTPIsALoneLine() {
    let turns: [Turn] = [.client("GET /old\r\n"), .server("just text, no status line")]
    for size in [1, 3, 1_000] {
      #expect(Talk(turns, size: { size }).lines == ["GET /old - [0+10] [0+0 close:25 just text, no status line]"])
    }
  }

  @Test(arguments: [
    ["GET lost\r\n", "sure\r\n"], ["GETX", ""], ["HTTP/1.1 is a protocol\r\n", "yes\r\n"], ["220 mail\r\n", "HELO\r\n"],
    ["GET / FTP/1.1\r\n\r\n", "no\r\n"], ["\u{16}\u{3}\u{1}", "\u{16}\u{3}\u{3}"],
  ])
  func whatOnlyResemblesItIsNone(_ text: [String]) {
    let talk = Talk([.client(text[0]), .server(text[1])])
    #expect(!talk.stage.isHTTP)
    #expect(talk.lines == [])
  }

  @Test func aRefusedUpgradeGoesOnAsHTTP() {
    let turns: [Turn] = [
      .client("GET /a HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
      .server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny"),
    ]
    #expect(Talk(turns).exchanges.map { $0.response?.body?.length } == [1, 1])
  }

  @Test func anAcceptedConnectIsATunnel() {
    let turns: [Turn] = [
      .client("CONNECT h:25 HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 200 OK\r\n\r\n220 mail\r\n"), .client("HELO\r\n"),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.count == 1)
    #expect(talk.exchanges[0].tunnel?.client == 6 && talk.exchanges[0].tunnel?.server == 10)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func aTunnelOfHTTPIsReadAndCountedOnce() {
    let turns: [Turn] = [
      .client("CONNECT h:80 HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 200 OK\r\n\r\n"), Self.get,
      .server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ]
    let talk = Talk(turns)
    #expect(talk.exchanges.map(\.enclosure) == [nil, .connect])
    #expect(talk.stage.counts(from: .responder)?.heads == 57)
    #expect(talk.stage.counts(from: .responder)?.bodies == 2)
    #expect(talk.imbalance(turns) == [0, 0])
  }
}
