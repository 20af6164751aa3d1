public import Stages

/// Stage that may know how many of its bytes are HTTP: what a tunnel leads to.
public protocol TunnelStage: Stage {
  /// Counts of one direction.
  ///
  /// - Parameter sender: the end that sent it.
  /// - Returns: nil if the stage found no HTTP right in the bytes.
  func counts(from sender: Sender) -> HTTPCounts?
}

/// Numbers of the exchanges of one connection, which tunnels inside it go on with.
public final class ExchangeNumbers {
  /// Exchanges so far.
  public private(set) var count: UInt64 = 0

  /// Creates the numbers of a connection.
  public init() {}

  func next() -> UInt64 {
    count &+= 1
    return count
  }
}

/// Stage that reads HTTP/1, HTTP/2 and WebSocket.
///
/// The protocol is told by content. A connection without HTTP costs nothing further. Both directions are needed to frame a response; a direction
/// that came too early waits, within bounds.
public final class HTTPStage: TunnelStage {
  let context: HTTPContext
  let receiver: any HTTPReceiver
  let enclosure: Enclosure?
  let numbers: ExchangeNumbers
  /// Creates the stage that reads what a tunnel carries; nil leaves the bytes unread.
  private let makeTunnel: ((Exchange) -> (any TunnelStage)?)?
  let directions = [Direction(.originator), Direction(.responder)]
  /// The end that sends requests, as far as that is known.
  public internal(set) var client = Sender.originator
  /// Whether HTTP was found.
  public internal(set) var isHTTP = false
  /// No direction is HTTP.
  var isNone = false
  /// HTTP/0.9: one line, and all that the server sends.
  var isOld = false
  /// Exchanges that were not reported, in the order of their numbers; those before `reported` are done with.
  var pending: [Exchange] = []
  var reported = 0
  /// Requests that wait for their response, in order; those before `answered` are done with.
  var open: [Exchange] = []
  var answered = 0
  /// Interim responses without a request.
  var strayInformational: [Informational] = []
  var tunnel: (any TunnelStage)?
  var tunnelExchange: Exchange?
  var http2: HTTP2Connection?
  /// Number and length of disputed ranges of messages that were reported before.
  public internal(set) var lateDisputes: (count: UInt64, bytes: Int64) = (0, 0)
  private var isDraining = false

  /// Creates a stage.
  ///
  /// - Parameters:
  ///   - context: state that all connections share.
  ///   - receiver: takes what is found.
  ///   - enclosure: layer that feeds the stage; nil right above TCP.
  ///   - numbers: numbers of the connection's exchanges.
  ///   - makeTunnel: creates the stage of what a tunnel carries, when a CONNECT was accepted.
  public init(
    context: HTTPContext, receiver: any HTTPReceiver, enclosure: Enclosure? = nil, numbers: ExchangeNumbers = ExchangeNumbers(),
    makeTunnel: ((Exchange) -> (any TunnelStage)?)?
  ) {
    self.context = context
    self.receiver = receiver
    self.enclosure = enclosure
    self.numbers = numbers
    self.makeTunnel = makeTunnel
  }

  /// Creates a stage that reads HTTP inside a CONNECT tunnel too, with the same receiver and numbers.
  ///
  /// A tunnel inside that tunnel stays unread.
  ///
  /// - Parameters:
  ///   - context: state that all connections share.
  ///   - receiver: takes what is found.
  ///   - enclosure: layer that feeds the stage; nil right above TCP.
  ///   - numbers: numbers of the connection's exchanges.
  public convenience init(
    context: HTTPContext, receiver: any HTTPReceiver, enclosure: Enclosure? = nil, numbers: ExchangeNumbers = ExchangeNumbers()
  ) {
    // The closure retains the receiver and not the stage, so nothing retains itself.
    self.init(context: context, receiver: receiver, enclosure: enclosure, numbers: numbers) { _ in
      HTTPStage(context: context, receiver: receiver, enclosure: .connect, numbers: numbers, makeTunnel: nil)
    }
  }

  subscript(sender: Sender) -> Direction { directions[Int(sender.rawValue)] }

