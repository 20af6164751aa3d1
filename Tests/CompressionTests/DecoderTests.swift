import Testing

@testable import Compression

/// Tests that every decoder decodes the text, however small the pieces of its input and its output are.
@Suite struct DecoderTests {
  private static let text = Array("hello hello hello hello".utf8)

  /// The text in every format, compressed with the program of that format.
  private static let forms: [(name: String, bytes: [UInt8], make: @Sendable () -> (any Decoder)?)] = [
    (
      "gzip",
      [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0xe3, 0x51,
        0x3d, 0x8d, 0x17, 0x00, 0x00, 0x00,
      ], { ZlibDecoder(.gzip) }
    ),
    ("zlib", [0x78, 0xda, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0x68, 0x03, 0x08, 0xb1], { ZlibDecoder(.zlib) }),
    ("deflate", [0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01], { ZlibDecoder(.none) }),
    (
      "brotli", [0x1b, 0x16, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x55, 0x86, 0x96, 0x6c, 0x20, 0x6f, 0x21, 0x4f, 0x1c, 0xe0, 0x38],
      { BrotliDecoder() }
    ),
  ]

  @Test(arguments: forms.indices, [1, 3, 64])
  func everyPieceAndRoom(form: Int, size: Int) throws {
    let (name, bytes, make) = Self.forms[form]
    let decoder = try #require(make())
    var output: [UInt8] = []
    var room = [UInt8](repeating: 0, count: size)
    var position = 0
    var state = DecodingStep.State.goesOn
    var turns = 0
    while state == .goesOn, turns < 1_000 {
      turns += 1
      let end = min(position + size, bytes.count)
      var span = room.mutableSpan
      let step = decoder.decode(bytes.span.extracting(position..<end), into: &span)
      position += step.consumed
      output += room[..<step.produced]
      state = step.state
    }
    #expect(state == .ended, "\(name)")
    #expect(output == Self.text && position == bytes.count, "\(name)")
  }

  @Test func wrongBytesAreRefused() throws {
    for (name, bytes, make) in Self.forms {
      var room = [UInt8](repeating: 0, count: 64)
      let decoder = try #require(make())
      var span = room.mutableSpan
      let step = decoder.decode([0xff, 0xff, 0xff, 0xff, 0xff, 0xff].span, into: &span)
      guard case .failed = step.state else {
        Issue.record("\(name) takes \(bytes.count) wrong bytes")
        continue
      }
    }
  }
}
