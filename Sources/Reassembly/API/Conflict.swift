import Packets

/// Two captured copies of the same stream bytes that differ in every byte of a range.
public struct Conflict: ~Escapable {
  /// Of the first differing byte in the stream.
  public var offset: Int64
  /// The version that stays; as long as `other`.
  public var kept: Span<UInt8>
  /// The packet the kept version came in.
  public var keptInfo: PacketStamp
  /// The version that gives way.
  public var other: Span<UInt8>
  public var otherInfo: PacketStamp

  @_lifetime(copy kept, copy other)
  public init(offset: Int64, kept: Span<UInt8>, keptInfo: PacketStamp, other: Span<UInt8>, otherInfo: PacketStamp) {
    self.offset = offset
    self.kept = kept
    self.keptInfo = keptInfo
    self.other = other
    self.otherInfo = otherInfo
  }
}
