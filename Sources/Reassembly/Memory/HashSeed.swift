/// A number that no sender can know, from which hashes and priorities are made. No output depends on it.
package struct HashSeed: Hashable, Sendable {
  private let value: UInt64

  package init(_ value: UInt64) { self.value = value }

  /// The seed of the process: another one in every process, unless `SWIFT_DETERMINISTIC_HASHING=1` stands in its environment, which holds
  /// the hashes of Swift's own collections too.
  package static let ofProcess: HashSeed = {
    var hasher = Hasher()
    hasher.combine("reassembly")
    return HashSeed(UInt64(bitPattern: Int64(hasher.finalize())))
  }()

  /// One of several numbers that this seed stands for (SplitMix64 of Steele, Lea and Flood).
  func word(_ number: UInt64) -> UInt64 {
    var mixed = value &+ (number &+ 1) &* 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
