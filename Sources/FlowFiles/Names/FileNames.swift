internal import Packets

/// Names of all directions: it counts the connections of each 4-tuple and makes names unique.
///
/// A name is assigned when the first byte of a direction arrives, not when its file is created. Therefore names depend only on the packets
/// and not on buffers or descriptors.
struct FileNames {
  /// Number of 4-tuples whose connections are counted; twice as many names are remembered.
  static let maxTuples = 1_000_000
  /// The same number for captures of connections.
  static let maxCaptureTuples = 500_000
  /// Number of connections that may have all their names before one can be forgotten: a connection has up to four.
  static let unforgottenConnections = UInt64(maxCaptureTuples)

  /// Connection counts by hash of addresses and ports: 28 bytes per 4-tuple instead of 60 with the 4-tuple itself.
  private var counts: AgeingTable<UInt64>
  /// Highest number given to a name, by hash of the name; 1 is the bare name.
  private var given: AgeingTable<UInt64>

  init(maxTuples: Int = FileNames.maxTuples) {
    counts = AgeingTable(capacity: maxTuples)
    given = AgeingTable(capacity: 2 * maxTuples)
    for name in ReservedNames.all { given[Self.hash(name)] = 1 }
  }

  /// Counts a connection between two endpoints, and returns the number of earlier ones.
  mutating func connectionCount(for key: FlowKey) -> UInt32 {
    counts.update(Self.hash(ofEndpoints: key)) { $0 &+ 1 }
  }

  /// Reserves `path`, or the first of `path~2`, `path~3` and so on that is free.
  ///
  /// The highest number is remembered, so a thousand equal names cost a thousand steps, not a million.
  ///
  /// - Parameters:
  ///   - path: the path without a number.
  ///   - isTaken: returns whether a path is taken.
  /// - Returns: the number of the path; 1 is the bare name.
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

  /// Returns the hash of addresses and ports, which is the same for both directions.
  ///
  /// If two keys have the same hash, they only share a count: their names differ in any case.
  static func hash(ofEndpoints key: FlowKey) -> UInt64 {
    var key = key.isCanonical ? key : key.reversed
    key.scope = 0
    let (first, second, third, fourth, fifth) = key.words
    return mix(mix(mix(mix(mix(0x9e37_79b9_7f4a_7c15, first), second), third), fourth), fifth)
  }

  /// Returns a combination of both halves of a product, so that every bit affects the hash.
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
    return product.high ^ product.low
  }

  /// Returns the FNV-1a hash of a path, 64 bits.
  ///
  /// If two names have the same hash, one only gets a `~2` that was not needed.
  static func hash(_ path: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
