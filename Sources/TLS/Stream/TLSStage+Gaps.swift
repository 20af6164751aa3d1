internal import Stages

extension TLSStage {
  /// Passes clear application data to the receiver.
  func deliver(_ content: Range<Int>, stamp: ByteStamp, in direction: Direction) {
    guard !content.isEmpty else { return }
    direction.figures.records &+= 1
    // The bytes must not change during the call, although the receiver may feed another stage with the same scratch memory.
    let bytes = clear
    clear = []
    receiver.clear(bytes.span.extracting(content), at: direction.figures.length, stamp: stamp, from: direction.sender)
    clear = bytes
    direction.figures.bytes &+= Int64(content.count)
    direction.figures.length &+= Int64(content.count)
  }

  /// Reports the gap before a record that opened.
  ///
  /// - Parameters:
  ///   - direction: the direction.
  ///   - epoch: the epoch of the keys that opened it.
  ///   - sequence: its sequence number.
  ///   - sameKeys: whether those keys were in use before.
  ///   - overhead: the number of bytes of a record that are not clear bytes.
  func settle(_ direction: Direction, _ epoch: Direction.Epoch, _ sequence: UInt64, sameKeys: Bool, _ overhead: Int) {
    let missing = direction.missing
    guard !missing.isEmpty else { return }
    direction.missing = Missing()
    let number = Int64(clamping: sequence)
    let records = Int64(missing.records)
    let inStretch: Int64
    if sameKeys {
      // The handshake of TLS 1.3 has no application data, and early data that does not belong to the stream leaves no gap.
      if epoch == .handshake || epoch == .early && earlyData != .accepted { return }
      inStretch = max(0, number &- Int64(clamping: direction.sequence) &- records)
    } else {
      // The first encrypted record of the client was damaged before its keys were known; it is early data if the server accepted any.
      let isEarly = direction.epoch == .upTo12 && earlyData == .accepted && !isServer(direction)
      switch (isEarly ? .early : direction.epoch, epoch) {
      case (.early, _):
        if earlyData != .accepted, epoch == .handshake { return }
        inStretch = max(0, number &- records)
      case (.application, _): inStretch = max(0, number &+ 1 &- records)
      case (_, .application), (_, .early):
        // The records before these keys belong to the handshake.
        if number == 0 { return }
        inStretch = number
      case (_, .upTo12):
        // The first record is the Finished message.
        if number <= 1, !direction.hasOpened { return }
        inStretch = number
      default: return
      }
    }
    tell(missing.gap(at: direction.figures.length, inStretch: inStretch, overhead: overhead, sameKeys: sameKeys), direction)
  }

  /// Reports the gap at the end of a direction.
  func tellMissing(atEndOf direction: Direction) {
    if direction.unread > 0, !direction.isClosed { direction.missing.add(stretch: direction.unread, .key) }
    let missing = direction.missing
    guard !missing.isEmpty, !direction.isClosed else { return }
    direction.missing = Missing()
    let longest = Int64(RecordHead.maximum + RecordHead.size)
    let overhead = direction.protection?.overhead ?? RecordHead.size + 17
    tell(
      missing.gap(
        at: direction.figures.length, inStretch: (missing.stretch &+ longest &- 1) / longest, overhead: overhead,
        sameKeys: direction.protection != nil && direction.epoch == .upTo12), direction)
  }

  private func tell(_ gap: ClearGap?, _ direction: Direction) {
    guard let gap else { return }
    direction.figures.length &+= gap.length
    receiver.clearGap(gap, from: direction.sender)
  }

  /// Returns the greatest clear length of a record, and whether it is exact.
  func clearLength(of head: RecordHead, in direction: Direction) -> (length: Int, isExact: Bool) {
    guard head.type == RecordHead.ContentType.applicationData else { return (0, true) }
    guard let protection = direction.protection else { return (max(0, head.length - 17), false) }
    return (protection.clearLength(ofTotal: head.total), protection.tellsLength)
  }
}
