internal import Stages

/// One direction of a TLS connection.
final class Direction {
  /// What is done with the next bytes.
  enum Phase {
    /// Nothing is known yet: a hello is looked for.
    case detecting
    /// Records that are not encrypted.
    case plain
    /// Encrypted records, one behind the other.
    case protected
    /// Heads of records were lost: one that opens is looked for.
    case searching
    /// Nothing more comes out.
    case over
  }

  /// Keys of a direction, by what they protect.
  enum Epoch {
    /// All that is encrypted up to TLS 1.2.
    case upTo12
    /// Early data of TLS 1.3.
    case early
    /// The handshake of TLS 1.3.
    case handshake
    /// Application data of TLS 1.3.
    case application
  }

  let sender: Sender
  var pending = PendingBytes()
  var phase = Phase.detecting
  /// Place up to which bytes must come before the record at hand is whole; lower places mean nothing.
  var neededEnd = 0
  /// Bytes of a damaged record that are still to be passed over.
  var toSkip: Int64 = 0
  var messages = HandshakeReader()
  var missing = Missing()
  var figures = ClearFigures()

  var epoch = Epoch.upTo12
  /// nil where no key is known for the epoch.
  var protection: RecordProtection?
  /// Number of the record behind the last one that was opened.
  var sequence: UInt64 = 0
  /// Secret of the application data of TLS 1.3 that is in use.
  var trafficSecret: [UInt8]?
  /// Keys that may follow in TLS 1.3, once they were asked for.
  var followers: [(epoch: Epoch, protection: RecordProtection)]?
  /// Epoch that begins behind the record at hand.
  var nextEpoch: Epoch?
  /// Last block of the record before, for the chained vector of TLS 1.0.
  var lastBlock: [UInt8] = []
  /// Mean length of the records that were opened, in bytes; 0 before the first.
  var meanRecord: Int64 = 0

  /// Number of the handshake at hand, from 0; -1 before the first.
  var handshake = -1
  var hasHello = false
  var hasHelloDone = false
  /// Something was missing among the records that are not encrypted.
  var hasPlainLoss = false
  /// Number of the handshake that the keys come from.
  var keysOf = -1
  /// A ChangeCipherSpec came: other keys begin.
  var changesKeys = false
  /// A secret was looked for in vain and may still come.
  var missesSecrets = false
  /// Bytes and gaps that were passed over before anything was recognized.
  var passed: Int64 = 0
  var hasGapBefore = false
  /// The capture lacks its beginning.
  var beginsMidstream = false
  /// Records of TLS were recognized, and no hello before them.
  var isMidstream = false
  /// Decryptions that were tried behind the gap at hand.
  var tries = 0
  var hasOpened = false
  /// close_notify came.
  var isClosed = false
  var end: StreamEnd?
  var hasToldEnd = false
  /// Bytes that came after nothing more could be opened.
  var unread: Int64 = 0
  /// The other direction or a secret has to come first.
  var isBlocked = false
  /// Waiting bytes that are counted in the budget.
  var waiting = 0

  init(_ sender: Sender) { self.sender = sender }

  /// What is known of the hello of this end.
  enum HelloStatus { case seen, expected, lost }

  var helloStatus: HelloStatus {
    if hasHello { return .seen }
    switch phase {
    case .detecting: return end == nil ? .expected : .lost
    case .plain: return hasPlainLoss || end != nil && pending.count == 0 ? .lost : .expected
    case .protected, .searching, .over: return .lost
    }
  }

  /// Begins to use other keys.
  func begin(_ epoch: Epoch, _ protection: RecordProtection?, sequence: UInt64 = 0) {
    self.epoch = epoch
    self.protection = protection
    self.sequence = sequence
    followers = nil
    nextEpoch = nil
    phase = .protected
    lastBlock = protection?.vector ?? []
  }

  /// Looks for a record that opens, behind a stretch in which heads may be missing.
  func search(behind length: Int64, isExact: Bool = true, _ kind: ClearGap.Kind = .lost) {
    missing.add(stretch: length, isExact: isExact, kind)
    phase = .searching
    lastBlock = []
    messages.reset()
    tries = 0
  }

  /// A gap may have held a record for every 22 bytes, under this key or the next, and what looks like a head behind it may be none.
  ///
  /// - Parameter stretch: length of the gap and of what was passed over behind it, in bytes.
  /// - Returns: the number of decryptions that may still be tried.
  func triesLeft(behind stretch: Int64) -> Int {
    let most = isMidstream ? Self.midstreamTries : Int(min(65_536, stretch / 4 + 256))
    return max(0, most - tries)
  }

  /// Where the capture begins midway, the number of records before is not known.
  private static let midstreamTries = 4_096
}
