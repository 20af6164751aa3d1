internal import Stages

/// Reader of a body: takes the bytes as sent, without framing, records their places, and passes them to the content.
///
/// It belongs to the thread that reads the streams; ``BodyContent`` may belong to another one.
final class BodyReader {
  let body: Body
  private let context: HTTPContext
  private let content: BodyContent
  /// Number of decoders that the body has in use.
  private var decoders = 0
  /// Runs of contiguous bytes of the body: their offsets in the stream and in the body as sent, and their lengths.
  @exclusivity(unchecked) private var runs: [(stream: Int64, raw: Int64, length: Int64)] = []
  private static let maxRuns = 4_096

  init(
    _ body: Body, codings: [[UInt8]], of exchange: Exchange, _ side: MessageSide, _ context: HTTPContext, _ receiver: any HTTPReceiver
  ) {
    self.body = body
    self.context = context
    var chain: CodingChain?
    if !codings.isEmpty, let message = exchange[side] {
      body.encodings = codings
      body.decoding = Decoding.none
      if let known = Self.known(codings, message, context) {
        if context.decoders + known.count <= context.options.maxDecoders {
          decoders = known.count
          context.decoders += known.count
          chain = CodingChain(known, context)
        } else {
          context.decodersRefused &+= 1
          message.note(.codingUnknown)
        }
      }
    }
    content = BodyContent(body, chain, of: exchange, side, context, receiver)
  }

  deinit { context.decoders -= decoders }

  /// Codings that are decoded; nil if the body is kept as sent.
  private static func known(_ codings: [[UInt8]], _ message: Message, _ context: HTTPContext) -> [CodingChain.Coding]? {
    // If the outermost coding is unknown, decoding is tried without it: the sender may not have applied it.
    var named = codings[...]
    while let last = named.last, CodingChain.Coding(last) == nil {
      message.note(.codingUnknown)
      named.removeLast()
    }
    let known = named.compactMap(CodingChain.Coding.init)
    if known.count > context.options.maxCodings { context.codingsRefused &+= 1 }
    guard known.count == named.count, !known.isEmpty, known.count <= context.options.maxCodings else {
      message.note(.codingUnknown)
      return nil
    }
    return known
  }

  /// Takes the next bytes of the body as sent.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - offset: offset of the first byte in the stream.
  ///   - stamp: the packet that brought the bytes.
  func append(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp) {
    if body.firstPacket == 0 { body.firstPacket = stamp.packet }
    body.lastPacket = stamp.packet
    body.lastStamp = stamp
    note(offset, bytes.count)
    let raw = body.rawLength
    body.rawLength &+= Int64(bytes.count)
    context.pass(bytes, to: content, at: raw)
  }

  /// Records a gap in the body as sent.
  func gap(_ length: Int64) {
    guard length > 0 else { return }
    body.gapCount &+= 1
    body.gapBytes &+= length
    if body.gaps.count < context.options.maxListedGaps { body.gaps.append(ByteRange(offset: body.rawLength, length: length)) }
    body.rawLength &+= length
    context.perform { [content] in content.gap(length) }
  }

  /// Records a gap in the framing, which ends the content of a coded body.
  func gapInFraming() { context.perform { [content] in content.gapInFraming() } }

  /// Ends the body.
  ///
  /// - Parameter why: reason why the body is incomplete; nil if it was received whole.
  func finish(_ why: Incompleteness?) {
    context.decoders -= decoders
    decoders = 0
    context.perform { [content] in content.finish(why) }
  }

  // MARK: places in the stream

  private func note(_ offset: Int64, _ count: Int) {
    if let last = runs.last, last.stream &+ last.length == offset, last.raw &+ last.length == body.rawLength {
      runs[runs.count - 1].length &+= Int64(count)
    } else if runs.count < Self.maxRuns {
      runs.append((offset, body.rawLength, Int64(count)))
    }
  }

  /// Records a dispute about a range of the stream.
  ///
  /// - Returns: whether the body has bytes of the range.
  func dispute(_ range: ByteRange) -> Bool {
    var found = false
    for run in runs {
      let start = max(run.stream, range.offset)
      let end = min(run.stream &+ run.length, range.offset &+ range.length)
      guard start < end else { continue }
      found = true
      let disputed = ByteRange(offset: run.raw &+ (start &- run.stream), length: end &- start)
      context.perform { [content] in content.dispute(disputed) }
    }
    return found
  }
}
