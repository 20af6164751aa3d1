internal import Stages

/// Content of a body: decodes the bytes as sent, determines the type, finds the parts, and passes the content on within the limits.
///
/// With a queue it belongs to the thread that runs the batches. Of the body it uses what the thread that reads the streams does not change
/// any more: the properties of the head, and from `finish` on the length as sent and the gaps.
final class BodyContent: ContentSink {
  private let body: Body
  private let exchange: Exchange
  private let side: MessageSide
  private let context: HTTPContext
  private let receiver: any HTTPReceiver
  @exclusivity(unchecked) private var chain: CodingChain?
  @exclusivity(unchecked) private var multipart: MultipartReader?
  /// First bytes of the content, which determine its type; nil once the type is determined.
  @exclusivity(unchecked) private var start: [UInt8]? = []
  @exclusivity(unchecked) private var hasBegun = false
  /// Whether no more content is passed on: a limit was reached, decoding failed, or the coded data has a gap.
  @exclusivity(unchecked) private var isContentOver = false
  /// Number of coded bytes that came so far.
  @exclusivity(unchecked) private var codedEnd: Int64 = 0
  /// Offset after the last disputed range.
  private var conflictEnd: Int64 = -1
  /// Number of bytes that determine the type of the content.
  private static let startLength = 300

  init(
    _ body: Body, _ chain: CodingChain?, of exchange: Exchange, _ side: MessageSide, _ context: HTTPContext,
    _ receiver: any HTTPReceiver
  ) {
    self.body = body
    self.chain = chain
    self.exchange = exchange
    self.side = side
    self.context = context
    self.receiver = receiver
    // The limit of decoded bytes depends on the coded bytes that came before, packet by packet.
    joinsBytes = chain == nil
  }

  let joinsBytes: Bool

  private var isCoded: Bool { chain != nil }

  func take(_ bytes: Span<UInt8>, at offset: Int64) {
    begin()
    guard let chain else { return deliver(bytes) }
    body.receiver?.raw(bytes, at: offset)
    guard !isContentOver else { return }
    codedEnd = offset &+ Int64(bytes.count)
    chain.decode(bytes) { pass($0) }
    if chain.hasFailed { isContentOver = true }
    noteMemory(chain)
  }

  /// Records that decoding ended for lack of memory.
  private func noteMemory(_ chain: CodingChain) {
    guard chain.lacksMemory, !isContentOver else { return }
    isContentOver = true
    body.why = .limit
    context.decoderMemoryRefused &+= 1
  }

  /// Passes decoded bytes on.
  ///
  /// - Returns: whether more are wanted.
  private func pass(_ content: Span<UInt8>) -> Bool {
    let before = body.length
    deliver(content, ratioBase: codedEnd)
    return !isContentOver && body.length &- before == Int64(content.count)
  }

  /// Ends the content of a coded body, because coded bytes are missing.
  private func cut() {
    if !isContentOver { chain?.decodeKept { pass($0) } }
    chain?.release()
    isContentOver = true
  }

  private func begin() {
    guard !hasBegun else { return }
    hasBegun = true
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
    begin()
    if isCoded {
      cut()
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
  func gapInFraming() { if isCoded { cut() } }

  /// Ends the body.
  ///
  /// - Parameter why: reason why the body is incomplete; nil if it was received whole.
  func finish(_ why: Incompleteness?) {
    if let chain {
      if !isContentOver { chain.end(isWhole: why == nil) { pass($0) } }
      noteMemory(chain)
      body.trailing = chain.trailing
      if chain.trailing > 0 { body.contentNotes.append(.trailing) }
      if chain.hasFailed || chain.hasSkipped { body.contentNotes.append(.codingFailed) }
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
    body.isComplete = body.why == nil && body.conflictCount == 0
    endSniffing()
    multipart?.finish()
    chain = nil
    body.receiver?.contentEnds()
  }

  /// Records a range of the body as sent of which two captured copies differ.
  ///
  /// A range may come in pieces, as its bytes come; pieces that follow each other are one range.
  func dispute(_ range: ByteRange) {
    body.isComplete = false
    let continues = range.offset == conflictEnd
    conflictEnd = range.offset &+ range.length
    let isListed = body.conflicts.count == Int(clamping: body.conflictCount)
    if continues {
      if isListed { body.conflicts[body.conflicts.count - 1].length &+= range.length }
      return
    }
    body.conflictCount &+= 1
    if body.conflicts.count < context.options.maxListedConflicts { body.conflicts.append(range) }
  }
}
