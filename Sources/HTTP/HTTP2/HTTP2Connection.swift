internal import Compression
internal import Stages

/// Reader of both directions of an HTTP/2 connection (RFC 9113).
final class HTTP2Connection {
  /// Connection preface of the client (RFC 9113, section 3.4).
  static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

  /// Stream that is open in at least one direction.
  final class Stream {
    let exchange: Exchange
    var readers: [BodyReader?] = [nil, nil]
    /// Whether each side ended: its last frame was read, or the side was given up.
    var isOver = [false, false]
    /// Whether an unknown number of bytes of each body was lost.
    var isLost = [false, false]

    init(_ exchange: Exchange) { self.exchange = exchange }
  }

  private unowned let stage: HTTPStage
  private let frames = [FrameReader(), FrameReader()]
  private let decoders = [HPACKDecoder(), HPACKDecoder()]
  private var streams: [UInt32: Stream] = [:]
  /// Highest stream identifier so far.
  private var highest: UInt32 = 0

  /// Creates the reader of a connection.
  ///
  /// - Parameters:
  ///   - stage: the stage that reads the connection.
  ///   - upgraded: the exchange that switched to HTTP/2, whose request becomes the request of stream 1; nil without one.
  init(_ stage: HTTPStage, upgraded: Exchange?) {
    self.stage = stage
    frames[0].prefaceLeft = Self.preface.utf8.count
    guard let upgraded, let request = upgraded.request else { return }
    let exchange = Exchange(number: stage.numbers.next(), stream: 1, from: stage.client, enclosure: stage.enclosure)
    (exchange.method, exchange.target, exchange.scheme, exchange.host) =
      (upgraded.method, upgraded.target, upgraded.scheme, upgraded.host)
    exchange.version = "2"
    // Fields may come for it on stream 1, and the upgraded exchange has been reported then.
    exchange.request = Message(copying: request)
    let stream = Stream(exchange)
    stream.isOver[0] = true
    streams[1] = stream
    stage.track(exchange)
  }

  private func index(_ direction: Direction) -> Int { stage.isClient(direction) ? 0 : 1 }

  /// Reads the next bytes of one direction.
  func append(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, from direction: Direction) {
    let side = index(direction)
    let reader = frames[side]
    var position = 0
    // Separate counts, because events change the counts of the direction too.
    var counts = HTTPCounts()
    while position < bytes.count {
      let rest = bytes.extracting(position...)
      position += reader.read(rest, at: offset &+ Int64(position), stamp, &counts) { event in take(event, side, direction) }
    }
    direction.counts.add(counts)
  }

  private func take(_ event: borrowing FrameEvent, _ side: Int, _ direction: Direction) {
    switch event {
    case .data(let bytes, let stream, let offset, let stamp): takeData(bytes, stream, offset, stamp, side, direction)
    case .headers(let block): takeHeaders(block, side, direction)
    case .endOfStream(let stream): endSide(stream, side, nil)
    case .reset(let stream): reset(stream)
    case .lost:
      decoders[side].lose()
      loseBodies(side)
    }
  }

  // MARK: bodies

  private func takeData(
    _ bytes: Span<UInt8>, _ number: UInt32, _ offset: Int64, _ stamp: ByteStamp, _ side: Int, _ direction: Direction
  ) {
    guard let stream = streams[number], !stream.isOver[side], !stream.isLost[side], let message = stream.exchange[Self.sides[side]] else {
      direction.counts.unparsed &+= Int64(bytes.count)
      return
    }
    direction.counts.bodies &+= Int64(bytes.count)
    message.endTime = stamp.nanoseconds
    reader(stream, message, side).append(bytes, at: offset, stamp)
    if !direction.disputes.isEmpty {
      direction.reader = stream.readers[side]
      stage.settleDisputes(direction, upTo: offset &+ Int64(bytes.count))
      direction.reader = nil
    }
  }

  private static let sides: [MessageSide] = [.request, .response]

