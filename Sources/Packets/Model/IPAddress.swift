/// An IPv4 or IPv6 address.
///
/// An IPv4 address occupies the low 32 bits of `low`. An IPv4-mapped IPv6 address remains an IPv6 address, because that is what was on the
/// wire.
public struct IPAddress: BitwiseCopyable, Hashable, Sendable {
  /// Version of the Internet Protocol.
  public enum Family: UInt8, BitwiseCopyable, Sendable {
    /// IPv4.
    case v4 = 4
    /// IPv6.
    case v6 = 6
  }

  /// The first eight bytes of an IPv6 address, in host order; 0 for IPv4.
  public var high: UInt64
  /// The last eight bytes of an IPv6 address, or the four of an IPv4 address, in host order.
  public var low: UInt64
  /// Version of the address.
  public var family: Family

  /// Creates an IPv6 address.
  @inlinable
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
    self.family = .v6
  }

  /// Creates an IPv4 address.
  @inlinable
  public init(v4: UInt32) {
    self.high = 0
    self.low = UInt64(v4)
    self.family = .v4
  }
}
