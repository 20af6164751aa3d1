internal import Stages

extension TLSStage {
  /// Hands clear bytes of application data on.
  func deliver(_ content: Range<Int>, stamp: ByteStamp, in direction: Direction) {
    guard !content.isEmpty else { return }
    direction.figures.records &+= 1
    // What the receiver is handed must not change while it has it: it may feed a stage from within the call.
    let bytes = clear
    clear = []
    receiver.clear(bytes.span.extracting(content), at: direction.figures.length, stamp: stamp, from: direction.sender)
    clear = bytes
    direction.figures.bytes &+= Int64(content.count)
    direction.figures.length &+= Int64(content.count)
  }

  /// A record opened: what was missing before it is known now.
  ///
  /// - Parameters:
  ///   - direction: the direction.
  ///   - epoch: the keys with which it opened.
  ///   - sequence: its number under them.
  ///   - sameKeys: whether they are those that were in use.
  ///   - overhead: the bytes of a record that are no clear bytes.
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
      // The first encrypted record of the client was damaged before its keys were chosen: it is early data if the server accepted that.
      let isEarly = direction.epoch == .upTo12 && earlyData == .accepted && !isServer(direction)
      switch (isEarly ? .early : direction.epoch, epoch) {
      case (.early, _):
        if earlyData != .accepted, epoch == .handshake { return }
        inStretch = max(0, number &- records)
      case (.application, _): inStretch = max(0, number &+ 1 &- records)
      case (_, .application), (_, .early):
        // What came before these keys was the handshake.
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

  /// States what is missing at the end of a direction, behind which no record opened.
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

  /// Clear bytes that a record can have held, and whether that is exact.
  func clearLength(of head: RecordHead, in direction: Direction) -> (length: Int, isExact: Bool) {
    guard head.type == RecordHead.ContentType.applicationData else { return (0, true) }
    guard let protection = direction.protection else { return (max(0, head.length - 17), false) }
    return (protection.clearLength(ofTotal: head.total), protection.tellsLength)
  }
}
