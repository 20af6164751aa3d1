internal import Compression
internal import Stages

/// Content of the messages of one direction of a WebSocket connection: decompresses the payload, and passes it on within the limits.
///
/// With a queue it belongs to the thread that runs the batches.
final class WebSocketContent: ContentSink {
  /// Maximum length of a payload that is kept in a message; a longer payload goes to a receiver.
  static let mostShown = 4 << 10
  /// Length in bytes of the window of DEFLATE, which holds the context of a message.
  private static let window: Int64 = 32 << 10

  private let context: HTTPContext
  private let receiver: any HTTPReceiver
  /// Whether the sender compresses every message without the context of the previous one.
  private let forgets: Bool
  /// The limit of decompressed bytes depends on the compressed bytes that came before, packet by packet.
  let joinsBytes: Bool
  /// Current message; nil between two.
  private var message: WebSocketMessage?
  /// Whether the payload goes to a receiver.
  private var isPassedOn = false
  private var isCompressed = false
  /// Whether the limit was reached, so that no more content is passed on.
  private var isFull = false
  /// Whether no more of the message is decompressed.
  private var hasFailed = false
  /// Number of compressed bytes of the message so far, and number of bytes that they decompress to.
  private var sent: Int64 = 0
  private var inflated: Int64 = 0
  private var decoder: ZlibDecoder?
  /// Number of bytes that the decoder produced since it began without context.
  private var decoded: Int64 = 0
  /// Reason why the decoder lacks the context of earlier messages; nil if it has it.
  private var contextLoss: Incompleteness?

  init(_ context: HTTPContext, _ receiver: any HTTPReceiver, isDeflated: Bool, forgets: Bool) {
    self.context = context
    self.receiver = receiver
    self.forgets = forgets
    joinsBytes = !isDeflated
  }

  // MARK: messages

  /// Begins a message.
  func begin(_ message: WebSocketMessage, isCompressed: Bool) {
    self.message = message
    self.isCompressed = isCompressed
    isPassedOn = false
    isFull = false
    hasFailed = false
    sent = 0
    inflated = 0
  }

  /// Begins another frame of the message.
  ///
  /// - Parameters:
  ///   - isCompressed: whether the frame is compressed; nil if that depends on the message.
  ///   - why: reason why the frame makes the message incomplete; nil if there is none.
  func goOn(isCompressed: Bool?, _ why: Incompleteness?) {
    self.isCompressed = isCompressed ?? self.isCompressed
    if message?.why == nil { message?.why = why }
  }

  func take(_ bytes: Span<UInt8>, at offset: Int64) {
    guard isCompressed else {
      // Bytes behind a frame that could not be decompressed would seem to follow directly.
      if !hasFailed { deliver(bytes) }
      return
    }
    sent = offset &+ Int64(bytes.count)
    inflate(bytes)
  }

  /// Records a gap in the payload as sent.
  ///
  /// The bytes after it are not joined to those before it: they go to a receiver, at their offset.
  func gap(at offset: Int64, _ length: Int64) {
    guard let message else { return }
    self.message?.add(ByteRange(offset: offset, length: length), listing: context.options.maxListedGaps)
    guard !isCompressed else { return lose(.gap) }
    passOn()
    guard !isFull else { return }
    self.message?.length &+= min(length, context.options.maxBody &- message.length)
    if length > context.options.maxBody &- message.length { cut() }
  }

  /// Ends the message.
  ///
  /// - Parameter why: reason why it is incomplete; nil if its last byte came.
  func end(_ why: Incompleteness?) {
    if why == nil { endFlush() }
    // A message that is not decompressed to its end leaves the decoder within a block.
    if isCompressed, let why { lose(why) }
    guard var message else { return }
    self.message = nil
    message.why = message.why ?? why
    message.receiver?.contentEnds()
    receiver.received(message)
    guard forgets else { return }
    dropDecoder()
    contextLoss = nil
  }

