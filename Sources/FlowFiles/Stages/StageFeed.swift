internal import Packets
public import Reassembly
public import Stages

/// Feeds a stage from the TCP stream of one connection.
///
/// It stands beside whatever else takes the stream, and is made only for connections of which somebody wants the layers above TCP. The
/// originator of the connection is the originator of the stage. O(1) for each call but for the work of the stage.
public final class StageFeed {
  /// The stage that is fed.
  public let stage: any Stage
  private var hasEnded = [false, false]

  /// Makes the feed of a stage.
  ///
  /// - Parameter stage: the stage; nothing of the connection was delivered yet.
  public init(_ stage: any Stage) { self.stage = stage }

  /// Takes what a stream is given; bytes that the stream kept are not taken again.
  ///
  /// - Parameter data: the bytes.
  public func reassembled(_ data: borrowing ReassembledData) {
    let sender = data.side.sender
    if data.isStart, data.skipped == nil { stage.beginsMidstream(from: sender) }
    // Kept bytes lie before the new ones, with a gap between them or not; the new ones are what the stage lacks.
    let shift = data.savedCount > 0 ? data.skipped ?? 0 : 0
    for index in 0..<data.chunkCount where data.chunkStart(at: index) >= data.savedCount {
      let info = data.captureInfo(ofChunk: index)
      let stamp = ByteStamp(
        nanoseconds: info.time.nanoseconds, packet: info.packetNumber, input: info.input,
        acknowledged: data.acknowledgedOffset(ofChunk: index))
      let offset = data.offset &+ shift &+ Int64(data.chunkStart(at: index))
      let bytes = data.chunk(at: index)
      if bytes.count > 0 { stage.bytes(bytes, at: offset, stamp: stamp, from: sender) }
    }
    if data.endsWithFIN { end(.finished, from: sender) }
  }

  /// Takes a range that was given up.
  ///
  /// - Parameters:
  ///   - gap: the range.
  ///   - side: the end that sent it.
  public func gap(_ gap: Gap, from side: Side) {
    // Behind a pause of the capture the distance is known only up to a multiple of 2^32.
    stage.gap(at: gap.offset, length: gap.length, isExact: gap.kind != .jump, from: side.sender)
  }

  /// Takes note that two copies of a range differ.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first differing byte.
  ///   - length: number of bytes that differ, without a break.
  ///   - side: the end that sent it.
  public func disputed(at offset: Int64, length: Int64, from side: Side) {
    stage.disputed(at: offset, length: length, from: side.sender)
  }

  /// Takes note that the connection is over: each direction that has not ended yet ends.
  ///
  /// - Parameter report: what is known of the connection.
  public func complete(_ report: ConnectionReport) {
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

extension Side {
  /// The same end, as stages call it.
  var sender: Sender { self == .originator ? .originator : .responder }
}
