import Stages
import Testing

@testable import HTTP

/// Tests of the frames and messages of WebSocket: limits, compression, gaps, and frames that break the rules.
@Suite struct WebSocketTests {
  private static let request = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

  private static func response(_ extensions: String) -> [UInt8] {
    let field = extensions.isEmpty ? "" : "Sec-WebSocket-Extensions: \(extensions)\r\n"
    return Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\(field)\r\n".utf8)
  }

  /// Conversation in which the server sends messages.
  private static func turns(_ sent: [Turn], extensions: String = "") -> [Turn] {
    [.client(request), .serverBytes(response(extensions))] + sent
  }

  /// Frame without a mask.
  private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let count = payload.count
    if count < 126 { return [first, UInt8(count)] + payload }
    if count < 1 << 16 { return [first, 126, UInt8(count >> 8), UInt8(count & 255)] + payload }
    return [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - $0 * 8)) } + payload
  }

  /// Payload of a compressed message in stored blocks (RFC 1951, section 3.2.4), without the end of the flush.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var payload: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 60_000) {
      let part = bytes[start..<min(bytes.count, start + 60_000)]
      payload += [0, UInt8(part.count & 255), UInt8(part.count >> 8), ~UInt8(part.count & 255), ~UInt8(part.count >> 8)] + part
    }
    return payload + [0]
  }

  /// "Hello" compressed, and the same as an H and a reference to an earlier "Hello" (RFC 7692, section 7.2.3).
  private static let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
  private static let helloAgain: [UInt8] = [0xf2, 0x00, 0x11, 0x00, 0x00]

  /// Payload of a compressed message of 258 bytes for every match, all zero.
  static func zeros(matches: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var (bits, count) = (UInt32(0), UInt32(0))
    func put(_ value: UInt32, _ width: UInt32) {
      bits |= value << count
      count += width
      while count >= 8 {
        bytes.append(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
        count -= 8
      }
    }
    // Huffman codes begin with their highest bit.
    func code(_ value: UInt32, _ width: UInt32) { for bit in (0..<width).reversed() { put(value >> bit & 1, 1) } }
    put(2, 3)
    code(0b0011_0000, 8)
    for _ in 0..<matches {
      code(0b1100_0101, 8)
      code(0, 5)
    }
    code(0, 7)
    // The header of the empty block that a flush ends with.
    put(0, 3)
    if count > 0 { put(0, 8 - count) }
    return bytes
  }

  private static func content(_ message: WebSocketMessage) -> [UInt8] { (message.receiver as? Keeper.Kept)?.content ?? message.payload }

  /// Opcode, length, content up to 20 bytes with dots for zeros, and reason of each message.
  private static func lines(_ talk: Talk) -> [String] {
    talk.keeper.messages.map { message in
      let text = String(decoding: content(message).prefix(20).map { $0 == 0 ? 0x2e : $0 }, as: UTF8.self)
      return "\(message.opcode) \(message.length) \(text) \(message.why?.rawValue ?? "whole")"
    }
  }

  @Test(arguments: [1, 3, 1_000]) func messages(_ size: Int) {
    let masked: [UInt8] = [0x81, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]
    let turns = Self.turns([.serverBytes([0x01, 1, 0x61] + [0x8a, 0] + [0x80, 1, 0x62]), .clientBytes(masked)])
    let talk = Talk(turns, size: { size })
    #expect(Self.lines(talk) == ["10 0  whole", "1 2 ab whole", "1 2 hi whole"])
    #expect(talk.exchanges[0].isWebSocket && talk.exchanges[0].upgrade == Array("websocket".utf8))
    #expect(talk.keeper.endedWebSockets == [1])
    #expect(talk.imbalance(turns) == [0, 0])
  }

  // MARK: limits

  @Test(arguments: [false, true], [1, 700, 100_000]) func aMessageEndsAtTheLimitOfBodies(_ isDeflated: Bool, _ size: Int) {
    var options = HTTPOptions()
    options.maxBody = 10_000
    let long = (0..<12_000).map { UInt8(truncatingIfNeeded: 1 + $0 % 251) }
    let sent: [[UInt8]] =
      isDeflated
      ? [Self.frame(0xc1, Self.hello), Self.frame(0xc2, Self.stored(long)), Self.frame(0xc1, Self.stored(Array("next".utf8)))]
      : [Self.frame(0x81, Array("Hello".utf8)), Self.frame(0x82, long), Self.frame(0x81, Array("next".utf8))]
    let turns = Self.turns([.serverBytes(sent.flatMap(\.self))], extensions: isDeflated ? "permessage-deflate" : "")
    let talk = Talk(turns, size: { size }, options: options)
    let messages = talk.keeper.messages
    #expect(messages.map(\.length) == [5, 10_000, 4] && messages.map(\.why) == [nil, .limit, nil])
    #expect(messages.count == 3 && Self.content(messages[1]) == Array(long[..<10_000]))
    #expect(talk.stage.context.bodiesCut == 1)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// The content beyond the limit is the context of the next message.
  @Test func aMessageBehindTheLimitHasItsContext() {
    var options = HTTPOptions()
    options.maxBody = 100
    let sent = Self.frame(0xc2, Self.stored([UInt8](repeating: 0x61, count: 120) + Array("Hello".utf8))) + Self.frame(0xc1, Self.helloAgain)
    let talk = Talk(Self.turns([.serverBytes(sent)], extensions: "permessage-deflate"), options: options)
    #expect(Self.lines(talk) == ["2 100 aaaaaaaaaaaaaaaaaaaa limit", "1 5 Hello whole"])
  }

  /// 60 KB decompress to 10 MB: as of bodies, 1 000 bytes for each byte are taken, and 10 MB in any case.
  @Test func aBombEndsAtTheRatio() {
    var options = HTTPOptions()
    options.maxRatio = 100
    let bomb = Self.zeros(matches: 40_000)
    let sent = [Self.frame(0xc2, bomb), Self.frame(0xc1, Self.helloAgain), Self.frame(0xc1, Self.hello), Self.frame(0x81, [0x61])]
    let talk = Talk(Self.turns([.serverBytes(sent.flatMap(\.self))], extensions: "permessage-deflate"), options: options)
    #expect(bomb.count < 70_000 && 40_000 * 258 > 10_000_000)
    #expect(
      Self.lines(talk) == ["2 10000000 .................... limit", "1 1 H limit", "1 5 Hello whole", "1 1 a whole"])
    #expect(talk.stage.context.bodiesCut == 1)
  }

  /// Decoders of messages leave half of the memory to bodies.
  @Test func decodersOfMessagesShareTheMemory() {
    var options = HTTPOptions()
    options.maxDecoderMemory = 200 << 10
    let context = HTTPContext(options: options)
    let keeper = Keeper()
    let stages = (0..<5).map { _ in HTTPStage(context: context, receiver: keeper) }
    for stage in stages {
      let request = Array(Self.request.utf8)
      let sent = Self.response("permessage-deflate") + Self.frame(0xc1, Self.hello)
      stage.bytes(request.span, at: 0, stamp: ByteStamp(nanoseconds: 0, packet: 1, acknowledged: 0), from: .originator)
      stage.bytes(sent.span, at: 0, stamp: ByteStamp(nanoseconds: 1, packet: 2, acknowledged: Int64(request.count)), from: .responder)
    }
    #expect(keeper.messages.map(\.why) == [nil, nil, .limit, .limit, .limit])
    #expect(context.decoderMemory == 96 << 10 && context.decoderMemoryRefused == 3)
    for stage in stages { for sender in [Sender.originator, .responder] { stage.end(.unknown, from: sender) } }
    #expect(context.decoderMemory == 0)
  }

  // MARK: compression

  @Test(arguments: [1, 3, 1_000], [false, true]) func contextOfEarlierMessages(_ size: Int, _ forgets: Bool) {
    let extensions = forgets ? "permessage-deflate; server_no_context_takeover" : "permessage-deflate"
    let sent = Self.frame(0xc1, Self.hello) + Self.frame(0xc1, Self.helloAgain) + Self.frame(0xc1, Self.hello)
    let talk = Talk(Self.turns([.serverBytes(sent)], extensions: extensions), size: { size })
    #expect(Self.lines(talk) == ["1 5 Hello whole", forgets ? "1 1 H framing" : "1 5 Hello whole", "1 5 Hello whole"])
  }

  /// A final block ends a compressed stream, and the rest of the message is another one.
  @Test(arguments: [1, 2, 5, 1_000]) func finalBlocks(_ size: Int) {
    let final: [UInt8] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    let sent = [final + final + [0x00], final, Self.hello, final + Self.hello].flatMap { Self.frame(0xc1, $0) }
    let talk = Talk(Self.turns([.serverBytes(sent)], extensions: "permessage-deflate"), size: { size })
    #expect(Self.lines(talk) == ["1 10 HelloHello whole", "1 5 Hello whole", "1 5 Hello whole", "1 10 HelloHello whole"])
  }

  @Test(arguments: [1, 1_000]) func whatCannotBeDecompressed(_ size: Int) {
    let sent = Self.frame(0xc1, [0xff, 0xff, 0xff]) + Self.frame(0xc1, Self.hello) + Self.frame(0x81, Array("plain".utf8))
    let talk = Talk(Self.turns([.serverBytes(sent)], extensions: "permessage-deflate"), size: { size })
    #expect(Self.lines(talk) == ["1 0  framing", "1 5 Hello whole", "1 5 plain whole"])
  }

  /// Old Safari compresses every frame: of a message, some may be compressed and others not.
  @Test(arguments: [1, 3, 1_000], ["x-webkit-deflate-frame", "X-WebKit-Deflate-Frame; no_context_takeover"])
  func framesOfWebKit(_ size: Int, _ extensions: String) {
    let final: [UInt8] = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
    let sent = [
      Self.frame(0xc1, Self.hello), Self.frame(0xc1, Self.helloAgain),
      Self.frame(0x41, Self.hello), Self.frame(0x00, Array(", ".utf8)), Self.frame(0x89, [0x70]), Self.frame(0xc0, Self.helloAgain),
      Self.frame(0x81, Array("plain".utf8)), Self.frame(0x01, Array("a".utf8)), Self.frame(0x40, final), Self.frame(0x80, []),
      Self.frame(0xc1, Self.hello),
    ]
    let turns = Self.turns([.serverBytes(sent.flatMap(\.self))], extensions: extensions)
    let talk = Talk(turns, size: { size })
    #expect(
      Self.lines(talk) == [
        "1 5 Hello whole", "1 5 Hello whole", "9 1 p whole", "1 12 Hello, Hello whole", "1 5 plain whole", "1 6 aHello whole",
        "1 5 Hello whole",
      ])
    #expect(talk.imbalance(turns) == [0, 0])
  }

  /// Behind a frame that is lost or broken, the frames of the message that need no decompression are not glued to what precedes it.
  @Test func framesOfWebKitThatAreLost() {
    let broken = Self.frame(0x41, Self.hello) + Self.frame(0x40, [0xff, 0xff, 0xff]) + Self.frame(0x80, Array("tail".utf8))
    let sent: [Turn] = [
      .serverBytes(broken + Self.frame(0xc1, Self.hello) + [0x41, 7, 0xf2]), .serverGap(2),
      .serverBytes([0xc9, 0xc9, 0x07, 0x00] + Self.frame(0x80, Array("tail".utf8)) + Self.frame(0xc1, Self.helloAgain)),
    ]
    let talk = Talk(Self.turns(sent, extensions: "x-webkit-deflate-frame"))
    #expect(Self.lines(talk) == ["1 5 Hello framing", "1 5 Hello whole", "1 0  gap", "1 1 H gap"])
  }

  /// A frame with a reserved bit that was not negotiated is read as sent, and its message says that it is not what was meant.
  @Test(arguments: ["", "x-other", "permessage-deflate"]) func reservedBits(_ extensions: String) {
    let sent =
      Self.frame(0xa1, [0x61]) + Self.frame(0x01, [0x62]) + Self.frame(0x90, [0x63]) + Self.frame(0xc9, [0x64]) + Self.frame(0x81, [0x65])
      + (extensions.hasPrefix("x") || extensions.isEmpty ? Self.frame(0xc1, [0x66]) : [])
    let expected = ["1 1 a framing", "1 2 bc framing", "9 1 d framing", "1 1 e whole", "1 1 f framing"]
    let lines = Self.lines(Talk(Self.turns([.serverBytes(sent)], extensions: extensions)))
    #expect(lines == Array(expected.prefix(extensions == "permessage-deflate" ? 4 : 5)))
  }

  /// The list of the gaps of a message ends at its limit, and their count does not.
  @Test func moreGapsThanAreListed() throws {
    var options = HTTPOptions()
    options.maxListedGaps = 2
    let sent: [Turn] =
      [.serverBytes([0x81, 16])] + (0..<5).flatMap { _ in [Turn.serverBytes([0x61]), .serverGap(2)] } + [.serverBytes([0x62])]
    let message = try #require(Talk(Self.turns(sent), options: options).keeper.messages.first)
    #expect(message.gaps == [ByteRange(offset: 1, length: 2), ByteRange(offset: 4, length: 2)])
    #expect(message.gapCount == 5 && message.gapBytes == 10 && message.length == 16)
  }

  // MARK: gaps and ends

  @Test func bytesAreNotJoinedOverAGap() {
    let sent: [Turn] = [.serverBytes([0x81, 9, 0x61, 0x62]), .serverGap(3), .serverBytes(Array("fghi".utf8) + [0x81, 1, 0x6a])]
    let turns = Self.turns(sent)
    let talk = Talk(turns)
    #expect(Self.lines(talk) == ["1 9 ab...fghi gap", "1 1 j whole"])
    #expect(talk.keeper.messages[0].gaps == [ByteRange(offset: 2, length: 3)] && talk.keeper.messages[0].payload.isEmpty)
    #expect(talk.imbalance(turns) == [0, 0])
  }

  @Test func aGapInAControlFrameIsNoneOfTheMessage() {
    let sent: [Turn] = [
      .serverBytes([0x01, 1, 0x61, 0x89, 4, 0x31]), .serverGap(2), .serverBytes([0x34, 0x80, 1, 0x62]),
    ]
    let talk = Talk(Self.turns(sent))
    #expect(Self.lines(talk) == ["9 4 1 gap", "1 2 ab whole"])
    #expect(talk.keeper.messages.map(\.gaps) == [[ByteRange(offset: 1, length: 2)], []])
  }

  @Test func aGapInACompressedMessageTakesTheContext() {
    let sent: [Turn] = [
      .serverBytes([0xc1, 7, 0xf2]), .serverGap(2),
      .serverBytes([0xc9, 0xc9, 0x07, 0x00] + Self.frame(0xc1, Self.helloAgain) + Self.frame(0xc1, Self.hello)),
    ]
    #expect(Self.lines(Talk(Self.turns(sent, extensions: "permessage-deflate"))) == ["1 0  gap", "1 1 H gap", "1 5 Hello whole"])
  }

  @Test(arguments: [(StreamEnd.finished, "end"), (.unknown, "end"), (.reset, "reset")])
  func anEndWithinAMessage(_ end: StreamEnd, _ why: String) {
    let sent: [Turn] = [.serverBytes([0x01, 1, 0x61, 0x89, 4, 0x31]), .clientBytes([0x82, 4, 0x62])]
    #expect(Self.lines(Talk(Self.turns(sent), ends: end)).sorted() == ["1 1 a \(why)", "2 1 b \(why)", "9 1 1 \(why)"])
  }

  @Test func aGapOverAFrameHeaderEndsTheDirection() {
    let turns = Self.turns([.serverBytes([0x01, 1, 0x61, 0x80]), .serverGap(2), .serverBytes([0x62, 0x81, 1, 0x63])])
    let talk = Talk(turns)
    #expect(Self.lines(talk) == ["1 1 a gap"])
    #expect(talk.stage.counts(from: .responder)?.unparsed == 4 && talk.imbalance(turns) == [0, 0])
  }

  // MARK: frames that break the rules

  @Test(arguments: [1, 1_000]) func controlFramesThatAreTooLongOrCut(_ size: Int) {
    let sent = Self.frame(0x89, [UInt8](repeating: 0x70, count: 126)) + Self.frame(0x09, [0x71]) + Self.frame(0x81, [0x61])
    let talk = Talk(Self.turns([.serverBytes(sent)]), size: { size })
    #expect(Self.lines(talk) == ["9 126 pppppppppppppppppppp framing", "9 1 q framing", "1 1 a whole"])
    #expect(talk.keeper.messages[0].payload.count == 125)
  }

  @Test func messagesWithoutABeginningOrAnEnd() {
    let sent = Self.frame(0x80, [0x61]) + Self.frame(0x01, [0x62]) + Self.frame(0x82, [0x63]) + Self.frame(0x81, [0x64])
    #expect(Self.lines(Talk(Self.turns([.serverBytes(sent)]))) == ["0 1 a framing", "1 1 b framing", "2 1 c whole", "1 1 d whole"])
  }

  @Test func aLengthBeyondTheLimitOfTheFormatEndsTheDirection() {
    let turns = Self.turns([.serverBytes([0x01, 1, 0x61, 0x80, 127] + [UInt8](repeating: 0xff, count: 8) + [0x62, 0x63])])
    let talk = Talk(turns)
    #expect(Self.lines(talk) == ["1 1 a framing"])
    #expect(talk.stage.counts(from: .responder)?.unparsed == 2 && talk.imbalance(turns) == [0, 0])
  }

  // MARK: properties

  /// Frames of all kinds, bytes that are none, and gaps: messages do not depend on the segments, and every byte is counted.
  @Test(arguments: 0..<200) func anySegmentsGiveTheSameMessages(_ seed: Int) {
    var random = Random(state: UInt64(seed))
    var sent: [Turn] = []
    for _ in 0..<16 {
      let plain = (0..<random.next(300)).map { UInt8(0x61 + $0 % 26) }
      switch random.next(10) {
      case 0: sent.append(.serverBytes(Self.frame(0x81, plain)))
      case 1: sent.append(.serverBytes(Self.frame(0x01, plain)))
      case 2: sent.append(.serverBytes(Self.frame(0x80, plain)))
      case 3: sent.append(.serverBytes(Self.frame(random.next(2) == 0 ? 0x89 : 0x0a, plain)))
      case 4: sent.append(.serverBytes(Self.frame(0xc1, Self.hello) + Self.frame(0xc1, Self.helloAgain)))
      case 5: sent.append(.serverBytes(Self.frame(0x42, Self.stored(plain)) + Self.frame(0x80, [])))
      case 6: sent.append(.serverBytes(Self.frame(0xc1, plain)))
      case 7: sent.append(.serverGap(1 + random.next(20)))
      case 8 where random.next(4) == 0: sent.append(.serverBytes(plain))
      default: sent.append(.serverBytes(Self.frame(0xc2, Self.zeros(matches: random.next(40)))))
      }
    }
    let extensions = ["permessage-deflate", "permessage-deflate; server_no_context_takeover", "x-webkit-deflate-frame", ""][seed % 4]
    let turns = Self.turns(sent, extensions: extensions)
    var found: [[String]] = []
    for size in [1, 7, 100_000] {
      let talk = Talk(turns, size: { size })
      #expect(talk.imbalance(turns) == [0, 0])
      found.append(talk.keeper.messages.map { "\($0.opcode) \($0.length) \($0.why?.rawValue ?? "whole") \($0.gaps) \(Self.content($0))" })
    }
    #expect(found[0] == found[1] && found[0] == found[2])
  }
}
