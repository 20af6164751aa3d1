internal import Packets
public import Reassembly
public import Stages

/// Feed of a stage from the TCP stream of one connection.
///
/// It is independent of the other readers of the stream, and exists only for connections of which layers above TCP are needed. The
/// originator of the connection is the originator of the stage. Each call takes O(1) plus the work of the stage.
public final class StageFeed {
  /// The stage that is fed.
  public let stage: any Stage
  private var hasEnded = [false, false]
  /// Bytes of each direction that the stage needs only the number of and was not told yet; nil while it needs the bytes.
  private var passed: [Range<Int64>?] = [nil, nil]

  /// Creates the feed of a stage.
  ///
  /// - Parameter stage: the stage; nothing of the connection was delivered yet.
  public init(_ stage: any Stage) { self.stage = stage }

  /// Passes a delivery to the stage, without bytes that the stream kept and the stage already has.
  ///
  /// - Parameter data: the delivery.
  public func reassembled(_ data: borrowing ReassembledData) {
    let sender = data.side.sender
    if let range = passed[Int(sender.rawValue)], !data.endsWithFIN {
      passed[Int(sender.rawValue)] = range.lowerBound..<max(range.lowerBound, data.newOffset &+ Int64(data.newCount))
      return
    }
    tellPassed()
    if !data.endsWithFIN, !data.isStart, stage.needsOnlyCount(from: sender) {
      passed[Int(sender.rawValue)] = data.newOffset..<(data.newOffset &+ Int64(data.newCount))
      return
    }
    if data.isStart, data.skipped == nil { stage.beginsMidstream(from: sender) }
    for index in data.newChunks {
      let info = data.captureInfo(ofChunk: index)
      let stamp = ByteStamp(
        nanoseconds: info.time.nanoseconds, packet: info.packetNumber, input: info.input,
        acknowledged: data.acknowledgedOffset(ofChunk: index))
      let bytes = data.chunk(at: index)
      if bytes.count > 0 { stage.bytes(bytes, at: data.offset(ofNewChunk: index), stamp: stamp, from: sender) }
    }
    if data.endsWithFIN { end(.finished, from: sender) }
  }

  /// Tells the stage how many bytes it was not given; from now on it gets bytes again, until it is asked whether it needs them.
  private func tellPassed() {
    for sender in [Sender.originator, .responder] {
      guard let range = passed[Int(sender.rawValue)] else { continue }
      passed[Int(sender.rawValue)] = nil
      if !range.isEmpty { stage.passed(range.upperBound &- range.lowerBound, at: range.lowerBound, from: sender) }
    }
  }

  /// Passes a gap to the stage.
  ///
  /// - Parameters:
  ///   - gap: the missing range.
  ///   - side: the end that sent it.
  public func gap(_ gap: Gap, from side: Side) {
    tellPassed()
    // Behind a pause of the capture the distance is known only up to a multiple of 2^32.
    stage.gap(at: gap.offset, length: gap.length, isExact: gap.kind != .jump, from: side.sender)
  }

  /// Notifies the stage that two copies of a range differ.
  ///
  /// - Parameters:
  ///   - offset: the stream offset of the first differing byte.
  ///   - length: the number of contiguous bytes that differ.
  ///   - side: the end that sent it.
  public func disputed(at offset: Int64, length: Int64, from side: Side) {
    tellPassed()
    stage.disputed(at: offset, length: length, from: side.sender)
  }

  /// Notifies the stage that the connection is over: each direction that has not ended yet ends.
  ///
  /// - Parameter report: the assembler's report of the connection.
  public func complete(_ report: ConnectionReport) {
    tellPassed()
    for side in Side.allCases {
      let end: StreamEnd =
        switch report[side].end {
        case .fin: .finished
        case .rst: .reset
        // A reset by the receiver ends the direction as well.
        case .none: report[side.other].end == .rst ? .reset : .unknown
        }
      self.end(end, from: side.sender)
    }
  }

  private func end(_ end: StreamEnd, from sender: Sender) {
    guard !hasEnded[Int(sender.rawValue)] else { return }
    hasEnded[Int(sender.rawValue)] = true
    stage.end(end, from: sender)
  }
}
