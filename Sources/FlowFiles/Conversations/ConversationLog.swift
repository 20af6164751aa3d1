public import Reassembly

/// What both sides of a connection said, kept until the connection is over, and then told in the order in which they said it.
///
/// A chunk stands after everything of the peer that its segment acknowledges, ties by capture order. The packets of a capture may be
/// in another order than they were sent in; what an end had seen when it sent something is written in the segment itself.
public final class ConversationLog {
  private let spool: Spool
  private let keepsBytes: Bool
  private var lanes: [SpoolLane?] = [nil, nil]
  /// Stream offset behind the last chunk of each side.
  private var ends: [Int64] = [0, 0]

  /// Makes an empty log.
  ///
  /// - Parameters:
  ///   - spool: where chunks wait.
  ///   - keepsBytes: the bytes are kept too, not only where they lie.
  public init(_ spool: Spool, keepsBytes: Bool) {
    self.spool = spool
    self.keepsBytes = keepsBytes
  }

  deinit { for lane in lanes { lane?.release() } }

  /// No chunk was added.
  public var isEmpty: Bool { lanes[0] == nil && lanes[1] == nil }

  /// Adds the new bytes that a stream is given.
  ///
  /// O(bytes).
  public func append(_ data: borrowing ReassembledData) {
    for index in 0..<data.chunkCount where data.chunkStart(at: index) >= data.savedCount {
      let chunk = data.chunk(at: index)
      let offset = data.newOffset &+ Int64(data.chunkStart(at: index) - data.savedCount)
      append(chunk, offset: offset, fileOffset: offset, stamp: data.captureInfo(ofChunk: index), from: data.side)
    }
  }

  func append(_ bytes: Span<UInt8>, offset: Int64, fileOffset: Int64, stamp: PacketStamp, from side: Side) {
    guard bytes.count > 0 else { return }
    let chunk = DeliveredChunk(
      side: side, offset: offset, length: Int64(bytes.count), fileOffset: fileOffset, stamp: stamp, peerEnd: ends[Int(side.other.rawValue)])
    let lane = lanes[Int(side.rawValue)] ?? SpoolLane(spool)
    lanes[Int(side.rawValue)] = lane
    lane.append(chunk.words, keepsBytes ? bytes : Span())
    ends[Int(side.rawValue)] = chunk.end
  }

  /// Tells all chunks in the order of the conversation, with their bytes where they were kept.
  ///
  /// O(chunks + bytes).
  ///
  /// - Returns: whether that was all of them: false where the spool lost some.
  public func replay(_ report: ConnectionReport, _ visit: (DeliveredChunk, Span<UInt8>) -> Void) -> Bool {
    var readers = Side.allCases.map { side in lanes[Int(side.rawValue)].map(SpoolReader.init) }
    var heads: [DeliveredChunk?] = [nil, nil]
    var isWhole = !lanes.contains { $0?.isBroken == true }
    var words: [UInt8] = []
    func advance(_ side: Side) {
      let index = Int(side.rawValue)
      guard readers[index]?.read(DeliveredChunk.wordCount * 8, into: &words) == true else {
        heads[index] = nil
        return
      }
      heads[index] = DeliveredChunk(words, side: side)
      heads[index]?.resolve(report[side.other])
    }
    Side.allCases.forEach(advance)
    var bytes: [UInt8] = []
    while let chunk = Self.next(heads[0], heads[1]) {
      if keepsBytes, readers[Int(chunk.side.rawValue)]?.read(Int(chunk.length), into: &bytes) != true {
        isWhole = false
        break
      }
      visit(chunk, bytes.span)
      advance(chunk.side)
    }
    return isWhole
  }

  /// Which of the next chunks of both sides comes first.
  static func next(_ originator: DeliveredChunk?, _ responder: DeliveredChunk?) -> DeliveredChunk? {
    guard let originator else { return responder }
    guard let responder else { return originator }
    let originatorWaits = originator.acknowledged.map { $0 > responder.offset } ?? false
    let responderWaits = responder.acknowledged.map { $0 > originator.offset } ?? false
    let earlier = originator.isEarlier(than: responder) ? originator : responder
    if originatorWaits == responderWaits {
      // Each acknowledges the other: one of them is a retransmission, which acknowledges more than the segment did that was first sent.
      // That is the one captured later, so it is the other's acknowledgment that holds.
      return originatorWaits ? (earlier == originator ? responder : originator) : earlier
    }
    return originatorWaits ? responder : originator
  }
}

extension ReassembledData {
  /// Offset in the stream of the first new byte.
  fileprivate var newOffset: Int64 {
    // Nothing was kept, or the gap lies between the kept bytes and the new ones.
    offset &+ Int64(savedCount) &+ (savedCount > 0 ? skipped ?? 0 : 0)
  }
}
