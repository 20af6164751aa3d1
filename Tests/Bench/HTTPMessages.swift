import CCompression

/// One request and 72 responses of about 30 KB of text, a third of them in gzip; the same in every run.
struct HTTPMessages {
  private static let count = 72

  private(set) var bytes: [UInt8]
  /// Place of the request in `bytes`.
  let request: Range<Int>
  private var responses: [Range<Int>] = []

  init() {
    var state: UInt64 = 5
    func below(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let words = (0..<3_000).map { _ in (0..<(2 + below(9))).map { _ in UInt8(0x61 + below(26)) } }
    bytes = Array("GET /page HTTP/1.1\r\nHost: example.com\r\nUser-Agent: bench\r\n\r\n".utf8)
    request = 0..<bytes.count
    for number in 0..<Self.count {
      let length = 15_300 + below(30_600)
      var body: [UInt8] = []
      while body.count < length { body += words[below(words.count)] + [0x20] }
      let isCoded = number % 3 == 0
      if isCoded { body = Self.gzip(body) }
      let coding = isCoded ? "Content-Encoding: gzip\r\n" : ""
      let start = bytes.count
      bytes += Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\(coding)Content-Length: \(body.count)\r\n\r\n".utf8) + body
      responses.append(start..<bytes.count)
    }
  }

  /// Place in `bytes` of the response of a connection.
  func response(_ connection: Int) -> Range<Int> { responses[connection % responses.count] }

  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    precondition(deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK, "no memory")
    defer { deflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count)))))
    let written = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        // Both pointers are used only inside the closures.
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "the bound of zlib is too low")
        return Int(stream.total_out)
      }
    }
    return Array(output[..<written])
  }
}
