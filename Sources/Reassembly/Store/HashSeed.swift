/// Secret number that hashes and priorities are derived from; no result depends on it.
package struct HashSeed: Hashable, Sendable {
  private let value: UInt64

  package init(_ value: UInt64) { self.value = value }

  /// The seed of this process.
  ///
  /// It differs between processes, unless the environment has `SWIFT_DETERMINISTIC_HASHING=1`, which fixes the hashes of Swift's own
  /// collections too.
  package static let ofProcess: HashSeed = {
    var hasher = Hasher()
    hasher.combine("reassembly")
    return HashSeed(UInt64(bitPattern: Int64(hasher.finalize())))
  }()

  /// One of several numbers derived from the seed (SplitMix64 of Steele, Lea and Flood).
  func word(_ number: UInt64) -> UInt64 {
    var mixed = value &+ (number &+ 1) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
