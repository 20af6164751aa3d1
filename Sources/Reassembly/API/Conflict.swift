import Packets

/// Two captured copies of the same stream bytes that differ in every byte of a range.
///
/// It is valid only during ``TCPStream/conflict(_:from:)``.
public struct Conflict: ~Escapable {
  /// Stream offset of the first differing byte.
  public var offset: Int64
  /// Version that stays in the stream; it is as long as `other`.
  public var kept: Span<UInt8>
  /// Packet that brought the kept version.
  public var keptInfo: PacketStamp
  /// Version that is discarded.
  public var other: Span<UInt8>
  /// Packet that brought the discarded version.
  public var otherInfo: PacketStamp

  /// Creates a conflict at a stream offset from two versions of equal length.
  @_lifetime(copy kept, copy other)
  public init(offset: Int64, kept: Span<UInt8>, keptInfo: PacketStamp, other: Span<UInt8>, otherInfo: PacketStamp) {
    self.offset = offset
    self.kept = kept
    self.keptInfo = keptInfo
    self.other = other
    self.otherInfo = otherInfo
  }
}
