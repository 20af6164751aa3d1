/// Who sent a segment to whom: both addresses, both ports and the scope, compared in full.
///
/// The scope is 0 unless connections are also told apart by VLAN, tunnel or interface; its number is then given by the
/// assembler. Forty bytes, no references.
public struct FlowKey: BitwiseCopyable, Hashable, Sendable {
  @usableFromInline var sourceHigh: UInt64
  @usableFromInline var sourceLow: UInt64
  @usableFromInline var destinationHigh: UInt64
  @usableFromInline var destinationLow: UInt64
  public var sourcePort: UInt16
  public var destinationPort: UInt16
  /// Bit 31: the addresses are IPv6. Bits 0 to 30: the scope.
  @usableFromInline var scopeAndFamily: UInt32

  /// - Precondition: both addresses are of one family, as they are in any IP packet.
  @inlinable
  public init(source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16, scope: UInt32 = 0) {
    sourceHigh = source.high
    sourceLow = source.low
    destinationHigh = destination.high
    destinationLow = destination.low
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    scopeAndFamily = (scope & 0x7fff_ffff) | (source.family == .v6 ? 0x8000_0000 : 0)
  }

  @inlinable public var isIPv6: Bool { scopeAndFamily & 0x8000_0000 != 0 }

  /// The number of the VLAN, tunnel or interface scope; 0 when connections are not told apart by those.
  @inlinable
  public var scope: UInt32 {
    get { scopeAndFamily & 0x7fff_ffff }
    set { scopeAndFamily = (scopeAndFamily & 0x8000_0000) | (newValue & 0x7fff_ffff) }
  }

  @inlinable
  public var source: IPAddress {
    isIPv6 ? IPAddress(high: sourceHigh, low: sourceLow) : IPAddress(v4: UInt32(truncatingIfNeeded: sourceLow))
  }

  @inlinable
  public var destination: IPAddress {
    isIPv6 ? IPAddress(high: destinationHigh, low: destinationLow) : IPAddress(v4: UInt32(truncatingIfNeeded: destinationLow))
  }

  /// The key of the segments that travel the other way.
  @inlinable
  public var reversed: FlowKey {
    var other = self
    other.sourceHigh = destinationHigh
    other.sourceLow = destinationLow
    other.destinationHigh = sourceHigh
    other.destinationLow = sourceLow
    other.sourcePort = destinationPort
    other.destinationPort = sourcePort
    return other
  }

  /// Whether the source endpoint is not above the destination endpoint: of a key and its reverse at least one is canonical, so
  /// one table probe finds both directions.
  @inlinable
  public var isCanonical: Bool {
    if sourceHigh != destinationHigh { return sourceHigh < destinationHigh }
    if sourceLow != destinationLow { return sourceLow < destinationLow }
    return sourcePort <= destinationPort
  }
}

extension FlowKey: CustomStringConvertible {
  /// `10.0.0.1:40000 > 10.0.0.2:80`, IPv6 addresses in brackets.
  public var description: String {
    func endpoint(_ address: IPAddress, _ port: UInt16) -> String { address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
    return endpoint(source, sourcePort) + " > " + endpoint(destination, destinationPort)
  }
}

extension FlowKey {
  /// The key as five words, for hashing: every bit of it, once.
  @inlinable public var words: (UInt64, UInt64, UInt64, UInt64, UInt64) {
    (
      sourceHigh, sourceLow, destinationHigh, destinationLow,
      UInt64(sourcePort) << 48 | UInt64(destinationPort) << 32 | UInt64(scopeAndFamily)
    )
  }
}
