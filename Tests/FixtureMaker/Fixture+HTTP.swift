import TestSupport

extension Fixture {
  /// Text of the coded bodies.
  private static let verse = String(
    repeating: "Twelve drummers drumming, eleven pipers piping, ten lords a-leaping, nine ladies dancing.\n", count: 4)

  /// `verse` as one member of gzip.
  private static let verseAsGzip: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x0b, 0x29, 0x4f, 0xcd, 0x29, 0x4b, 0x55, 0x48, 0x29, 0x2a,
    0xcd, 0xcd, 0x4d, 0x2d, 0x2a, 0x86, 0x30, 0x32, 0xf3, 0xd2, 0x75, 0x14, 0x52, 0x73, 0x52, 0xcb, 0x52, 0xf3, 0x14, 0x0a,
    0x32, 0x0b, 0x40, 0xe2, 0x40, 0x0a, 0x2c, 0x5a, 0x02, 0x14, 0xca, 0xc9, 0x2f, 0x4a, 0x29, 0x56, 0x48, 0xd4, 0xcd, 0x49,
    0x4d, 0x84, 0x08, 0xe6, 0x65, 0xe6, 0xa5, 0x2a, 0xe4, 0x24, 0xa6, 0x64, 0xa6, 0x02, 0x0d, 0x48, 0xcc, 0x4b, 0x06, 0x0a,
    0xea, 0x71, 0x85, 0x8c, 0x9a, 0x8c, 0x64, 0x32, 0x00, 0x64, 0x01, 0x3e, 0x61, 0x68, 0x01, 0x00, 0x00,
  ]

  /// `verse` as a stream of Brotli.
  private static let verseAsBrotli: [UInt8] = [
    0x1f, 0x67, 0x01, 0x18, 0x8c, 0x93, 0x63, 0xe5, 0x7a, 0xdc, 0x46, 0xa8, 0xf4, 0x52, 0xa0, 0x52, 0xa7, 0xbb, 0xde, 0xf0,
    0x4f, 0xcf, 0xbf, 0xd8, 0x20, 0x81, 0xac, 0x94, 0x4d, 0xd5, 0x31, 0x4e, 0x08, 0xb6, 0xf1, 0xa6, 0x41, 0xec, 0x1a, 0xdc,
    0x6e, 0x00, 0x1f, 0x5e, 0xbc, 0xd1, 0x04, 0x0c, 0x30, 0x48, 0x61, 0xfd, 0xe9, 0x8f, 0xc8, 0xf5, 0xce, 0xc9, 0xb5, 0x4b,
    0xd5, 0x3d, 0x40, 0x17, 0xd1, 0x6a, 0xa1, 0xd5, 0xea, 0x61, 0xc1, 0x2f, 0x8e, 0xc3, 0x0c, 0x6a, 0xa9, 0x08, 0x47, 0x8a,
    0x1b, 0x19, 0x75, 0x71, 0xe4, 0xe9, 0x01,
  ]

  /// A capture of HTTP, read with `--http`.
  private static func http(_ name: String, _ about: String, _ more: [String] = [], _ script: (inout Conversation) -> Void) -> Fixture {
    Fixture(
      name: "http-" + name, about: about, arguments: ["--http"] + more,
      capture: packed { c in
        c.handshake()
        script(&c)
        c.close()
      })
  }

  /// A request without a body.
  private static func get(_ target: String, _ method: String = "GET", _ fields: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: example.com\r\n\(fields)\r\n"
  }

  /// A response with a body of known length.
  private static func answer(_ text: String, _ fields: String = "", status: String = "200 OK") -> String {
    "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(text.utf8.count)\r\n\r\n\(text)"
  }

  private static func exchange(_ c: inout Conversation, _ request: String, _ response: [UInt8]) {
    c.send(.client, request)
    c.send(.server, response)
    c.ack(.client)
  }

  private static func exchange(_ c: inout Conversation, _ request: String, _ response: String) {
    exchange(&c, request, Array(response.utf8))
  }

  /// Messages, bodies and pairs.
  static var http: [Fixture] { framing + gaps + contents + protocols }

  private static var framing: [Fixture] {
    [
      http("lengths", "Bodies by length in both directions, an empty one, two lengths that differ, and one until the connection closes.") {
        c in
        exchange(&c, get("/form", "POST", "Content-Length: 7\r\n") + "a=1&b=2", answer("stored\n", "Content-Type: text/plain\r\n"))
        exchange(&c, get("/empty"), answer(""))
        exchange(&c, get("/two"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nfirst")
        exchange(&c, get("/until-close"), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall the rest\n")
      },
      http("chunked", "Chunks with an extension and trailers, then a response of known length.") { c in
        exchange(
          &c, get("/chunked"),
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n6;name=value\r\nchunk \r\nA\r\nand chunk\n\r\n0\r\nX-Sum: 16\r\n\r\n"
        )
        exchange(&c, get("/next"), answer("next\n"))
      },
      http("pipelined", "Four requests in one segment, their responses cut anywhere.") { c in
        c.send(.client, ["/1", "/2", "/3", "/4"].map { get($0) }.joined())
        let responses = Array((1...4).map { answer("body \($0)\n") }.joined().utf8)
        for start in stride(from: 0, to: responses.count, by: 37) {
          c.send(.server, Array(responses[start..<min(start + 37, responses.count)]))
        }
        c.ack(.client)
      },
      http("bodiless", "HEAD with a length, 304 with a length and 204, pipelined with a GET.") { c in
        c.send(.client, get("/page", "HEAD") + get("/page", "GET", "If-None-Match: \"1\"\r\n") + get("/none") + get("/page"))
        c.send(.server, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n")
        c.send(.server, "HTTP/1.1 204 No Content\r\n\r\n" + answer("the page.\n"))
        c.ack(.client)
      },
      http("informational", "Interim responses before the final one, and a request body that waits for the first of them.") { c in
        c.send(.client, get("/upload", "PUT", "Expect: 100-continue\r\nContent-Length: 4\r\n"))
        c.send(.server, "HTTP/1.1 100 Continue\r\n\r\n")
        c.send(.client, "data")
        c.send(.server, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer("made\n", status: "201 Created"))
        exchange(&c, get("/next"), answer("next\n"))
      },
    ]
  }

  private static var gaps: [Fixture] {
    [
      http("body-gap", "A hole inside a body of known length: the file has it at its offset, and the next response is found.") { c in
        c.send(.client, get("/whole"))
        c.send(.server, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n0123456789")
        c.send(.server, "lost bytes")
        c.loseLast()
        c.send(.server, "abcdefghij")
        c.ack(.client)
        exchange(&c, get("/next"), answer("next\n"))
      },
      http("chunk-gap", "A hole over the end of a chunk: the chunk's own bytes are counted, and the body ends.") { c in
        c.send(.client, get("/chunks"))
        c.send(.server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n01234567")
        c.send(.server, "89abcdef\r\n4\r\n")
        c.loseLast()
        c.send(.server, "more\r\n0\r\n\r\n")
        c.ack(.client)
        exchange(&c, get("/next"), answer("next\n"))
      },
      http("head-gap", "A response lost whole: acknowledgments pair those behind the hole with their requests.") { c in
        exchange(&c, get("/1"), answer("one\n"))
        c.send(.client, get("/2"))
        c.send(.server, answer("two\n"))
        c.loseLast()
        c.ack(.client)
        exchange(&c, get("/3"), answer("three\n"))
      },
      http("gzip-gap", "A hole inside coded bytes: what was decoded before it, and beside it the bytes as sent.") { c in
        c.send(.client, get("/coded"))
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(verseAsGzip.count)\r\n\r\n"
        c.send(.server, Array(head.utf8) + verseAsGzip[..<80])
        c.send(.server, Array(verseAsGzip[80..<90]))
        c.loseLast()
        c.send(.server, Array(verseAsGzip[90...]))
        c.ack(.client)
      },
    ]
  }

  private static var contents: [Fixture] {
    func coded(_ coding: String, _ bytes: [UInt8]) -> [UInt8] {
      Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: \(coding)\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8)
        + bytes
    }
    let form =
      "--edge\r\nContent-Disposition: form-data; name=\"word\"\r\n\r\nhello\r\n"
      + "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nline\n\r\n--edge--\r\n"
    return [
      http("gzip", "Bodies in gzip: one whole, one with bytes behind its end, and one that is only said to be coded.") { c in
        exchange(&c, get("/whole"), coded("gzip", verseAsGzip))
        exchange(&c, get("/more"), coded("x-gzip", verseAsGzip + Array("behind".utf8)))
        exchange(&c, get("/plain"), coded("gzip", Array("not coded\n".utf8)))
      },
      http("max-body", "Bodies beyond the limit: their beginnings are kept, and run.json counts them.", ["--http-max-body", "8"]) { c in
        exchange(&c, get("/short"), answer("8 bytes\n"))
        exchange(&c, get("/long"), answer("more than eight bytes\n"))
        exchange(&c, get("/coded"), coded("gzip", verseAsGzip))
      },
      http("br", "A body in Brotli, and one in a coding that is unknown.") { c in
        exchange(&c, get("/whole"), coded("br", verseAsBrotli))
        exchange(&c, get("/unknown"), coded("exi", Array("as it was sent\n".utf8)))
      },
      http("multipart", "A form with two parts, each in a file of its own.", ["--http-parts"]) { c in
        exchange(
          &c,
          get("/form", "POST", "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: \(form.utf8.count)\r\n") + form,
          answer("stored\n"))
      },
      http("ranges", "Two ranges that cover a whole, which gets a file, and one that contradicts its length.") { c in
        func range(_ text: String, _ range: String) -> String {
          answer(text, "Content-Range: bytes \(range)\r\n", status: "206 Partial Content")
        }
        exchange(&c, get("/a.bin", "GET", "Range: bytes=0-5\r\n"), range("012345", "0-5/10"))
        exchange(&c, get("/a.bin", "GET", "Range: bytes=4-9\r\n"), range("456789", "4-9/10"))
        exchange(&c, get("/b.bin", "GET", "Range: bytes=0-5\r\n"), range("0123", "0-5/6"))
      },
      http("names", "Names that would leave the folder, drive a terminal or mean a device.") { c in
        let targets = ["/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/-rf", "/con", "/a%00b%0ac", "/.hidden", "/\u{1b}[31mred", "/x/"]
        for target in targets { exchange(&c, get(target), answer("\(target.utf8.count)\n")) }
        exchange(&c, get("/named"), answer("named\n", "Content-Disposition: attachment; filename=\"..\\\\..\\\\evil.exe\"\r\n"))
      },
      http("tree", "The targets of http-names as folders.", ["--http-names", "tree"]) { c in
        for target in ["/a/b/c.txt", "/a/b/c.txt", "/a/b", "/a/../../etc/passwd", "/con/nul.txt", "/"] {
          exchange(&c, get(target), answer("\(target.utf8.count)\n"))
        }
      },
    ]
  }

  private static var protocols: [Fixture] {
    func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
    }
    func field(_ index: UInt8, _ value: String) -> [UInt8] { [0x40 | index, UInt8(value.utf8.count)] + Array(value.utf8) }
    let request = [0x82, 0x86, 0x84] + field(1, "example.com")
    let response = [0x88] + field(31, "text/plain")
    return [
      http("websocket", "A WebSocket: text in two frames, a ping between them, an answer, and a close.") { c in
        exchange(
          &c, get("/chat", "GET", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        let mask: [UInt8] = [1, 2, 3, 4]
        func masked(_ text: String) -> [UInt8] { mask + text.utf8.enumerated().map { $1 ^ mask[$0 & 3] } }
        c.send(.client, [0x01, 0x83] + masked("Hel"))
        c.send(.server, [0x89, 0x02] + Array("hi".utf8))
        c.send(.client, [0x80, 0x82] + masked("lo"))
        c.send(.server, [0x81, 0x07] + Array("welcome".utf8))
        c.send(.client, [0x88, 0x80] + mask)
        c.ack(.server)
      },
      http("har", "http.har: an exchange, and a WebSocket whose messages are in its entry.", ["--har"]) { c in
        exchange(&c, get("/first?a=1&b=%32", "GET", "Cookie: c=d\r\n"), answer("first\n"))
        exchange(
          &c, get("/chat", "GET", "Upgrade: websocket\r\nConnection: Upgrade\r\n"),
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        c.send(.client, [0x81, 0x85, 0, 0, 0, 0] + Array("Hello".utf8))
        c.send(.server, [0x82, 0x02, 0xff, 0x00])
        c.send(.client, [0x88, 0x80, 0, 0, 0, 0])
        c.ack(.server)
      },
      http("2", "HTTP/2 by prior knowledge: two streams, the second with padded data.") { c in
        c.send(.client, Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, []) + frame(1, 5, 1, request))
        c.send(.server, frame(4, 0, 0, []) + frame(4, 1, 0, []) + frame(1, 4, 1, response) + frame(0, 1, 1, Array("first\n".utf8)))
        // The authority and the type are in the tables now: entry 62.
        c.send(.client, frame(4, 1, 0, []) + frame(1, 5, 3, [0x82, 0x86, 0x84, 0xbe]))
        c.send(.server, frame(1, 4, 3, [0x88, 0xbe]) + frame(0, 9, 3, [3] + Array("second\n".utf8) + [0, 0, 0]))
        c.ack(.client)
      },
      http("connect", "A refused CONNECT, an accepted one, and HTTP in its tunnel.") { c in
        exchange(&c, get("other.example:80", "CONNECT"), answer("no\n", status: "403 Forbidden"))
        exchange(&c, get("inner.example:80", "CONNECT"), "HTTP/1.1 200 Connection established\r\n\r\n")
        exchange(&c, get("/inside"), answer("inside\n"))
      },
    ]
  }
}
