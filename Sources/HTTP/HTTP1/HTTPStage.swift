public import Stages

/// Stage inside a tunnel, which may count the HTTP in its bytes.
public protocol TunnelStage: Stage {
  /// Counts of the bytes of one direction.
  ///
  /// - Parameter sender: the end that sent the bytes.
  /// - Returns: the counts; nil if the stage finds no HTTP directly in the bytes.
  func counts(from sender: Sender) -> HTTPCounts?

  /// Number and length of disputed ranges that are not in a body that is still to be reported.
  var lateDisputes: (count: UInt64, bytes: Int64) { get }
}

/// Source of the numbers of a connection's exchanges, shared by the connection and its tunnels.
public final class ExchangeNumbers {
  /// Number of exchanges so far.
  public private(set) var count: UInt64 = 0

  /// Creates the source for a connection.
  public init() {}

  func next() -> UInt64 {
    count &+= 1
    return count
  }
}

/// Stage that reads HTTP/1, HTTP/2 and WebSocket.
///
/// The content determines the protocol. If it is not HTTP, the stage ignores all further bytes. The framing of a response depends on its
/// request, so the bytes of one direction may have to wait for the other direction, within the limits of ``HTTPOptions``.
///
/// The accesses to properties that change with every packet are not checked for overlaps at run time. They cannot overlap: one thread uses
/// the object, and a value that is passed as `inout` is not touched elsewhere during the call.
public final class HTTPStage: TunnelStage {
  let context: HTTPContext
  let receiver: any HTTPReceiver
  let enclosure: Enclosure?
  let numbers: ExchangeNumbers
  /// Creates the stage that reads the content of a tunnel; nil if tunnels are not read.
  private let makeTunnel: ((Exchange) -> (any TunnelStage)?)?
  let directions = [Direction(.originator), Direction(.responder)]
  /// End that sends the requests; the originator until the protocol is known.
  @exclusivity(unchecked) public internal(set) var client = Sender.originator
  /// Whether the connection is HTTP.
  @exclusivity(unchecked) public internal(set) var isHTTP = false
  /// Whether the connection is not HTTP.
  @exclusivity(unchecked) var isNone = false
  /// Whether the connection is HTTP/0.9: a request of one line, and a response without a head.
  @exclusivity(unchecked) var isOld = false
  /// Exchanges in the order of their numbers; those before index `reported` were reported.
  @exclusivity(unchecked) var pending: [Exchange] = []
  @exclusivity(unchecked) var reported = 0
  /// Requests in order; those before index `answered` do not wait for a response any more.
  @exclusivity(unchecked) var open: [Exchange] = []
  @exclusivity(unchecked) var answered = 0
  /// Interim responses whose request is not known; they go to the next response.
  var strayInformational: [Informational] = []
  @exclusivity(unchecked) var tunnel: (any TunnelStage)?
  var tunnelExchange: Exchange?
  @exclusivity(unchecked) var http2: HTTP2Connection?
  /// Disputed ranges that no body lists, without those of a tunnel.
  var unlisted: (count: UInt64, bytes: Int64) = (0, 0)
  @exclusivity(unchecked) private var isDraining = false

  /// Creates a stage.
  ///
  /// - Parameters:
  ///   - context: state that all connections share.
  ///   - receiver: receiver of the messages.
  ///   - enclosure: layer that feeds the stage; nil directly above TCP.
  ///   - numbers: source of the numbers of the connection's exchanges.
  ///   - makeTunnel: creates the stage that reads the content of a tunnel; nil if tunnels are not read.
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

  /// Creates a stage that also reads HTTP in a tunnel, with the same receiver and numbers.
  ///
  /// A tunnel in that tunnel is not read.
  ///
  /// - Parameters:
  ///   - context: state that all connections share.
  ///   - receiver: receiver of the messages.
  ///   - enclosure: layer that feeds the stage; nil directly above TCP.
  ///   - numbers: source of the numbers of the connection's exchanges.
  public convenience init(
    context: HTTPContext, receiver: any HTTPReceiver, enclosure: Enclosure? = nil, numbers: ExchangeNumbers = ExchangeNumbers()
  ) {
    // The closure retains the receiver but not the stage, so there is no retain cycle.
    self.init(context: context, receiver: receiver, enclosure: enclosure, numbers: numbers) { _ in
      HTTPStage(context: context, receiver: receiver, enclosure: .connect, numbers: numbers, makeTunnel: nil)
    }
  }

  /// Exchange that opened a tunnel, and the time of the last byte of its response in nanoseconds since 1970-01-01 00:00 UTC; nil without one.
  public var tunnelOpening: (exchange: UInt64, time: Int64)? {
    guard let tunnelExchange, let response = tunnelExchange.response else { return nil }
    return (tunnelExchange.number, response.endTime)
  }

  /// Whether the stage needs only the number of further bytes of a direction: it is not HTTP, as long as the other one is not.
  ///
  /// - Parameter sender: the end that sends the bytes.
  /// - Returns: whether the bytes themselves do not matter.
  public func needsOnlyCount(from sender: Sender) -> Bool { isNone || self[sender].isRefused && !isHTTP }

