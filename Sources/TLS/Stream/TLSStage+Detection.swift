internal import Stages

extension TLSStage {
  /// Number of bytes of each direction that are searched for a hello.
  private static let helloLimit: Int64 = 8 << 10
  /// Number of bytes that are searched for two consecutive records; a record may have begun before the capture.
  private static let recordLimit: Int64 = 20 << 10

  /// Searches a direction for the beginning of TLS.
  func detect(_ direction: Direction) -> Step {
    let isOtherTLS = isTLS
    // The hello may lie in the gap, so records may follow.
    if isOtherTLS, direction.hasGapBefore {
      direction.search(behind: direction.passed)
      news += 1
      return .advanced
    }
    let end = direction.pending.contiguousEnd
    let isComplete = direction.pending.nextHole != nil || direction.end != nil
    var place = direction.pending.head
    while true {
      place = direction.pending.firstRecordStart(from: place)
      guard place < end else { break }
      switch candidate(at: place, direction, isComplete) {
      case .none: place += 1
      case .hello:
        pass(direction, to: place)
        direction.phase = .plain
        recognize()
        news += 1
        return .advanced
      case .records where !direction.hasHello:
        pass(direction, to: place)
        direction.isMidstream = direction.beginsMidstream && !direction.hasGapBefore
        direction.search(behind: direction.hasGapBefore || isOtherTLS ? direction.passed : 0, isExact: direction.hasGapBefore)
        recognize()
        news += 1
        return .advanced
      case .records: place += 1
      case .undecided:
        pass(direction, to: place)
        return isPastLimit(direction)
      }
    }
    pass(direction, to: place)
    if let hole = direction.pending.nextHole {
      direction.pending.removeHole()
      direction.passed &+= hole.length
      direction.hasGapBefore = true
      return .advanced
    }
    return isPastLimit(direction)
  }

  /// Gives the search up if it passed the limit.
  private func isPastLimit(_ direction: Direction) -> Step {
    guard direction.passed > Self.recordLimit, !isTLS else { return .hungry }
    direction.phase = .over
    news += 1
    return .advanced
  }

  private func pass(_ direction: Direction, to place: Int) {
    direction.passed &+= Int64(place - direction.pending.head)
    direction.pending.use(to: place)
  }

  private enum Candidate {
    case none, undecided, hello, records
  }

  /// Classifies the bytes at a place.
  private func candidate(at place: Int, _ direction: Direction, _ isComplete: Bool) -> Candidate {
    let pending = direction.pending
    guard let head = pending.recordHead(at: place) else { return isComplete ? .none : .undecided }
    guard head.isPlausible else { return .none }
    if head.type == RecordHead.ContentType.handshake, direction.passed <= Self.helloLimit || isTLS {
      switch isHello(pending, at: place + RecordHead.size, in: head.length) {
      case true?: return .hello
      case nil where !isComplete: return .undecided
      default: break
      }
    }
    guard direction.beginsMidstream || direction.hasGapBefore || isTLS else { return .none }
    guard head.type != RecordHead.ContentType.applicationData || head.length >= 17 else { return .none }
    guard let next = pending.recordHead(at: place + head.total) else { return isComplete ? .none : .undecided }
    return next.isPlausible && next.length > 0 ? .records : .none
  }

  /// Whether a hello begins at a place; nil if more bytes are needed.
  private func isHello(_ pending: PendingBytes, at place: Int, in length: Int) -> Bool? {
    func byte(_ offset: Int) -> UInt8? {
      place + offset < pending.contiguousEnd ? pending[place + offset] : nil
    }
    // A record may be shorter than these fields.
    for offset in 0..<min(length, 39) where offset < 6 || offset == 38 {
      guard let value = byte(offset) else { return nil }
      switch offset {
      case 0 where value != HandshakeReader.MessageType.clientHello && value != HandshakeReader.MessageType.serverHello,
        1 where value != 0,
        4 where value != 3,
        5 where value > 4,
        38 where value > 32:
        return false
      default: break
      }
    }
    return true
  }
}
