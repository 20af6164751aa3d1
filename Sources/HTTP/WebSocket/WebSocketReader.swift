internal import Stages

/// Negotiated extensions of a WebSocket connection that change the payload of its frames.
struct WebSocketExtensions {
  /// Unit that is compressed.
  enum Compression {
    case none
    /// A message: permessage-deflate (RFC 7692). The reserved bit RSV1 of its first frame says that it is compressed.
    case message
    /// A frame: x-webkit-deflate-frame, which preceded permessage-deflate. RSV1 of every frame says whether it is compressed.
    case frame
  }

  private(set) var compression = Compression.none
  /// Whether the client compresses every message without the context of the previous one; `serverForgets` is the same for the server.
  private(set) var clientForgets = false
  private(set) var serverForgets = false

  /// Reads the extensions that the server accepted.
  ///
  /// - Parameter values: values of Sec-WebSocket-Extensions in the server's handshake.
  init(_ values: [[UInt8]]) {
    for element in values.flatMap(\.listElements) {
      let parameters = element.split(separator: 0x3b).map(\.trimmed)
      if parameters.first?.equalsIgnoringCase("x-webkit-deflate-frame") == true, compression == .none { compression = .frame }
      guard parameters.first?.equalsIgnoringCase("permessage-deflate") == true else { continue }
      compression = .message
      clientForgets = parameters.contains { $0.equalsIgnoringCase("client_no_context_takeover") }
      serverForgets = parameters.contains { $0.equalsIgnoringCase("server_no_context_takeover") }
    }
  }
}

/// Reader of the frames of one direction of a WebSocket connection (RFC 6455, section 5), which finds their messages.
final class WebSocketReader {
  /// Maximum length of the payload of a control frame (RFC 6455, section 5.5); the rest of a longer one is dropped.
  private static let mostOfControl = 125

  /// Exchange that opened the WebSocket.
  let exchange: UInt64
  private let isFromClient: Bool
  private let compression: WebSocketExtensions.Compression
  private let receiver: any HTTPReceiver
  private let context: HTTPContext
  private let content: WebSocketContent
  /// Header of the current frame, as far as it was read.
  private var head: [UInt8] = []
  private var headStamp: ByteStamp?
  private var remaining: Int64 = 0
  private var mask: [UInt8] = []
  private var maskIndex = 0
  private var isFinal = false
  /// Whether a message has begun and its last frame has not ended, and the number of bytes of its payload so far, as sent, with gaps.
  private var isInMessage = false
  private var sent: Int64 = 0
  /// Control frame that is being read, which may lie between the frames of a message.
  private var control: WebSocketMessage?
  /// Whether the frame boundaries are lost, so that the rest of the direction is not read.
  private var isLost = false

  init(
    exchange: UInt64, isFromClient: Bool, _ extensions: WebSocketExtensions, _ context: HTTPContext, _ receiver: any HTTPReceiver
  ) {
    self.exchange = exchange
    self.isFromClient = isFromClient
    self.context = context
    self.receiver = receiver
    compression = extensions.compression
    content = WebSocketContent(
      context, receiver, isDeflated: compression != .none, forgets: isFromClient ? extensions.clientForgets : extensions.serverForgets)
  }

  func append(_ bytes: Span<UInt8>, _ stamp: ByteStamp, _ counts: inout HTTPCounts) {
    var position = 0
    while position < bytes.count {
      if isLost {
        counts.unparsed &+= Int64(bytes.count - position)
        return
      }
      if remaining > 0 {
        let count = Int(min(Int64(bytes.count - position), remaining))
        counts.bodies &+= Int64(count)
        take(bytes.extracting(position..<(position + count)))
        position += count
        remaining &-= Int64(count)
        if remaining == 0 { endFrame() }
      } else {
        if head.isEmpty { headStamp = stamp }
        head.append(bytes[position])
        counts.framing &+= 1
        position += 1
        if head.count == headLength { beginFrame() }
      }
    }
  }

  private var headLength: Int {
    guard head.count >= 2 else { return 2 }
    let length = head[1] & 0x7f
    return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (head[1] & 0x80 != 0 ? 4 : 0)
  }

