internal import Stages

/// Reader of a body: takes the bytes as sent, without framing, decodes them, and passes the content on.
final class BodyReader {
  let body: Body
  private let exchange: Exchange
  private let side: MessageSide
  private let context: HTTPContext
  private let receiver: any HTTPReceiver
  private var chain: CodingChain?
  private var multipart: MultipartReader?
  /// First bytes of the content, which determine its type; nil once the type is determined.
  private var start: [UInt8]? = []
  /// Whether no more content is passed on: a limit was reached, decoding failed, or the coded data has a gap.
  private var isContentOver = false
  /// Runs of contiguous bytes of the body: their offsets in the stream and in the body as sent, and their lengths.
  private var runs: [(stream: Int64, raw: Int64, length: Int64)] = []
  private static let maxRuns = 4_096
  private static let maxConflicts = 100
  /// Number of bytes that determine the type of the content.
  private static let startLength = 300

  init(
    _ body: Body, codings: [[UInt8]], of exchange: Exchange, _ side: MessageSide, _ context: HTTPContext, _ receiver: any HTTPReceiver
  ) {
    self.body = body
    self.exchange = exchange
    self.side = side
    self.context = context
    self.receiver = receiver
    body.encodings = codings
    guard !codings.isEmpty, let message = exchange[side] else { return }
    body.decoding = Decoding.none
    // If the outermost coding is unknown, decoding is tried without it: the sender may not have applied it.
    var named = codings[...]
    while let last = named.last, CodingChain.Coding(last) == nil {
      message.note(.codingUnknown)
      named.removeLast()
    }
    let known = named.compactMap(CodingChain.Coding.init)
    guard known.count == named.count, !known.isEmpty, known.count <= context.options.maxCodings else {
      message.note(.codingUnknown)
      return
    }
    chain = CodingChain(known, context)
    if chain == nil {
      context.decodersRefused &+= 1
      message.note(.codingUnknown)
    }
  }

  private var isCoded: Bool { chain != nil }

  /// Takes the next bytes of the body as sent.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - offset: offset of the first byte in the stream.
  ///   - stamp: the packet that brought the bytes.
  func append(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp) {
    if body.firstPacket == 0 { body.firstPacket = stamp.packet }
    body.lastPacket = stamp.packet
    begin()
    note(offset, bytes.count)
    let raw = body.rawLength
    body.rawLength &+= Int64(bytes.count)
    guard let chain else { return deliver(bytes) }
    body.receiver?.raw(bytes, at: raw)
    guard !isContentOver else { return }
    chain.decode(bytes) { content in
      let before = body.length
      deliver(content, ratioBase: raw &+ Int64(bytes.count))
      return !isContentOver && body.length &- before == Int64(content.count)
    }
    if chain.hasFailed { isContentOver = true }
  }

  private func begin() {
    guard body.receiver == nil, body.rawLength == 0 else { return }
    body.receiver = receiver.bodyBegins(of: exchange, side)
    let type = FieldParameters(body.type)
    if type.value.starts(with: "multipart/".utf8), let boundary = type["boundary"], !boundary.isEmpty {
      multipart = MultipartReader(boundary: boundary, body, context) { [exchange, side, receiver] part, number in
        receiver.partBegins(part, number, of: exchange, side)
      }
    }
  }

  /// Passes content on within the limits.
  ///
  /// - Parameters:
  ///   - content: the bytes.
  ///   - ratioBase: number of coded bytes so far; nil if the body is not coded.
  private func deliver(_ content: Span<UInt8>, ratioBase: Int64? = nil) {
    guard !isContentOver else { return }
    var room = context.options.maxBody &- body.length
    if let ratioBase {
      // Beyond the first 10 MB, the number of coded bytes limits the number of decoded ones.
      let (most, overflows) = ratioBase.multipliedReportingOverflow(by: context.options.maxRatio)
      if !overflows { room = min(room, max(10_000_000, most) &- body.length) }
    }
    let taken = Int(max(0, min(Int64(content.count), room)))
    if taken > 0 {
      let part = content.extracting(first: taken)
      sniff(part)
      body.receiver?.content(part, at: body.length)
      multipart?.append(part, at: body.length)
      body.length &+= Int64(taken)
    }
    if taken < content.count {
      isContentOver = true
      body.why = .limit
      context.bodiesCut &+= 1
    }
  }

  /// Determines the type of the content once it has enough bytes.
  private func sniff(_ content: Span<UInt8>) {
    guard let known = start else { return }
    if known.isEmpty, content.count >= Self.startLength {
      body.sniffed = Signature.type(of: content.array(0..<Self.startLength))
      start = nil
      return
    }
    start?.append(content.extracting(first: min(content.count, Self.startLength - known.count)))
    if start?.count == Self.startLength { endSniffing() }
  }

  private func endSniffing() {
    if let start, !start.isEmpty, body.length > 0 || !isCoded { body.sniffed = Signature.type(of: start) }
    start = nil
  }

  /// Records a gap in the body as sent.
  func gap(_ length: Int64) {
    guard length > 0 else { return }
    begin()
    if body.gaps.count < context.options.maxListedGaps { body.gaps.append(ByteRange(offset: body.rawLength, length: length)) }
    body.rawLength &+= length
    if isCoded {
      isContentOver = true
    } else if !isContentOver {
      body.length &+= length
      multipart?.gap(length)
      if body.length > context.options.maxBody {
        isContentOver = true
        body.why = .limit
      }
    }
  }

  /// Records a gap in the framing, which ends the content of a coded body.
  func gapInFraming() { if isCoded { isContentOver = true } }

  /// Ends the body.
  ///
  /// - Parameter why: reason why the body is incomplete; nil if it was received whole.
  func finish(_ why: Incompleteness?) {
    let message = exchange[side]
    if let chain {
      body.trailing = chain.trailing
      if chain.trailing > 0 { message?.note(.trailing) }
      if chain.hasFailed || chain.hasSkipped { message?.note(.codingFailed) }
      if chain.isNothing || body.length == 0 && !chain.isWhole, body.rawLength > 0, body.why != .limit {
        // The body has none of its codings, or decoding failed before the first content: the body is kept as sent.
        body.decoding = Decoding.none
        body.length = body.rawLength
      } else if chain.isWhole || body.rawLength == 0 {
        body.decoding = .whole
      } else {
        body.decoding = .partial
      }
    }
    body.why = body.why ?? (body.hasHoles ? .gap : why)
    body.isComplete = body.why == nil && body.conflicts.isEmpty
    endSniffing()
    multipart?.finish()
    chain = nil
    body.receiver?.contentEnds()
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
      body.isComplete = false
      if body.conflicts.count < Self.maxConflicts {
        body.conflicts.append(ByteRange(offset: run.raw &+ (start &- run.stream), length: end &- start))
      }
    }
    return found
  }
}
