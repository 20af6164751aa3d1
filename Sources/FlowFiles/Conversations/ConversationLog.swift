public import Reassembly
public import Stages

/// Log of the bytes that both sides of a connection sent, which is replayed in conversation order when the connection is over.
///
/// A chunk comes after everything of the peer that its segment acknowledges, with ties in capture order. The packets of a capture may be in
/// another order than they were sent in, but each segment states what its sender had received by then.
public final class ConversationLog {
  private let spool: Spool
  private let keepsBytes: Bool
  private var lanes: [SpoolLane?] = [nil, nil]
  /// Stream offset of the end of each side's last chunk.
  private var ends: [Int64] = [0, 0]

  /// Creates an empty log.
  ///
  /// - Parameters:
  ///   - spool: the spool that stores chunks.
  ///   - keepsBytes: whether the bytes are stored too, not only their places.
  public init(_ spool: Spool, keepsBytes: Bool) {
    self.spool = spool
    self.keepsBytes = keepsBytes
  }

  deinit { for lane in lanes { lane?.release() } }

  /// Whether no chunk was added.
  public var isEmpty: Bool { lanes[0] == nil && lanes[1] == nil }

  /// Adds the new bytes of a delivery.
  ///
  /// O(bytes).
  ///
  /// - Parameter data: the delivery.
  public func append(_ data: borrowing ReassembledData) {
    for index in data.newChunks {
      let chunk = data.chunk(at: index)
      let offset = data.offset(ofNewChunk: index)
      append(chunk, offset: offset, fileOffset: offset, stamp: data.captureInfo(ofChunk: index), from: data.side)
    }
  }

  /// Adds bytes of a stage whose packets acknowledge nothing of the peer's bytes, such as the clear bytes of TLS.
  ///
  /// They are replayed in the order of their packets. O(bytes).
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - offset: the offset of the first one in its direction.
  ///   - stamp: the packet that brought them.
  ///   - sender: the end that sent them.
  public func append(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    append(bytes, offset: offset, fileOffset: offset, stamp: PacketStamp(stamp), from: sender.side)
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

  /// Calls a function with all chunks in conversation order, and with their bytes if those were stored.
  ///
  /// O(chunks + bytes).
  ///
  /// - Parameters:
  ///   - report: the assembler's report of the connection.
  ///   - visit: receives each chunk, and its bytes, which are empty if they were not stored.
  /// - Returns: false if the spool lost chunks.
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

  /// Returns the chunk that comes first among the next chunks of both sides.
  static func next(_ originator: DeliveredChunk?, _ responder: DeliveredChunk?) -> DeliveredChunk? {
    guard let originator else { return responder }
    guard let responder else { return originator }
    let originatorWaits = originator.acknowledged.map { $0 > responder.offset } ?? false
    let responderWaits = responder.acknowledged.map { $0 > originator.offset } ?? false
    let earlier = originator.isEarlier(than: responder) ? originator : responder
    if originatorWaits == responderWaits {
      // Each acknowledges the other, so one of them is a retransmission, which acknowledges more than the original segment did. The
      // retransmission was captured later, so the acknowledgment of the other chunk is the valid one.
      return originatorWaits ? (earlier == originator ? responder : originator) : earlier
    }
    return originatorWaits ? responder : originator
  }
}