  func isClient(_ direction: Direction) -> Bool { direction.sender == client }

  /// Counts of one direction; nil if no HTTP was found.
  ///
  /// - Parameter sender: the end that sent it.
  /// - Returns: the counts, whose sum is the number of bytes that came.
  public func counts(from sender: Sender) -> HTTPCounts? {
    guard isHTTP else { return nil }
    var counts = self[sender].counts
    if let inner = tunnel?.counts(from: sender) {
      counts.add(inner)
      counts.unparsed &-= inner.total
    }
    return counts
  }

  /// Takes note that the beginning of one direction was not captured.
  ///
  /// - Parameter sender: the end whose direction begins in the middle.
  public func beginsMidstream(from sender: Sender) {
    self[sender].isMidstream = true
    self[sender].hasBegun = true
  }

  /// Takes the next bytes of one direction.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call.
  ///   - offset: stream offset of the first byte.
  ///   - stamp: the packet that brought the bytes.
  ///   - sender: the end that sent them.
  public func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    if isNone { return }
    let direction = self[sender]
    direction.hasBegun = true
    guard direction.held.isEmpty, direction.state != .detecting else {
      hold(bytes, at: offset, stamp, direction)
      return resume(direction)
    }
    let used = consume(bytes, at: offset, stamp, direction)
    if used < bytes.count { hold(bytes.extracting(used...), at: offset &+ Int64(used), stamp, direction) }
    resume(direction.held.isEmpty ? self[sender.other] : direction)
  }

  /// Takes note of bytes that the capture lacks.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first missing byte.
  ///   - length: number of missing bytes.
  ///   - isExact: whether `length` is exact.
  ///   - sender: the end that sent them.
  public func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender) {
    if isNone { return }
    let direction = self[sender]
    direction.hasBegun = true
    if direction.held.isEmpty, direction.state != .detecting {
      takeGap(at: offset, length: length, isExact: isExact, direction)
      resume(self[sender.other])
    } else {
      direction.held.add(.gap(offset: offset, length: length, isExact: isExact))
      resume(direction)
    }
  }

  /// Takes note that nothing more comes of one direction.
  ///
  /// - Parameters:
  ///   - end: the reason.
  ///   - sender: the end whose direction ends.
  public func end(_ end: StreamEnd, from sender: Sender) {
    let direction = self[sender]
    if isNone { return }
    if direction.held.isEmpty, direction.state != .detecting {
      takeEnd(end, direction)
      resume(self[sender.other])
    } else {
      direction.held.add(.end(end))
      resume(direction)
    }
    let other = self[sender.other]
    if directions.allSatisfy(\.hasAll) {
      // Nobody can come any more.
      settleUndecided()
      for direction in [direction, other] where !direction.held.isEmpty {
        direction.isForced = true
        drain(direction)
      }
      finish()
    }
  }

  /// Takes note that two captured copies of bytes differ.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first disputed byte.
  ///   - length: number of disputed bytes.
  ///   - sender: the end that sent them.
  public func disputed(at offset: Int64, length: Int64, from sender: Sender) {
    if isNone { return }
    dispute(ByteRange(offset: offset, length: length), self[sender])
  }

  // MARK: waiting

  private func hold(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) {
    direction.held.add(bytes, at: offset, stamp)
    context.held += bytes.count
    if direction.state == .detecting { return }
    let most = self[direction.sender.other].hasBegun ? context.options.maxHeld : context.options.maxHeld / 4
    if direction.held.count > most || context.held > context.options.maxHeldTotal {
      direction.isForced = true
      if !self[direction.sender.other].hasBegun { direction.isAlone = true }
      context.holdsCut &+= 1
    }
  }

  /// Goes on with what is held, in both directions, as long as something moves.
  private func resume(_ first: Direction) {
    if isDraining { return }
    isDraining = true
    defer { isDraining = false }
    if !isHTTP { detect() }
    guard isHTTP else { return }
    var direction = first
    var idle = 0
    while idle < 2 {
      idle = drain(direction) ? 0 : idle + 1
      direction = self[direction.sender.other]
    }
  }

  /// Reads what is held; answers whether anything was read.
  @discardableResult
  func drain(_ direction: Direction) -> Bool {
    guard direction.state != .detecting else { return false }
    var hasMoved = false
    // Taken out, so that reading may look at the direction.
    var held = HeldBytes()
    swap(&held, &direction.held)
    drain: while let item = held.first {
      switch item {
      case .bytes(let count, let offset, let stamp):
        let used = held.useFirst(count) { consume($0, at: offset, stamp, direction) }
        context.held -= used
        hasMoved = hasMoved || used > 0
        if used < count { break drain }
      case .gap(let offset, let length, let isExact):
        held.removeFirst()
        takeGap(at: offset, length: length, isExact: isExact, direction)
        hasMoved = true
      case .end(let end):
        held.removeFirst()
        takeEnd(end, direction)
        hasMoved = true
      }
    }
    swap(&held, &direction.held)
    return hasMoved
  }

  /// Reads bytes as far as the other direction allows; answers how many.
  private func consume(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) -> Int {
    var position = 0
    while position < bytes.count, !isBlocked(direction, stamp) {
      let rest = position == 0 ? bytes : bytes.extracting(position...)
      direction.offset = offset &+ Int64(position)
      position += read(rest, at: direction.offset, stamp, direction)
      direction.offset = offset &+ Int64(position)
    }
    return position
  }

  /// Whether a direction must wait for the other one.
  private func isBlocked(_ direction: Direction, _ stamp: ByteStamp) -> Bool {
    guard direction.state == .between, !direction.isForced else { return false }
    let other = self[direction.sender.other]
    if isClient(direction) {
      guard let awaited = direction.awaited else { return false }
      if awaited.response == nil, other.end == nil { return true }
      direction.awaited = nil
      return false
    }
    // The response acknowledges bytes of the client that did not come yet: they hold the request.
    guard answered == open.count, other.end == nil, other.state != .ignored else { return false }
    // Before the client's stream has begun nobody knows what is acknowledged of it: a capture that begins midway has it later.
    guard let acknowledged = stamp.acknowledged else { return !other.hasBegun && !direction.isAlone }
    return acknowledged > other.offset
  }

  // MARK: reading

  /// Reads bytes in the present state; answers how many.
  func read(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) -> Int {
    switch direction.state {
    case .detecting, .ignored:
      direction.counts.unparsed &+= Int64(bytes.count)
      return bytes.count
    case .between: return readBetween(bytes, at: offset, stamp, direction)
    case .head, .longHead: return readHead(bytes, direction)
    case .fixedBody, .chunkData: return readBody(bytes, at: offset, stamp, direction)
    case .chunkSize, .trailers: return readLines(bytes, stamp, direction)
    case .chunkEnd: return readChunkEnd(bytes, direction)
    case .bodyUntilClose:
      appendBody(bytes, at: offset, stamp, direction)
      return bytes.count
    case .searching: return search(bytes, at: offset, stamp, direction)
    case .tunnel:
      direction.counts.unparsed &+= Int64(bytes.count)
      if isClient(direction) {
        tunnelExchange?.tunnel?.client &+= Int64(bytes.count)
      } else {
        tunnelExchange?.tunnel?.server &+= Int64(bytes.count)
      }
      tunnel?.bytes(bytes, at: offset, stamp: stamp, from: direction.sender)
      return bytes.count
    case .webSocket:
      direction.webSocket?.append(bytes, stamp, &direction.counts)
      return bytes.count
    case .http2:
      http2?.append(bytes, at: offset, stamp, from: direction)
      return bytes.count
    }
  }

  /// What follows is a tunnel.
  func openTunnel(_ exchange: Exchange) {
    exchange.tunnel = (0, 0)
    tunnelExchange = exchange
    tunnel = makeTunnel?(exchange)
    for direction in directions {
      giveUp(direction)
      direction.state = .tunnel
      direction.awaited = nil
      // A direction that ended before tells the tunnel now, because its end does not come again.
      if let end = direction.end { tunnel?.end(end, from: direction.sender) }
    }
  }
}
