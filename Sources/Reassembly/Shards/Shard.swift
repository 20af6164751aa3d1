public import Packets

/// A share of all connections, by a hash of their addresses and ports.
///
/// Several assemblers that read the same packets, one for each shard, assemble every connection once. Their clocks, packet numbers and
/// fragments are those of an assembler without a shard, because each of them is given every packet.
///
/// The hash never changes, because the assemblers may be of different builds and on different machines. It is the same for both directions,
/// and takes nothing but the innermost addresses and ports. Scopes (`AssemblerOptions.keyScopes`) do not count, so that all connections of
/// two endpoints are in one shard.
///
///     endpoint = mix(mix(mix(high) ^ low) ^ (port | 65536 if the address is IPv6))
///     hash     = mix(endpoint of the source + endpoint of the destination)       modulo 2^64
///     shard    = hash * count / 2^64, rounded down
///
/// `high` and `low` are the halves of an IPv6 address in network order; an IPv4 address is `low`, and `high` is 0. `mix` is the finalizer of
/// MurmurHash3 for 64 bits. The hash has no seed: a sender can put all of its connections into one shard, which makes that shard slow and
/// changes nothing else.
public struct Shard: Hashable, Sendable {
  /// Greatest number of shards.
  public static let most = 100_000

  /// Number of the shard, from 0 on.
  public let index: Int
  /// Number of shards.
  public let count: Int

  /// Creates a shard; nil unless `0 <= index < count <= most`.
  ///
  /// - Parameters:
  ///   - index: the number of the shard, from 0 on.
  ///   - count: the number of shards.
  public init?(_ index: Int, of count: Int) {
    guard count <= Self.most, index >= 0, index < count else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether the connection with a key is in the shard.
  ///
  /// O(1), 10 to 20 ns.
  @inline(__always)
  public func contains(_ key: FlowKey) -> Bool {
    count == 1 || Self.hash(key).multipliedFullWidth(by: UInt64(count)).high == UInt64(index)
  }

  /// Returns the hash of the endpoints of a key, which is that of the reversed key too.
  @inline(__always)
  public static func hash(_ key: FlowKey) -> UInt64 {
    let (sourceHigh, sourceLow, destinationHigh, destinationLow, _) = key.words
    let family: UInt64 = key.isIPv6 ? 1 << 16 : 0
    return mix(
      endpoint(sourceHigh, sourceLow, UInt64(key.sourcePort) | family)
        &+ endpoint(destinationHigh, destinationLow, UInt64(key.destinationPort) | family))
  }

  @inline(__always)
  private static func endpoint(_ high: UInt64, _ low: UInt64, _ port: UInt64) -> UInt64 { mix(mix(mix(high) ^ low) ^ port) }

  /// Returns the finalizer of MurmurHash3, a permutation of all 64-bit numbers.
  @inline(__always)
  private static func mix(_ number: UInt64) -> UInt64 {
    var mixed = (number ^ number >> 33) &* 0xff51_afd7_ed55_8ccd
    mixed = (mixed ^ mixed >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return mixed ^ mixed >> 33
  }
}
