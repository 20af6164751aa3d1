public import Packets
public import Reassembly

/// A range of stream bytes from one packet, as it was delivered.
public struct DeliveredChunk: Equatable, Sendable {
  /// The end that sent the bytes.
  public var side: Side
  /// Stream offset of the first byte.
  public var offset: Int64
  /// Length in bytes, above 0.
  public var length: Int64
  /// Offset of the first byte in the file of its direction, if there is a file.
  public var fileOffset: Int64
  /// Time of the packet.
  public var time: Timestamp
  /// Number of the packet in its input, from 1.
  public var packetNumber: UInt64
  /// Index of the input, from 0.
  public var input: UInt32
  /// Acknowledgment number of the segment; nil without the ACK bit.
  var acknowledgment: SequenceNumber?
  /// End of the peer's stream at the time of delivery, which selects the acknowledged one of the offsets that are 2^32 apart.
  var peerEnd: Int64
  /// Number of bytes of the peer's stream that the segment acknowledges; nil if it is not known.
  public internal(set) var acknowledged: Int64?

  var end: Int64 { offset &+ length }

  init(side: Side, offset: Int64, length: Int64, fileOffset: Int64, stamp: PacketStamp, peerEnd: Int64 = 0) {
    self.side = side
    self.offset = offset
    self.length = length
    self.fileOffset = fileOffset
    time = stamp.time
    packetNumber = stamp.packetNumber
    input = stamp.input
    acknowledgment = stamp.acknowledgment
    self.peerEnd = peerEnd
  }

  /// Resolves the acknowledgment number, once the end of the peer's stream is known.
  ///
  /// A number beyond everything that the peer sent, its FIN included, is forged or belongs to another connection. It is ignored.
  mutating func resolve(_ peer: HalfReport) {
    guard let acknowledgment, let base = peer.firstSequence else { return }
    let reference = base.advanced(by: Int(truncatingIfNeeded: peerEnd))
    let offset = max(0, peerEnd &+ Int64(reference.distance(to: acknowledgment)))
    acknowledged = offset <= peer.length &+ 1 ? min(offset, peer.length) : nil
  }

  /// Whether this chunk was captured before another one.
  func isEarlier(than other: DeliveredChunk) -> Bool {
    if input == other.input { return packetNumber < other.packetNumber }
    return time == other.time ? input < other.input : time < other.time
  }
}

// MARK: Encoding in a spool

extension DeliveredChunk {
  static let wordCount = 7

  var words: [UInt64] {
    [
      UInt64(bitPattern: offset), UInt64(bitPattern: length), UInt64(bitPattern: fileOffset), UInt64(bitPattern: peerEnd),
      UInt64(bitPattern: time.nanoseconds), packetNumber,
      UInt64(acknowledgment?.rawValue ?? 0) | UInt64(input & 0xff_ffff) << 32 | (acknowledgment == nil ? 0 : 1 << 63),
    ]
  }

  /// Decodes a chunk from a spool.
  ///
  /// - Precondition: `bytes` are the `words` of a chunk, the lowest byte first.
  init(_ bytes: [UInt8], side: Side) {
    precondition(bytes.count == Self.wordCount * 8, "a chunk has as many words")
    let last = bytes.word(6)
    self.init(
      side: side, offset: Int64(bitPattern: bytes.word(0)), length: Int64(bitPattern: bytes.word(1)),
      fileOffset: Int64(bitPattern: bytes.word(2)),
      stamp: PacketStamp(
        time: Timestamp(nanoseconds: Int64(bitPattern: bytes.word(4))), packetNumber: bytes.word(5), input: UInt32(last >> 32 & 0xff_ffff),
        acknowledgment: last >> 63 == 0 ? nil : SequenceNumber(UInt32(truncatingIfNeeded: last))),
      peerEnd: Int64(bitPattern: bytes.word(3)))
  }
}