  private func beginFrame() {
    let short = head[1] & 0x7f
    let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
    var length = UInt64(short)
    if lengthBytes > 0 { length = head[2..<(2 + lengthBytes)].reduce(0) { $0 << 8 | UInt64($1) } }
    mask = head[1] & 0x80 != 0 ? Array(head[(2 + lengthBytes)...]) : []
    maskIndex = 0
    let (isLast, isMarked, opcode) = (head[0] & 0x80 != 0, head[0] & 0x40 != 0, head[0] & 0x0f)
    // A reserved bit that no extension explains makes the frame invalid (RFC 6455, section 5.2): the payload is not what the sender meant.
    let isStrange = head[0] & 0x30 != 0 || isMarked && (compression == .none || opcode >= 8)
    head = []
    guard let known = Int64(exactly: length), let stamp = headStamp else { return lose(.framing) }
    remaining = known
    var message = WebSocketMessage(exchange: exchange, isFromClient: isFromClient, opcode: opcode, stamp: stamp)
    if opcode >= 8 {
      // A longer or fragmented control frame is invalid (RFC 6455, section 5.5), and its length says where the next frame begins.
      if known > Self.mostOfControl || !isLast || isStrange { message.why = .framing }
      control = message
    } else {
      isFinal = isLast
      // A frame that continues no message, or begins one within another one, is invalid (RFC 6455, section 5.4).
      if opcode != 0 { endMessage(.framing) }
      if !isInMessage {
        isInMessage = true
        sent = 0
        if opcode == 0 || isStrange { message.why = .framing }
        let isCompressed = isMarked && compression != .none
        context.perform { [content, message] in content.begin(message, isCompressed: isCompressed) }
      } else if compression == .frame || isStrange {
        let isCompressed = compression == .frame ? isMarked : nil
        context.perform { [content] in content.goOn(isCompressed: isCompressed, isStrange ? .framing : nil) }
      }
    }
    if remaining == 0 { endFrame() }
  }

  private func take(_ bytes: Span<UInt8>) {
    if mask.isEmpty { return takeClear(bytes) }
    var clear = bytes.array(0..<bytes.count)
    for index in clear.indices {
      clear[index] ^= mask[maskIndex & 3]
      maskIndex = (maskIndex + 1) & 3
    }
    takeClear(clear.span)
  }

  private func takeClear(_ bytes: Span<UInt8>) {
    guard let known = control else {
      context.pass(bytes, to: content, at: sent)
      sent &+= Int64(bytes.count)
      return
    }
    // Bytes after a gap or beyond the limit are not kept, because they would seem to follow directly.
    if Int64(known.payload.count) == known.length {
      control?.payload.append(bytes.extracting(first: min(bytes.count, Self.mostOfControl - known.payload.count)))
    }
    control?.length &+= Int64(bytes.count)
  }

  private func endFrame() {
    if control != nil {
      endControl(nil)
    } else if isFinal {
      endMessage(nil)
    } else if compression == .frame {
      context.perform { [content] in content.endFlush() }
    }
  }

  /// Ends the control frame.
  ///
  /// - Parameter why: reason why it is incomplete; nil if its last byte came.
  private func endControl(_ why: Incompleteness?) {
    guard var message = control else { return }
    control = nil
    message.why = message.why ?? why
    context.perform { [receiver, message] in receiver.received(message) }
  }

  /// Ends the message.
  ///
  /// - Parameter why: reason why it is incomplete; nil if its last byte came.
  private func endMessage(_ why: Incompleteness?) {
    guard isInMessage else { return }
    isInMessage = false
    context.perform { [content] in content.end(why) }
  }

  /// Handles a gap.
  ///
  /// A gap of exact length inside the payload of a frame is skipped. Any other gap loses the frame boundaries.
  func gap(_ length: Int64, isExact: Bool) {
    guard !isLost else { return }
    guard isExact, head.isEmpty, length <= remaining, remaining > 0 else { return lose(.gap) }
    maskIndex = (maskIndex + Int(length & 3)) & 3
    remaining &-= length
    if let known = control {
      control?.add(ByteRange(offset: known.length, length: length), listing: context.options.maxListedGaps)
      control?.length &+= length
    } else {
      context.perform { [content, sent] in content.gap(at: sent, length) }
      sent &+= length
    }
    if remaining == 0 { endFrame() }
  }

  /// Stops reading, because the frame boundaries are lost.
  private func lose(_ why: Incompleteness) {
    isLost = true
    remaining = 0
    finish(why)
  }

  /// Ends the direction.
  ///
  /// - Parameter why: reason why a message that has not ended is incomplete.
  func finish(_ why: Incompleteness) {
    endControl(why)
    endMessage(why)
    context.perform { [content] in content.close() }
  }
}
