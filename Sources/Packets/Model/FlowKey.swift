/// Endpoints of a segment: both addresses, both ports and the scope, compared in full.
///
/// The scope is 0 unless connections are also distinguished by VLAN, tunnel or interface. The assembler then assigns a number to each
/// scope. Forty bytes, no references.
public struct FlowKey: BitwiseCopyable, Hashable, Sendable {
  @usableFromInline var sourceHigh: UInt64
  @usableFromInline var sourceLow: UInt64
  @usableFromInline var destinationHigh: UInt64
  @usableFromInline var destinationLow: UInt64
  /// Source port (bits 48 to 63), destination port (32 to 47), IPv6 flag (31) and scope (0 to 30).
  ///
  /// It is one word, because keys are compared and hashed for every packet.
  @usableFromInline var portsAndScope: UInt64

  /// Creates a key.
  ///
  /// - Precondition: both addresses are of one family, as they are in every IP packet.
  @inlinable
  public init(source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16, scope: UInt32 = 0) {
    sourceHigh = source.high
    sourceLow = source.low
    destinationHigh = destination.high
    destinationLow = destination.low
    portsAndScope =
      UInt64(sourcePort) << 48 | UInt64(destinationPort) << 32 | UInt64(scope & 0x7fff_ffff) | (source.family == .v6 ? 0x8000_0000 : 0)
  }

  /// Creates a key from IPv4 addresses and from both ports as they stand side by side in a TCP header; the scope is 0.
  @inlinable @inline(always)
  init(v4Source source: UInt32, destination: UInt32, ports: UInt32) {
    sourceHigh = 0
    sourceLow = UInt64(source)
    destinationHigh = 0
    destinationLow = UInt64(destination)
    portsAndScope = UInt64(ports) << 32
  }

  /// Port of the sender.
  @inlinable
  public var sourcePort: UInt16 {
    get { UInt16(truncatingIfNeeded: portsAndScope >> 48) }
    set { portsAndScope = portsAndScope & 0x0000_ffff_ffff_ffff | UInt64(newValue) << 48 }
  }

  /// Port of the receiver.
  @inlinable
  public var destinationPort: UInt16 {
    get { UInt16(truncatingIfNeeded: portsAndScope >> 32) }
    set { portsAndScope = portsAndScope & 0xffff_0000_ffff_ffff | UInt64(newValue) << 32 }
  }

  /// Whether the addresses are IPv6.
  @inlinable public var isIPv6: Bool { portsAndScope & 0x8000_0000 != 0 }

  /// Number of the VLAN, tunnel or interface scope; 0 if connections are not distinguished by those.
  @inlinable
  public var scope: UInt32 {
    get { UInt32(truncatingIfNeeded: portsAndScope & 0x7fff_ffff) }
    set { portsAndScope = portsAndScope & ~0x7fff_ffff | UInt64(newValue & 0x7fff_ffff) }
  }

  /// Address of the sender.
  @inlinable
  public var source: IPAddress {
    isIPv6 ? IPAddress(high: sourceHigh, low: sourceLow) : IPAddress(v4: UInt32(truncatingIfNeeded: sourceLow))
  }

  /// Address of the receiver.
  @inlinable
  public var destination: IPAddress {
    isIPv6 ? IPAddress(high: destinationHigh, low: destinationLow) : IPAddress(v4: UInt32(truncatingIfNeeded: destinationLow))
  }

  /// Key of the segments in the opposite direction.
  @inlinable
  public var reversed: FlowKey {
    var other = self
    other.sourceHigh = destinationHigh
    other.sourceLow = destinationLow
    other.destinationHigh = sourceHigh
    other.destinationLow = sourceLow
    other.portsAndScope = portsAndScope << 16 & 0xffff_0000_0000_0000 | portsAndScope >> 16 & 0xffff_0000_0000 | portsAndScope & 0xffff_ffff
    return other
  }

  /// Whether the source endpoint is not above the destination endpoint.
  ///
  /// At least one of a key and its reverse is canonical, so one table probe finds both directions.
  @inlinable
  public var isCanonical: Bool {
    if sourceHigh != destinationHigh { return sourceHigh < destinationHigh }
    if sourceLow != destinationLow { return sourceLow < destinationLow }
    return sourcePort <= destinationPort
  }
}

extension FlowKey {
  /// Compares word by word: the compiler's synthesized comparison is a function of its own that compares field by field.
  @inlinable @inline(__always)
  public static func == (a: FlowKey, b: FlowKey) -> Bool {
    let (a, b) = (a.words, b.words)
    return (a.0 ^ b.0) | (a.1 ^ b.1) | (a.2 ^ b.2) | (a.3 ^ b.3) | (a.4 ^ b.4) == 0
  }
}

extension FlowKey: CustomStringConvertible {
  /// Text such as `10.0.0.1:40000 > 10.0.0.2:80`, with IPv6 addresses in brackets.
  public var description: String { "\(sourceEndpoint) > \(destinationEndpoint)" }
}

extension FlowKey {
  /// The key as five words for hashing, which contain every bit of it once.
  @inlinable @inline(__always) package var words: (UInt64, UInt64, UInt64, UInt64, UInt64) {
    (sourceHigh, sourceLow, destinationHigh, destinationLow, portsAndScope)
  }
}