  /// Ends what the sender compressed as a whole: a message, or a frame.
  func endFlush() {
    guard isCompressed else { return }
    // The sender omits these last bytes of a flush (RFC 7692, section 7.2.1).
    let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]
    inflate(tail.span)
    // After a final block the omitted bytes may not be a whole block. Nothing is lost of a decoder that has no content.
    if decoded == 0 { decoder?.reset() }
  }

  /// Releases the decoder, because no further message comes.
  func close() { dropDecoder() }

  // MARK: content

  /// Passes content on within the limit of a message.
  private func deliver(_ bytes: Span<UInt8>) {
    guard !isFull, let length = message?.length else { return }
    let taken = Int(max(0, min(Int64(bytes.count), context.options.maxBody &- length)))
    if taken > 0 { add(bytes.extracting(first: taken), at: length) }
    if taken < bytes.count { cut() }
  }

  private func add(_ bytes: Span<UInt8>, at offset: Int64) {
    message?.length &+= Int64(bytes.count)
    if !isPassedOn, offset &+ Int64(bytes.count) <= Int64(Self.mostShown) {
      message?.payload.append(bytes)
    } else {
      passOn()
      message?.receiver?.content(bytes, at: offset)
    }
  }

  /// Gives the payload to a receiver, because it is too long or has a gap.
  private func passOn() {
    guard !isPassedOn, var message else { return }
    isPassedOn = true
    let shown = message.payload
    message.payload = []
    message.receiver = receiver.messageBegins(message)
    if !shown.isEmpty { message.receiver?.content(shown.span, at: 0) }
    self.message = message
  }

  /// Ends the content of the message at a limit.
  private func cut() {
    isFull = true
    message?.why = .limit
    context.bodiesCut &+= 1
  }

  // MARK: compression

  /// Decompresses bytes; beyond the limit of a message the content is dropped, because later messages refer to it.
  private func inflate(_ bytes: Span<UInt8>) {
    var room: [UInt8] = []
    swap(&room, &context.inflated)
    defer { swap(&room, &context.inflated) }
    if room.isEmpty { room = [UInt8](repeating: 0, count: 16 << 10) }
    var position = 0
    var hasMore = true
    while hasMore, !hasFailed, let decoder = decoder ?? makeDecoder() {
      var output = room.mutableSpan
      let step = decoder.decode(bytes.extracting(position...), into: &output)
      position += step.consumed
      decoded &+= Int64(step.produced)
      if step.produced > 0 { pass(room.span.extracting(first: step.produced)) }
      switch step.state {
      case .ended:
        // A final block ends the compressed stream, and the next bytes begin another one.
        decoder.reset()
        decoded = 0
        contextLoss = nil
      case .goesOn where step.consumed == 0 && step.produced == 0 && position < bytes.count, .failed: fail()
      case .goesOn: break
      }
      hasMore = position < bytes.count || step.produced == room.count
    }
  }

  /// Passes decompressed bytes on; beyond the first 10 MB, the number of compressed bytes limits their number.
  private func pass(_ bytes: Span<UInt8>) {
    let (ratio, overflows) = sent.multipliedReportingOverflow(by: context.options.maxRatio)
    let most = overflows ? .max : max(10_000_000, ratio)
    let taken = Int(max(0, min(Int64(bytes.count), most &- inflated)))
    inflated &+= Int64(taken)
    if taken > 0 { deliver(bytes.extracting(first: taken)) }
    guard taken < bytes.count else { return }
    if !isFull { cut() }
    lose(.limit)
  }

  /// Creates a decoder.
  ///
  /// Decoders of messages last as long as their connections, so they leave half of the memory to those of bodies.
  private func makeDecoder() -> ZlibDecoder? {
    let room = context.options.maxDecoderMemory / 2 - context.decoderMemory
    guard let decoder = ZlibDecoder(.none), decoder.memory <= room else {
      context.decoderMemoryRefused &+= 1
      lose(.limit)
      return nil
    }
    context.decoderMemory += decoder.memory
    self.decoder = decoder
    decoded = 0
    return decoder
  }

  private func dropDecoder() {
    context.decoderMemory -= decoder?.memory ?? 0
    decoder = nil
  }

  /// Handles invalid compressed data: it may refer to content of earlier messages that is not known.
  private func fail() { lose(decoded < Self.window ? contextLoss ?? .framing : .framing) }

  /// Ends the decompression of the message, without which later messages lack their context.
  private func lose(_ why: Incompleteness) {
    guard !hasFailed else { return }
    hasFailed = true
    if message?.why == nil { message?.why = why }
    contextLoss = why
    dropDecoder()
  }
}

extension WebSocketMessage {
  /// Adds a gap in the payload as sent.
  ///
  /// - Parameters:
  ///   - gap: the gap.
  ///   - most: the maximum number of gaps that are listed.
  mutating func add(_ gap: ByteRange, listing most: Int) {
    why = why ?? .gap
    gapCount &+= 1
    gapBytes &+= gap.length
    if gaps.count < most { gaps.append(gap) }
  }
}
