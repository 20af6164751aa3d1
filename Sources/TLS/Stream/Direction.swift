internal import Stages

/// One direction of a TLS connection.
final class Direction {
  /// Treatment of the next bytes.
  enum Phase {
    /// A hello is searched for.
    case detecting
    /// Records are not encrypted.
    case plain
    /// Records are encrypted and contiguous.
    case protected
    /// Heads of records were lost, and a record that opens is searched for.
    case searching
    /// The direction yields nothing more.
    case over
  }

  /// Keys of a direction, by the data they protect.
  enum Epoch {
    /// All encrypted data up to TLS 1.2.
    case upTo12
    /// Early data of TLS 1.3.
    case early
    /// The handshake of TLS 1.3.
    case handshake
    /// Application data of TLS 1.3.
    case application
  }

  let sender: Sender
  @exclusivity(unchecked) var pending = PendingBytes()
  @exclusivity(unchecked) var phase = Phase.detecting
  /// Place behind the last byte of the incomplete record; places before the end of the pending bytes mean nothing.
  @exclusivity(unchecked) var neededEnd = 0
  /// Number of bytes of a damaged record that are still to be skipped.
  var toSkip: Int64 = 0
  var messages = HandshakeReader()
  var missing = Missing()
  var figures = ClearFigures()

  var epoch = Epoch.upTo12
  /// Keys of the epoch; nil if they are not known.
  var protection: RecordProtection?
  /// Number of the record behind the last one that was opened.
  var sequence: UInt64 = 0
  /// Secret of the application data of TLS 1.3 that is in use.
  var trafficSecret: [UInt8]?
  /// Keys that may follow in TLS 1.3, after they were derived.
  var followers: [(epoch: Epoch, protection: RecordProtection)]?
  /// Epoch that begins behind the current record.
  var nextEpoch: Epoch?
  /// Last block of the record before, for the chained vector of TLS 1.0.
  var lastBlock: [UInt8] = []
  /// Mean length of the records that were opened, in bytes; 0 before the first.
  var meanRecord: Int64 = 0

  /// Number of the current handshake, from 0; -1 before the first.
  var handshake = -1
  var hasHello = false
  var hasHelloDone = false
  /// Whether unencrypted records were lost.
  var hasPlainLoss = false
  /// Number of the handshake from which the keys were derived.
  var keysOf = -1
  /// Packet that completed the Finished message of the first handshake; nil before it.
  var finishedAt: ByteStamp?
  /// Whether a ChangeCipherSpec came, behind which other keys begin.
  var changesKeys = false
  /// Whether a secret was not found and may still come.
  var missesSecrets = false
  /// Number of bytes, gaps included, that were skipped before TLS was detected.
  @exclusivity(unchecked) var passed: Int64 = 0
  @exclusivity(unchecked) var hasGapBefore = false
  /// Whether the beginning was not captured.
  var beginsMidstream = false
  /// Whether records were detected without a hello before them.
  var isMidstream = false
  /// Number of decryptions tried behind the current gap.
  var tries = 0
  var hasOpened = false
  /// Whether close_notify came.
  var isClosed = false
  @exclusivity(unchecked) var end: StreamEnd?
  var hasToldEnd = false
  /// Number of bytes that came after the direction was given up.
  var unread: Int64 = 0
  /// Whether the other direction or a secret must come first.
  @exclusivity(unchecked) var isBlocked = false
  /// Number of waiting bytes counted in the budget.
  @exclusivity(unchecked) var waiting = 0

  init(_ sender: Sender) { self.sender = sender }

  /// Knowledge about the hello of this end.
  enum HelloStatus { case seen, expected, lost }

  var helloStatus: HelloStatus {
    if hasHello { return .seen }
    switch phase {
    case .detecting: return end == nil ? .expected : .lost
    case .plain: return hasPlainLoss || end != nil && pending.count == 0 ? .lost : .expected
    case .protected, .searching, .over: return .lost
    }
  }

  /// Changes to other keys.
  func begin(_ epoch: Epoch, _ protection: RecordProtection?, sequence: UInt64 = 0) {
    self.epoch = epoch
    self.protection = protection
    self.sequence = sequence
    followers = nil
    nextEpoch = nil
    phase = .protected
    lastBlock = protection?.vector ?? []
  }

  /// Begins the search for a record that opens, behind a stretch in which heads may be missing.
  func search(behind length: Int64, isExact: Bool = true, _ kind: ClearGap.Kind = .lost) {
    missing.add(stretch: length, isExact: isExact, kind)
    phase = .searching
    lastBlock = []
    messages.reset()
    tries = 0
  }

  /// Returns the number of decryptions that may still be tried behind a gap.
  ///
  /// A gap may have contained a record per 22 bytes, under this key or the next, and a plausible head behind it may be none.
  ///
  /// - Parameter stretch: the length of the gap and of the bytes skipped behind it.
  /// - Returns: the number of decryptions.
  func triesLeft(behind stretch: Int64) -> Int {
    let most = isMidstream ? Self.midstreamTries : Int(min(65_536, stretch / 4 + 256))
    return max(0, most - tries)
  }

  /// Number of decryptions tried if the capture begins midway, so that the number of earlier records is unknown.
  private static let midstreamTries = 4_096
}