  subscript(sender: Sender) -> Direction { directions[Int(sender.rawValue)] }

  func isClient(_ direction: Direction) -> Bool { direction.sender == client }

  /// Counts of the bytes of one direction, with those of a tunnel.
  ///
  /// - Parameter sender: the end that sent the bytes.
  /// - Returns: the counts, whose sum is the number of bytes received; nil if the connection is not HTTP.
  public func counts(from sender: Sender) -> HTTPCounts? {
    guard isHTTP else { return nil }
    var counts = self[sender].counts
    if let inner = tunnel?.counts(from: sender) {
      counts.add(inner)
      counts.unparsed &-= inner.total
    }
    return counts
  }

  /// Number and length of disputed ranges that are not in a body that is still to be reported, with those of a tunnel.
  public var lateDisputes: (count: UInt64, bytes: Int64) {
    guard let inner = tunnel?.lateDisputes else { return unlisted }
    return (unlisted.count &+ inner.count, unlisted.bytes &+ inner.bytes)
  }

  /// Records that the capture lacks the beginning of one direction.
  ///
  /// - Parameter sender: the end whose direction begins midstream.
  public func beginsMidstream(from sender: Sender) {
    self[sender].isMidstream = true
    self[sender].hasBegun = true
  }

  /// Reads the next bytes of one direction.
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
    // These bytes do not decide whether the other direction is HTTP.
    if direction.isRefused, !isHTTP { return passed(Int64(bytes.count), at: offset, from: sender) }
    guard direction.held.isEmpty, direction.state != .detecting else {
      hold(bytes, at: offset, stamp, direction)
      return resume(direction)
    }
    let used = consume(bytes, at: offset, stamp, direction)
    if used < bytes.count { hold(bytes.extracting(used...), at: offset &+ Int64(used), stamp, direction) }
    resume(direction.held.isEmpty ? self[sender.other] : direction)
  }

  /// Counts bytes of a direction that is not HTTP.
  ///
  /// - Parameters:
  ///   - count: the number of bytes.
  ///   - offset: stream offset of the first one.
  ///   - sender: the end that sent them.
  public func passed(_ count: Int64, at offset: Int64, from sender: Sender) {
    self[sender].counts.unparsed &+= count
    self[sender].offset = offset &+ count
  }

  /// Handles a gap.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first missing byte.
  ///   - length: number of missing bytes.
  ///   - isExact: whether `length` is exact.
  ///   - sender: the end that sent the missing bytes.
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

  /// Handles the end of one direction.
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
      // Both directions have ended, so nothing has to wait any more.
      settleUndecided()
      for direction in [direction, other] where !direction.held.isEmpty {
        direction.isForced = true
        drain(direction)
      }
      finish()
    }
  }

  /// Records that two captured copies of the same bytes differ.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first disputed byte.
  ///   - length: number of disputed bytes.
  ///   - sender: the end that sent the disputed bytes.
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

  /// Reads the input that waits, in both directions alternately, until neither makes progress.
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

  /// Reads the input of a direction that waits.
  ///
  /// - Returns: whether any of it was read.
  @discardableResult
  func drain(_ direction: Direction) -> Bool {
    guard direction.state != .detecting else { return false }
    var hasMoved = false
    // The input is taken out of the direction, because reading changes the direction.
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

  /// Reads bytes until the direction must wait for the other one.
  ///
  /// - Returns: the number of bytes read.
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

  /// Whether the next message of a direction must wait for the other direction.
  private func isBlocked(_ direction: Direction, _ stamp: ByteStamp) -> Bool {
    guard direction.state == .between, !direction.isForced else { return false }
    let other = self[direction.sender.other]
    if isClient(direction) {
      guard let awaited = direction.awaited else { return false }
      if awaited.response == nil, other.end == nil { return true }
      direction.awaited = nil
      return false
    }
    // The request of the response is still to come if the response acknowledges bytes of the client that were not read yet.
    guard answered == open.count, other.end == nil, other.state != .ignored else { return false }
    // If the client's stream has not begun, its acknowledged bytes are not known. A capture that begins midstream may have the request
    // later.
    guard let acknowledged = stamp.acknowledged else { return !other.hasBegun && !direction.isAlone }
    return acknowledged > other.offset
  }

  // MARK: reading

  /// Reads bytes in the present state of a direction.
  ///
  /// - Returns: the number of bytes read.
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

  /// Begins the tunnel that an exchange opened, in both directions.
  func openTunnel(_ exchange: Exchange) {
    exchange.tunnel = (0, 0)
    tunnelExchange = exchange
    tunnel = makeTunnel?(exchange)
    for direction in directions {
      giveUp(direction)
      direction.state = .tunnel
      direction.awaited = nil
      // The end of a direction is reported only once. If it preceded the tunnel, the tunnel gets it here.
      if let end = direction.end { tunnel?.end(end, from: direction.sender) }
      let known = direction.disputes
      direction.disputes = []
      for range in known { dispute(range, direction) }
    }
    context.perform { [receiver] in receiver.tunnelOpened(exchange) }
  }
}
