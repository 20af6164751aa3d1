public import Stages

/// Stage that turns TLS into clear bytes.
///
/// It takes both directions of a connection, detects the beginning of TLS, reads the hellos, and opens the records of which a secret is known.
/// Behind lost bytes it continues: a record counts if its tag or MAC holds, and its sequence number determines how many records were lost.
/// Ciphertext waits for hellos and secrets that may still come, within a ``WaitingBudget``.
public final class TLSStage: Stage {
  /// Handshake whose messages come in two directions.
  struct Handshake {
    var client: ClientHello?
    var server: ServerHello?
    /// Keys up to TLS 1.2, after they were derived.
    var protections: (client: RecordProtection, server: RecordProtection)?
  }

  /// Fate of the early data.
  enum EarlyData {
    case unknown, accepted, rejected, unknowable
  }

  let secrets: any SecretSource
  let receiver: any ClearReceiver
  private let budget: WaitingBudget
  let originator = Direction(.originator)
  let responder = Direction(.responder)
  /// Handshakes that a direction is still in, by number.
  var handshakes: [Int: Handshake] = [:]
  /// The end that sent the ClientHello; nil if that is not known.
  public internal(set) var client: Sender?
  var earlyData = EarlyData.unknown
  /// Random in the key log line that opened a record, for connections whose ClientHello was lost.
  var foundRandom: ClientRandom?
  /// Suite that opened a record, for connections whose ServerHello was lost.
  var foundSuite: CipherSuite?
  /// Decryptions that may still be tried with secrets of the key log that do not name the connection.
  var keyLogTriesLeft = 4_096
  /// Whether both directions have ended, so that nothing is waited for.
  private(set) var isFinal = false
  var hasRefusedSuite = false
  /// Whether a HelloRetryRequest came.
  var hasRetried = false
  private var hasReachedLimit = false
  @exclusivity(unchecked) private var isAdvancing = false
  /// Number of facts that a direction found and the other may wait for.
  @exclusivity(unchecked) var news = 0
  /// Contents of the last opened record.
  var clear: [UInt8] {
    _read { yield budget.scratch }
    _modify { yield &budget.scratch }
  }

  /// Facts about the connection, complete when both directions have ended.
  public internal(set) var facts = TLSFacts()

  /// Whether TLS was recognized in the connection.
  @exclusivity(unchecked) public private(set) var isTLS = false

  /// Creates a stage for one connection.
  ///
  /// - Parameters:
  ///   - secrets: the source of secrets.
  ///   - budget: the limit of waiting ciphertext, for all connections together.
  ///   - receiver: the consumer of the clear bytes.
  public init(secrets: any SecretSource, budget: WaitingBudget, receiver: any ClearReceiver) {
    self.secrets = secrets
    self.budget = budget
    self.receiver = receiver
  }

  /// Returns the figures of a direction.
  ///
  /// - Parameter sender: the end that sent it.
  /// - Returns: the figures so far.
  public func figures(of sender: Sender) -> ClearFigures { direction(sender).figures }

  /// Whether the stage ignores all further bytes, because the connection is not TLS or cannot be opened.
  public var isOver: Bool { originator.phase == .over && responder.phase == .over }

  /// Whether the stage needs only the number of further bytes of a direction, because it is not TLS or cannot be opened.
  ///
  /// - Parameter sender: the end that sends the bytes.
  /// - Returns: whether the bytes themselves do not matter.
  public func needsOnlyCount(from sender: Sender) -> Bool { direction(sender).phase == .over }

  /// Counts bytes of a direction that is not read.
  ///
  /// - Parameters:
  ///   - count: the number of bytes.
  ///   - offset: the stream offset of the first one.
  ///   - sender: the end that sent them.
  public func passed(_ count: Int64, at offset: Int64, from sender: Sender) {
    let direction = direction(sender)
    if !direction.isClosed { direction.unread &+= count }
  }

  /// Whether ciphertext waits for a secret.
  public var isWaiting: Bool { originator.missesSecrets || responder.missesSecrets }

  /// Looks again for the secrets that the connection waits for, because the source has new ones.
  public func secretsChanged() {
    guard originator.missesSecrets || responder.missesSecrets else { return }
    askAgain()
    advance()
  }

  /// Makes both directions look for missing secrets again.
  private func askAgain() {
    originator.missesSecrets = false
    responder.missesSecrets = false
  }

  func direction(_ sender: Sender) -> Direction { sender == .originator ? originator : responder }

  /// Direction from the server; nil before the roles are known.
  var serverDirection: Direction? { client.map { direction($0.other) } }

  var clientDirection: Direction? { client.map { direction($0) } }

  func recognize() { isTLS = true }

