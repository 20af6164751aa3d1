public import Stages

/// Stage that turns TLS into clear bytes.
///
/// It takes both directions of a connection, finds where TLS begins, reads the hellos, and opens the records that a secret is known for.
/// Where bytes were lost it goes on behind them: a record counts when its tag or MAC holds, and its sequence number tells how many were
/// lost. Ciphertext waits for hellos and secrets that may still come, within a ``WaitingBudget``.
public final class TLSStage: Stage {
  /// Handshake whose messages come in two directions.
  struct Handshake {
    var client: ClientHello?
    var server: ServerHello?
    /// Keys up to TLS 1.2, once they were derived.
    var protections: (client: RecordProtection, server: RecordProtection)?
  }

  /// What became of early data.
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
  /// Random by which secrets are looked up, where no ClientHello has it: that of the line that fitted.
  var foundRandom: ClientRandom?
  /// Suite that fitted, where no ServerHello has it.
  var foundSuite: CipherSuite?
  /// Decryptions that may still be tried with secrets of the key log that do not name the connection.
  var keyLogTriesLeft = 4_096
  /// Nothing more comes: what waits goes on with what is known.
  private(set) var isFinal = false
  var hasRefusedSuite = false
  /// A HelloRetryRequest came.
  var hasRetried = false
  private var hasReachedLimit = false
  private var isAdvancing = false
  /// Counts what one direction learned that the other may wait for.
  var news = 0
  /// What was opened last.
  var clear: [UInt8] {
    _read { yield budget.scratch }
    _modify { yield &budget.scratch }
  }

  /// What is known of the connection; complete when both directions have ended.
  public internal(set) var facts = TLSFacts()

  /// Whether TLS was recognized in the connection.
  public private(set) var isTLS = false

  /// Creates a stage for one connection.
  ///
  /// - Parameters:
  ///   - secrets: where secrets come from.
  ///   - budget: the limit for what waits, of all connections together.
  ///   - receiver: what takes the clear bytes.
  public init(secrets: any SecretSource, budget: WaitingBudget, receiver: any ClearReceiver) {
    self.secrets = secrets
    self.budget = budget
    self.receiver = receiver
  }

  /// What came out of a direction.
  public func figures(of sender: Sender) -> ClearFigures { direction(sender).figures }

  /// Whether nothing more can come of the bytes of the connection: it is no TLS, or cannot be opened.
  public var isOver: Bool { originator.phase == .over && responder.phase == .over }

  /// Whether ciphertext waits for a secret.
  public var isWaiting: Bool { originator.missesSecrets || responder.missesSecrets }

  /// Takes note that the source has more secrets.
  public func secretsChanged() {
    guard originator.missesSecrets || responder.missesSecrets else { return }
    askAgain()
    advance()
  }

  /// Secrets that were not there are looked for once more.
  private func askAgain() {
    originator.missesSecrets = false
    responder.missesSecrets = false
  }

  func direction(_ sender: Sender) -> Direction { sender == .originator ? originator : responder }

  /// The direction from the server; nil before roles are known.
  var serverDirection: Direction? { client.map { direction($0.other) } }

  var clientDirection: Direction? { client.map { direction($0) } }

  func recognize() { isTLS = true }

  /// Takes note that the beginning of one direction was not captured.
  public func beginsMidstream(from sender: Sender) { direction(sender).beginsMidstream = true }

  /// Takes the next bytes of one direction.
  public func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    let direction = direction(sender)
    guard direction.phase != .over else {
      if !direction.isClosed { direction.unread &+= Int64(bytes.count) }
      return
    }
    direction.pending.append(bytes, stamp)
    // The rest of a record comes in many packets, and nothing is to be done before the last one.
    if direction.pending.end >= direction.neededEnd { advance() }
  }

  /// Takes note of bytes that the capture lacks.
  public func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender) {
    let direction = direction(sender)
    guard length > 0, direction.phase != .over else {
      if !direction.isClosed { direction.unread &+= length }
      return
    }
    direction.pending.append(holeOf: length, isExact: isExact)
    direction.neededEnd = 0
    advance()
  }

  /// Does nothing: of two copies that differ the tag of the record tells whether the one that was kept is right.
  public func disputed(at offset: Int64, length: Int64, from sender: Sender) {}

  /// Takes note that nothing more comes of one direction; with the second end the facts are complete.
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

  // MARK: Going on

  /// Result of a step of one direction.
  enum Step {
    /// Something was used, or the phase changed.
    case advanced
    /// More bytes are needed.
    case hungry
    /// The other direction or a secret has to come first.
    case blocked
  }

  /// Goes on in both directions as far as that is possible.
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

  /// Lets go of what waits in a direction of which nothing more comes out.
  private func discard(_ direction: Direction) {
    if !direction.isClosed { direction.unread &+= Int64(direction.pending.count) }
    direction.pending.removeAll()
    _ = budget.change(from: direction.waiting, to: 0)
    direction.waiting = 0
    direction.isBlocked = false
    if direction.end != nil { finish(direction) }
  }

  /// Nothing more comes of a direction.
  private func finish(_ direction: Direction) {
    if direction.phase != .over {
      direction.phase = .over
      news += 1
      if !direction.isClosed { direction.unread &+= Int64(direction.pending.count) }
      direction.pending.removeAll()
    }
  }

  // MARK: The end

  /// Both directions have ended: states what is missing at their ends, and why nothing was opened.
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