  private func reader(_ stream: Stream, _ message: Message, _ side: Int) -> BodyReader {
    if let reader = stream.readers[side] { return reader }
    let body = message.body ?? Body(framing: .h2)
    body.framing = .h2
    message.body = body
    body.declaredLength = message.value(of: "content-length")?.decimal
    body.type = message.value(of: "content-type") ?? []
    body.name =
      message.value(of: "content-disposition").flatMap { FieldParameters($0).decoded("filename", extended: "filename*") } ?? []
    if stream.exchange.status == 206 || side == 0 { body.contentRange = message.value(of: "content-range").flatMap(ContentRange.init) }
    let codings = message.headers.filter { $0.name.equalsIgnoringCase("content-encoding") }
      .flatMap { $0.value.listElements.map(\.lowercased) }.filter { !$0.equalsIgnoringCase("identity") }
    let reader = BodyReader(body, codings: Array(codings.prefix(64)), of: stream.exchange, Self.sides[side], stage.context, stage.receiver)
    stream.readers[side] = reader
    message.reader = reader
    return reader
  }

  /// Ends one side of a stream.
  ///
  /// - Parameters:
  ///   - number: the stream.
  ///   - side: 0 for the request, 1 for the response.
  ///   - why: reason why the body is incomplete; nil if it was received whole.
  private func endSide(_ number: UInt32, _ side: Int, _ why: Incompleteness?) {
    guard let stream = streams[number], !stream.isOver[side] else { return }
    stream.isOver[side] = true
    if let message = stream.exchange[Self.sides[side]] {
      if side == 1 || stream.readers[side] != nil { _ = reader(stream, message, side) }
      stream.readers[side]?.finish(stream.isLost[side] ? .gap : why)
      stream.readers[side] = nil
      message.isOver = true
    }
    if stream.isOver[0], stream.isOver[1] {
      streams[number] = nil
      stage.report(stream.exchange)
    }
  }

  private func reset(_ number: UInt32) {
    guard let stream = streams[number] else { return }
    stream.exchange.isUnanswered = true
    for side in 0...1 { endSide(number, side, .reset) }
    streams[number] = nil
    stage.report(stream.exchange)
  }

  /// Marks the open bodies of a side as lost: the missing frames may have held an unknown number of their bytes.
  private func loseBodies(_ side: Int) {
    for number in streams.keys.sorted() {
      guard let stream = streams[number], !stream.isOver[side], stream.exchange[Self.sides[side]] != nil else { continue }
      stream.readers[side]?.gapInFraming()
      stream.isLost[side] = true
    }
  }

  /// Handles a gap, which is also a gap of the body if it lies in DATA.
  func gap(_ length: Int64, isExact: Bool, _ direction: Direction) {
    let side = index(direction)
    var counts = HTTPCounts()
    frames[side].gap(length, isExact: isExact, &counts) { stream, length in
      guard let stream = streams[stream], !stream.isLost[side], !stream.isOver[side], let message = stream.exchange[Self.sides[side]]
      else { return }
      reader(stream, message, side).gap(length)
    } event: { event in
      take(event, side, direction)
    }
    direction.counts.add(counts)
  }

  /// Handles the end of one direction.
  func end(_ end: StreamEnd, _ direction: Direction) {
    let side = index(direction)
    frames[side].end(&direction.counts)
    for number in streams.keys.sorted() { endSide(number, side, end == .reset ? .reset : .end) }
  }

  /// Removes the streams at the end of the connection.
  func finish() { streams = [:] }

  // MARK: heads