  /// Notes that the beginning of a direction was not captured.
  ///
  /// - Parameter sender: the end that sent it.
  public func beginsMidstream(from sender: Sender) { direction(sender).beginsMidstream = true }

  /// Reads the next bytes of a direction.
  ///
  /// O(number of bytes) on average.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - offset: the stream offset of the first one.
  ///   - stamp: the packet that brought them.
  ///   - sender: the end that sent them.
  public func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    let direction = direction(sender)
    guard direction.phase != .over else { return passed(Int64(bytes.count), at: offset, from: sender) }
    direction.pending.append(bytes, stamp)
    // A record comes in many packets, and only the last one completes it.
    if direction.pending.end >= direction.neededEnd { advance() }
  }

  /// Notes a range that is missing in the capture.
  ///
  /// - Parameters:
  ///   - offset: the stream offset of the first missing byte.
  ///   - length: the number of missing bytes.
  ///   - isExact: whether the length is exact.
  ///   - sender: the end that sent them.
  public func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender) {
    let direction = direction(sender)
    guard length > 0, direction.phase != .over else { return passed(length, at: offset, from: sender) }
    direction.pending.append(holeOf: length, isExact: isExact)
    direction.neededEnd = 0
    advance()
  }

  /// Does nothing, because the tag of the record proves whether the copy that was kept is right.
  ///
  /// - Parameters:
  ///   - offset: the stream offset of the first differing byte.
  ///   - length: the number of differing bytes.
  ///   - sender: the end that sent them.
  public func disputed(at offset: Int64, length: Int64, from sender: Sender) {}

  /// Notes the end of a direction; the second end completes ``facts``.
  ///
  /// - Parameters:
  ///   - end: the reason.
  ///   - sender: the end that sent the direction.
  public func end(_ end: StreamEnd, from sender: Sender) {
    let direction = direction(sender)
    guard direction.end == nil else { return }
    direction.end = end
    advance()
    guard originator.end != nil, responder.end != nil else { return }
    isFinal = true
    askAgain()
    advance()
    conclude()
  }

  // MARK: Steps

  /// Result of a step of one direction.
  enum Step {
    /// Bytes were used, or the phase changed.
    case advanced
    /// More bytes are needed.
    case hungry
    /// The other direction or a secret must come first.
    case blocked
  }

  /// Processes both directions as far as possible.
  private func advance() {
    // A receiver may feed a stage from within a call.
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    var before: Int
    repeat {
      before = news
      advance(originator)
      advance(responder)
    } while news != before
    updateWaiting(originator)
    updateWaiting(responder)
  }

  private func advance(_ direction: Direction) {
    var step = Step.advanced
    while step == .advanced, direction.phase != .over { step = self.step(direction) }
    if direction.phase == .over {
      discard(direction)
    } else if step == .hungry, direction.end != nil {
      finish(direction)
    }
    direction.isBlocked = step == .blocked
  }

  private func updateWaiting(_ direction: Direction) {
    let waiting = direction.isBlocked ? direction.pending.memory : 0
    if budget.change(from: direction.waiting, to: waiting) {
      direction.waiting = waiting
      return
    }
    hasReachedLimit = true
    for direction in [originator, responder] {
      direction.phase = .over
      discard(direction)
    }
  }

  /// Releases the waiting bytes of a direction that yields nothing more.
  private func discard(_ direction: Direction) {
    if !direction.isClosed { direction.unread &+= Int64(direction.pending.count) }
    direction.pending.removeAll()
    _ = budget.change(from: direction.waiting, to: 0)
    direction.waiting = 0
    direction.isBlocked = false
    if direction.end != nil { finish(direction) }
  }

  /// Completes a direction that has ended.
  private func finish(_ direction: Direction) {
    if direction.phase != .over {
      direction.phase = .over
      news += 1
      if !direction.isClosed { direction.unread &+= Int64(direction.pending.count) }
      direction.pending.removeAll()
    }
  }

  // MARK: The end

  /// Reports the gaps at the ends of both directions, and the reason if nothing was opened.
  private func conclude() {
    for direction in [originator, responder] where isTLS && !direction.hasToldEnd {
      direction.hasToldEnd = true
      if facts.isClear { tellMissing(atEndOf: direction) }
      receiver.clearEnd(direction.isClosed ? .finished : direction.end ?? .unknown, from: direction.sender)
    }
    handshakes = [:]
    guard isTLS, !facts.isClear else { return }
    let hasHello = originator.hasHello || responder.hasHello
    if hasRefusedSuite {
      facts.obstacle = .suite
    } else if hasReachedLimit {
      facts.obstacle = .waitingLimit
    } else if !hasHello {
      facts.obstacle = .midstream
    } else if !originator.hasHello || !responder.hasHello {
      facts.obstacle = .lostHello
    } else {
      facts.obstacle = .key
    }
  }
}
