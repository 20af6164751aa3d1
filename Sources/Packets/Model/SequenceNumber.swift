/// A TCP sequence number: 32 bits that wrap (RFC 9293, section 3.4).
///
/// All arithmetic wraps. The distance between two numbers is the signed 32-bit difference, so it is right across the wrap as long as the
/// true distance is below 2^31.
public struct SequenceNumber: BitwiseCopyable, RawRepresentable, Hashable, Sendable {
  /// The 32 bits.
  public var rawValue: UInt32

  /// Creates a sequence number.
  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Creates a sequence number.
  @inlinable
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// Returns the distance from this number to `other`, negative if `other` lies behind.
  ///
  /// O(1).
  @inlinable
  public func distance(to other: SequenceNumber) -> Int32 { Int32(bitPattern: other.rawValue &- rawValue) }

  /// Returns the number `count` bytes further on, modulo 2^32.
  @inlinable
  public func advanced(by count: Int) -> SequenceNumber {
    SequenceNumber(rawValue &+ UInt32(truncatingIfNeeded: count))
  }
}

extension SequenceNumber: CustomStringConvertible {
  /// The number in decimal.
  public var description: String { String(rawValue) }
}
