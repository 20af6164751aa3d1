internal import Packets

/// Gives every direction its name: counts the connections of each 4-tuple and keeps names apart.
///
/// Names are given when the first byte of a direction comes, not when its file is made, so they depend on the packets alone and not
/// on buffers or descriptors.
struct FileNames {
  /// 4-tuples whose connections are counted; twice as many names are remembered.
  static let maxTuples = 1_000_000

  /// By hash of addresses and ports, of which a million are remembered: 28 bytes each instead of 60.
  private var counts: AgeingTable<UInt64>
  /// By hash of a name: the highest number given to it, 1 for the bare name.
  private var given: AgeingTable<UInt64>

  init(maxTuples: Int = FileNames.maxTuples) {
    counts = AgeingTable(capacity: maxTuples)
    given = AgeingTable(capacity: 2 * maxTuples)
    for name in ReservedNames.all { given[Self.hash(name)] = 1 }
  }

  /// How many connections between these endpoints asked before.
  mutating func connectionCount(for key: FlowKey) -> UInt32 {
    counts.update(Self.hash(key.isCanonical ? key : key.reversed)) { $0 &+ 1 }
  }

  /// Takes `path`, or the first of `path~2`, `path~3`, ...
  ///
  /// that is free, and answers its number; 1 is the bare name.
  ///
  /// The number is remembered, so a thousand equal names cost a thousand steps, not a million.
  mutating func reserve(_ path: [UInt8], isTaken: ([UInt8]) -> Bool) -> UInt32 {
    let bare = Self.hash(path)
    let last = given[bare]
    if last == 0, !ReservedNames.contains(path), !isTaken(path) {
      given[bare] = 1
      return 1
    }
    var number = max(last, 1)
    while true {
      number &+= 1
      let candidate = Self.numbered(path, number)
      let hash = Self.hash(candidate)
      if given[hash] == 0, !isTaken(candidate) {
        given[hash] = 1
        given[bare] = number
        return number
      }
    }
  }

  /// Whether a name was given to a file.
  func isGiven(_ path: [UInt8]) -> Bool { given[Self.hash(path)] != 0 }

  static func numbered(_ path: [UInt8], _ number: UInt32) -> [UInt8] {
    var path = path
    append(number, to: &path)
    return path
  }

  static func append(_ number: UInt32, to path: inout [UInt8]) {
    guard number > 1 else { return }
    path.append(0x7e)
    path.append(decimal: UInt64(number))
  }

  /// Of addresses and ports.
  ///
  /// Two keys of one hash only share a count: their names differ whatever it is.
  private static func hash(_ key: FlowKey) -> UInt64 {
    var key = key
    key.scope = 0
    let (first, second, third, fourth, fifth) = key.words
    return mix(mix(mix(mix(mix(0x9e37_79b9_7f4a_7c15, first), second), third), fourth), fifth)
  }

  /// Both halves of a product, so that every bit counts.
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return product.high ^ product.low
  }

  /// FNV-1a, 64 bits. Two names of one hash only cost a `~2` that was not needed.
  static func hash(_ path: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
