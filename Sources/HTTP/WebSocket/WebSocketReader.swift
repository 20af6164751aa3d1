internal import Compression
internal import Stages

/// Negotiated extensions of a WebSocket connection that change the payload of its frames.
struct WebSocketExtensions {
  /// Whether permessage-deflate (RFC 7692) was negotiated.
  private(set) var isDeflated = false
  /// Whether the client compresses every message without the context of the previous one; `serverForgets` is the same for the server.
  private(set) var clientForgets = false
  private(set) var serverForgets = false

  /// Reads the extensions that the server accepted.
  ///
  /// - Parameter values: values of Sec-WebSocket-Extensions in the server's handshake.
  init(_ values: [[UInt8]]) {
    for element in values.flatMap(\.listElements) {
      let parameters = element.split(separator: 0x3b).map(\.trimmed)
      guard parameters.first?.equalsIgnoringCase("permessage-deflate") == true else { continue }
      isDeflated = true
      clientForgets = parameters.contains { $0.equalsIgnoringCase("client_no_context_takeover") }
      serverForgets = parameters.contains { $0.equalsIgnoringCase("server_no_context_takeover") }
    }
  }
}

/// Content of a message that is longer than 4 KB.
private final class MessageContent: ContentSink {
  /// Receiver of the payload; nil if it is not wanted.
  var receiver: (any ContentReceiver)?
  var joinsBytes: Bool { true }

  func take(_ bytes: Span<UInt8>, at offset: Int64) { receiver?.content(bytes, at: offset) }
}

/// Reader of the frames of one direction of a WebSocket connection (RFC 6455, section 5), which assembles their messages.
final class WebSocketReader {
  /// Maximum length of a payload that is kept in a message; a longer payload goes to a receiver.
  static let mostShown = 4 << 10

  private let exchange: UInt64
  private let isFromClient: Bool
  private let extensions: WebSocketExtensions
  private let receiver: any HTTPReceiver
  private let context: HTTPContext
  /// Header of the current frame, as far as it was read.
  private var head: [UInt8] = []
  private var headStamp: ByteStamp?
  private var remaining: Int64 = 0
  private var mask: [UInt8] = []
  private var maskIndex = 0
  private var isFinal = false
  private var opcode: UInt8 = 0
  /// Message whose frames are being read, and the control frame between them.
  private var message: WebSocketMessage?
  private var control: WebSocketMessage?
  /// Content of the message if it is too long for `payload`.
  private var content: MessageContent?
  private var isCompressed = false
  private var decoder: ZlibDecoder?
  private var hasFailed = false
  /// Whether the frame boundaries are lost, so that the rest of the direction is not read.
  private var isLost = false
  private var room: [UInt8] = []

  init(
    exchange: UInt64, isFromClient: Bool, _ extensions: WebSocketExtensions, _ context: HTTPContext, _ receiver: any HTTPReceiver
  ) {
    self.exchange = exchange
    self.isFromClient = isFromClient
    self.extensions = extensions
    self.context = context
    self.receiver = receiver
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
    isFinal = head[0] & 0x80 != 0
    opcode = head[0] & 0x0f
    let isDeflated = head[0] & 0x40 != 0
    head = []
    guard let known = Int64(exactly: length), let stamp = headStamp else {
      isLost = true
      return
    }
    remaining = known
    if opcode >= 8 {
      control = WebSocketMessage(
        exchange: exchange, isFromClient: isFromClient, opcode: opcode, stamp: stamp, length: 0, payload: [], receiver: nil,
        isComplete: true)
    } else if message == nil {
      message = WebSocketMessage(
        exchange: exchange, isFromClient: isFromClient, opcode: opcode, stamp: stamp, length: 0, payload: [], receiver: nil,
        isComplete: true)
      isCompressed = isDeflated && extensions.isDeflated
      hasFailed = false
    }
    if remaining == 0 { endFrame() }
  }