  private func takeHeaders(_ block: HeaderBlock, _ side: Int, _ direction: Direction) {
    var fields: [HeaderField] = []
    var (size, kept) = (0, 0)
    var hasMoreFields = false
    let options = stage.context.options
    let most = min(options.maxHead, max(0, options.maxOpenHeads - stage.context.openHeads))
    let lost = decoders[side].decode(block.bytes) { name, value in
      size += name.count + value.count
      // The limit applies to decoded fields, because a short block can decode to many long ones.
      guard size <= most, fields.count < options.maxHeaderLines else {
        hasMoreFields = hasMoreFields || size <= most
        return
      }
      fields.append(HeaderField(name: name, value: value))
      kept = size
    }
    if size > options.maxHead { stage.context.headsCut &+= 1 } else if size > most { stage.context.openHeadsCut &+= 1 }
    if hasMoreFields { stage.context.fieldsCut &+= 1 }
    let isCut = size > most || hasMoreFields
    let isPromise = block.promised != nil
    let requestSide = isPromise || side == 0
    let number = block.promised ?? block.stream
    let stream = streams[number] ?? open(number, requestSide, direction, block)
    guard let stream else {
      direction.counts.heads &+= block.length
      return
    }
    stage.context.openHeads += kept
    stream.exchange.headBytes += kept
    let messageSide: MessageSide = requestSide ? .request : .response
    if let message = stream.exchange[messageSide], !isPromise {
      // The second field section is the trailer section.
      direction.counts.framing &+= block.length
      message.trailers = fields
      if lost != 0 { message.note(.fieldsLost) }
      if isCut { message.note(.headLimit) }
    } else {
      direction.counts.heads &+= block.length
      begin(stream, messageSide, fields, block, isWhole: lost == 0, isCut: isCut)
    }
    if isPromise {
      // The server states the request of a pushed stream, and that request is complete.
      stream.isOver[0] = true
      stream.exchange.request?.isOver = true
    } else if block.endsStream {
      endSide(number, side, nil)
    }
  }

  private func open(_ number: UInt32, _ isRequest: Bool, _ direction: Direction, _ block: HeaderBlock) -> Stream? {
    // The stream has ended, or its request was lost.
    if number <= highest, isRequest { return nil }
    guard streams.count < stage.context.options.maxStreams else {
      stage.context.streamsCut &+= 1
      return nil
    }
    highest = max(highest, number)
    let stream = Stream(Exchange(number: stage.numbers.next(), stream: number, from: stage.client, enclosure: stage.enclosure))
    stream.exchange.version = "2"
    if !isRequest { stream.isOver[0] = true }
    streams[number] = stream
    stage.track(stream.exchange)
    return stream
  }

  private func begin(
    _ stream: Stream, _ side: MessageSide, _ fields: [HeaderField], _ block: HeaderBlock, isWhole: Bool, isCut: Bool
  ) {
    func pseudo(_ name: StaticString) -> [UInt8]? { fields.first { $0.name.equalsIgnoringCase(name) }?.value }
    let message = Message(stamp: block.stamp, offset: block.offset)
    message.headLength = block.length
    message.headers = fields.filter { $0.name.first != 0x3a }
    if !isWhole { message.note(.fieldsLost) }
    if isCut { message.note(.headLimit) }
    let exchange = stream.exchange
    if side == .request {
      exchange.request = message
      let (method, target) = (pseudo(":method") ?? [], pseudo(":path") ?? pseudo(":authority") ?? [])
      let scheme = pseudo(":scheme") ?? Array((stage.enclosure == .tls ? "https" : "http").utf8)
      let host = pseudo(":authority") ?? message.value(of: "host") ?? []
      // The body of the response may be read already, and its receiver is created in order.
      stage.context.perform { (exchange.method, exchange.target, exchange.scheme, exchange.host) = (method, target, scheme, host) }
      if block.endsStream { message.body = Body(framing: .none) }
      if exchange.response != nil { exchange.pairing = .stream }
      return
    }
    let status = pseudo(":status")?.decimal.map { Int(clamping: $0) } ?? 0
    if status >= 100, status < 200 {
      exchange.informational.append(
        Informational(status: status, reason: [], stamp: block.stamp, offset: block.offset, headers: message.headers))
      return
    }
    exchange.response = message
    exchange.status = status
    if exchange.request != nil { exchange.pairing = .stream }
  }
}
