import CCompression
import Testing

@testable import Compression

/// What the decoder of whole members takes is what zlib makes of the same bytes, and everything else is left to zlib.
@Suite(.enabled(if: WholeGzipDecoder() != nil, "needs libdeflate0, whose library libdeflate.so.0 cannot be loaded"))
struct WholeGzipTests {
  private static func gzip(_ bytes: [UInt8], level: Int32) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count)))))
    let written = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        return Int(stream.total_out)
      }
    }
    return Array(output[..<written])
  }

  private static func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 5 & 15 &+ 0x61) } }

  /// Content by zlib, if the bytes are one valid member.
  private static func byZlib(_ bytes: [UInt8]) -> [UInt8]? {
    guard let decoder = ZlibDecoder(.gzip) else { return nil }
    var room = [UInt8](repeating: 0, count: 1 << 20)
    var output = room.mutableSpan
    let step = decoder.decode(bytes.span, into: &output)
    return step.state == .ended && step.consumed == bytes.count ? Array(room[..<step.produced]) : nil
  }

  private static func whole(_ bytes: [UInt8], most: Int = 1 << 20) -> [UInt8]? {
    var output: [UInt8] = []
    guard let count = WholeGzipDecoder()?.decode(bytes.span, into: &output, most: most) else { return nil }
    return Array(output[..<count])
  }

  @Test(arguments: [0, 1, 100, 70_000], [Int32(0), 1, 6, 9]) func validMembers(count: Int, level: Int32) {
    let text = Self.text(count)
    #expect(Self.whole(Self.gzip(text, level: level)) == text)
  }

  @Test func aBufferIsUsedAgain() throws {
    let decoder = try #require(WholeGzipDecoder())
    var output: [UInt8] = []
    for count in [500, 20, 5_000] {
      let text = Self.text(count)
      #expect(decoder.decode(Self.gzip(text, level: 6).span, into: &output, most: 5_000) == count)
      #expect(Array(output[..<count]) == text)
    }
    #expect(decoder.decode(Self.gzip(Self.text(5_001), level: 6).span, into: &output, most: 5_000) == nil)
    #expect(output.count == 5_000)
  }

  @Test func everyOtherFormIsLeftToZlib() {
    let member = Self.gzip(Self.text(300), level: 6)
    #expect(Self.whole(member + [0]) == nil)
    #expect(Self.whole(member + member) == nil)
    for count in member.indices { #expect(Self.whole(Array(member[..<count])) == nil) }
    // A checksum of the header (RFC 1952, FHCRC), and the reserved flags.
    for flag: UInt8 in [0x02, 0x20, 0x40, 0x80] {
      var flagged = member
      flagged[3] |= flag
      #expect(Self.whole(flagged) == nil)
    }
    // A length that would take 4 GB of memory.
    var long = member
    long.replaceSubrange((long.count - 4)..., with: [0xff, 0xff, 0xff, 0xff])
    #expect(Self.whole(long) == nil)
  }

  /// The file name in a header is passed over by both.
  @Test func fieldsOfTheHeader() {
    let member = Self.gzip(Self.text(300), level: 6)
    var named = Array(member[..<10]) + Array("name\0".utf8) + member[10...]
    named[3] = 0x08
    #expect(Self.whole(named) == Self.text(300))
    #expect(Self.byZlib(named) == Self.text(300))
  }

  /// Streams that zlib refuses and libdeflate 1.14 decodes, although their checksum is right: a repetition of code lengths beyond the last
  /// code, the length code 286 in a fixed block, 287 codes for literals and lengths, and 31 for distances.
  @Test func whatZlibRefuses() {
    func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    var codes: [UInt8] = [0x90, 0x24, 0x49, 0x92, 0x24, 0x49, 0x02]
    codes += zeros(48) + [0x02] + zeros(78) + [0x20] + zeros(15) + [0x08]
    let streams: [(deflate: [UInt8], length: Int)] = [
      ([0x05, 0xe0, 0x21, 0x09, 0, 0, 0, 0, 0x20, 0x6c, 0xf5, 0xff, 0x09, 0xbb], 1), ([0x4b, 0x1c, 0x03, 0x00], 259),
      ([0xf5, 0xe0, 0x01] + codes, 1), ([0x05, 0xfe, 0x01] + codes, 1),
    ]
    for (deflate, length) in streams {
      let content = [UInt8](repeating: 0x61, count: length)
      let trailer = [UInt32(crc32(0, content, UInt32(length))), UInt32(length)].flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
      let member = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + deflate + trailer
      #expect(Self.byZlib(member) == nil)
      #expect([content, nil].contains(Self.whole(member)))
    }
  }

  @Test func everyDamagedBit() {
    for level in [Int32(0), 1, 9] {
      let member = Self.gzip(Self.text(200), level: level)
      for bit in 0..<(member.count * 8) {
        var damaged = member
        damaged[bit / 8] ^= 1 << (bit % 8)
        let whole = Self.whole(damaged)
        #expect(whole == nil || whole == Self.byZlib(damaged))
      }
    }
  }
}