  private func take(_ bytes: Span<UInt8>) {
    let isMasked = !mask.isEmpty
    if !isMasked { return takeClear(bytes) }
    var clear = bytes.array(0..<bytes.count)
    for index in clear.indices {
      clear[index] ^= mask[maskIndex & 3]
      maskIndex = (maskIndex + 1) & 3
    }
    takeClear(clear.span)
  }

  private func takeClear(_ bytes: Span<UInt8>) {
    if control != nil {
      if bytes.count + (control?.payload.count ?? 0) <= Self.mostShown { control?.payload.append(bytes) }
      control?.length &+= Int64(bytes.count)
    } else if isCompressed {
      inflate(bytes)
    } else {
      add(bytes)
    }
  }

  private func add(_ bytes: Span<UInt8>) {
    guard var message else { return }
    self.message = nil
    let before = message.length
    message.length &+= Int64(bytes.count)
    if let content {
      context.pass(bytes, to: content, at: before)
    } else if message.length <= Int64(Self.mostShown) {
      message.payload.append(bytes)
    } else {
      let shown = message.payload
      message.payload = []
      let content = MessageContent()
      self.content = content
      context.perform { [receiver, message] in content.receiver = receiver.messageBegins(message) }
      if !shown.isEmpty { context.pass(shown.span, to: content, at: 0) }
      context.pass(bytes, to: content, at: before)
    }
    self.message = message
  }

  // MARK: compression

  /// Maximum decompressed length of a message in bytes.
  private static let most: Int64 = 1 << 30

  private func inflate(_ bytes: Span<UInt8>) {
    guard !hasFailed else { return }
    if decoder == nil { decoder = ZlibDecoder(.none) }
    guard let decoder else {
      hasFailed = true
      return
    }
    if room.isEmpty { room = [UInt8](repeating: 0, count: 16 << 10) }
    var position = 0
    while true {
      var output = room.mutableSpan
      let step = decoder.decode(bytes.extracting(position...), into: &output)
      position += step.consumed
      if step.produced > 0 {
        let part = Array(room[..<step.produced])
        add(part.span)
      }
      switch step.state {
      case .failed: hasFailed = true
      // A final DEFLATE block ends the compressed stream: the next bytes begin another one.
      case .ended: self.decoder = nil
      case .goesOn: break
      }
      if let message, message.length > Self.most { hasFailed = true }
      if hasFailed || step.state == .ended || position == bytes.count && step.produced < room.count { return }
      if step.consumed == 0, step.produced == 0 { return }
    }
  }

  private func endFrame() {
    if let control {
      context.perform { [receiver] in receiver.received(control) }
      self.control = nil
      return
    }
    guard isFinal else { return }
    endMessage(isWhole: true)
  }

  private func endMessage(isWhole: Bool) {
    if isCompressed, isWhole {
      // The sender omits these last bytes of a flush (RFC 7692, section 7.2.1).
      let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]
      inflate(tail.span)
      if isFromClient ? extensions.clientForgets : extensions.serverForgets { decoder = nil }
    }
    guard var message else { return }
    self.message = nil
    message.isComplete = isWhole && !hasFailed
    let content = content
    self.content = nil
    context.perform { [receiver, message] in
      var message = message
      message.receiver = content?.receiver
      message.receiver?.contentEnds()
      receiver.received(message)
    }
  }

  /// Handles a gap.
  ///
  /// A gap of exact length inside the payload of a frame is skipped. Any other gap loses the frame boundaries.
  func gap(_ length: Int64, isExact: Bool, _ counts: inout HTTPCounts) {
    guard !isLost else { return }
    hasFailed = true
    decoder = nil
    if isExact, head.isEmpty, length <= remaining, remaining > 0 {
      maskIndex = (maskIndex + Int(length & 3)) & 3
      remaining &-= length
      if control == nil, !isCompressed { message?.length &+= length }
      if remaining == 0 { endFrame() }
      return
    }
    isLost = true
    control = nil
    endMessage(isWhole: false)
  }

  /// Ends the direction.
  func finish() {
    if message != nil { endMessage(isWhole: false) }
  }
}
