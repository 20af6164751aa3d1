public import Packets

/// Bytes of one direction, ready to be taken: kept ones first, then new ones. (gopacket: `ScatterGather`.)
///
/// A view into the packet and the page pool, valid during `Stream.reassembled` alone.
public struct ReassembledData: ~Copyable, ~Escapable {
  @_lifetime(immortal)
  init() {}

  public var side: Side { .originator }
  public var direction: FlowDirection { .clientToServer }
  /// Bytes in all: kept ones and new ones.
  public var count: Int { 0 }
  /// How many of them were kept from earlier calls; they come first.
  public var savedCount: Int { 0 }
  /// Offset in the stream of the first byte of all (the first kept one).
  public var offset: Int64 { 0 }
  /// These are the first bytes of the direction.
  public var isStart: Bool { false }
  /// The direction is over with these bytes; `count` may be 0.
  public var isEnd: Bool { false }
  /// Length of the gap right before the first new byte, 0 where there is none; `nil` where the stream begins without its SYN.
  public var skipped: Int64? { 0 }
  /// How many contiguous pieces the bytes lie in.
  public var chunkCount: Int { 0 }
  /// A piece, without copying; saved ones first. O(1).
  @_lifetime(borrow self)
  public func chunk(at index: Int) -> Span<UInt8> { Span() }
  /// Offset of the first byte of a piece, relative to the first byte of all. O(1).
  public func chunkStart(at index: Int) -> Int { 0 }
  /// The packet that brought the byte at `position` (0 the first byte of all). O(log n).
  public func captureInfo(at position: Int) -> CaptureInfo { CaptureInfo(time: Timestamp(nanoseconds: 0), capturedLength: 0, originalLength: 0, packetNumber: 0) }
  /// The packet that brought a piece. O(1).
  public func captureInfo(ofChunk index: Int) -> CaptureInfo { captureInfo(at: 0) }
  /// The acknowledgment number of the packet that brought a piece; nil where it had none.
  public func acknowledgment(ofChunk index: Int) -> SequenceNumber? { nil }
  /// Keeps the bytes from `position` on: they come again, in front of the next ones.
  public mutating func keep(from position: Int) {}
}
