import Glibc
import Paths
import TLS

/// Key log in a regular file, of which only the offsets of the lines are kept in memory: twelve to 24 bytes a line.
///
/// The log may grow while it is used. A line is read again when a connection needs its secret.
final class KeyLogFile {
  let path: FilePath
  private let descriptor: Int32
  private let device: dev_t
  private let node: ino_t
  private var reader = KeyLogReader()
  /// Number of bytes read so far.
  private var offset: off_t = 0
  private var lines = LinePlaces()
  /// Result of the last search.
  private var last: (random: ClientRandom, secrets: ConnectionSecrets)?

  /// Creates a key log from the descriptor of a regular file, which it closes in the end.
  init(path: FilePath, descriptor: Int32, _ status: stat) {
    self.path = path
    self.descriptor = descriptor
    (device, node) = (status.st_dev, status.st_ino)
  }

  deinit { close(descriptor) }

  /// Whether the path names another file by now.
  var isReplaced: Bool {
    var status = stat()
    guard stat(path.terminated, &status) == 0 else { return false }
    return status.st_dev != device || status.st_ino != node
  }

  /// Reads the lines that were added since the last call.
  ///
  /// - Parameter isWhole: whether nothing will be added, so that text behind the last line end is a line.
  /// - Returns: whether there are new secrets.
  /// - Throws: an error of the system.
  func read(isWhole: Bool) throws(KeyLogError) -> Bool {
    var piece = [UInt8](repeating: 0, count: 256 << 10)
    var hasMore = false
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_size < offset {
      // The file was truncated and written again from its beginning.
      (reader, offset) = (KeyLogReader(), 0)
    }
    while true {
      let count = pread(descriptor, &piece, piece.count, offset)
      if count < 0 {
        if errno == EINTR { continue }
        throw KeyLogError(path: path, code: errno)
      }
      if count == 0 { break }
      offset += count
      reader.read(piece.span.extracting(first: count)) { entry, place in
        lines.add(place, Self.tag(entry.name))
        hasMore = true
      }
    }
    if isWhole {
      reader.finish { entry, place in
        lines.add(place, Self.tag(entry.name))
        hasMore = true
      }
    }
    if hasMore { last = nil }
    return hasMore
  }

  /// Adds the secrets that the log has of a connection.
  func add(to secrets: inout ConnectionSecrets, of random: ClientRandom) {
    if let last, last.random == random {
      secrets.merge(last.secrets)
      return
    }
    var found = ConnectionSecrets()
    forEachEntry(.random(random)) { found[$0.label] = $0.secret }
    last = (random, found)
    secrets.merge(found)
  }

  /// Returns the master secret of a session; nil if the log has none.
  func master(ofSession session: [UInt8]) -> [UInt8]? {
    var master: [UInt8]?
    forEachEntry(.session(session)) { master = $0.secret }
    return master
  }

  /// Calls `body` with the random of each line, in the order of the file, until it returns false.
  func forEachConnection(_ body: (ClientRandom) -> Bool) {
    var reader = KeyLogReader()
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    var place: off_t = 0
    var goesOn = true
    while goesOn {
      let count = pread(descriptor, &piece, piece.count, place)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      place += count
      reader.read(piece.span.extracting(first: count)) { entry, _ in
        if goesOn, case .random(let random) = entry.name { goesOn = body(random) }
      }
    }
  }

  private func forEachEntry(_ name: KeyLogEntry.Name, _ body: (KeyLogEntry) -> Void) {
    let places = lines.places(of: Self.tag(name))
    guard !places.isEmpty else { return }
    var line = [UInt8](repeating: 0, count: KeyLogReader.longestLine)
    for place in places {
      let count = pread(descriptor, &line, line.count, off_t(place))
      guard count > 0 else { continue }
      let end = line[..<count].firstIndex(of: 0x0a) ?? count
      // The line is checked again, because the file may have been overwritten.
      if let entry = KeyLogEntry(line: line.span.extracting(first: end)), entry.name == name { body(entry) }
    }
  }

  private static func tag(_ name: KeyLogEntry.Name) -> UInt64 {
    switch name {
    // Randoms differ in their first bytes.
    case .random(let random): random.bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    case .session(let session): session.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }
}

/// Offsets of lines in a file by tags of 24 bits: a hash table with open addressing.
struct LinePlaces {
  private var slots: [UInt64] = []
  private var count = 0

  /// Adds a line.
  ///
  /// O(1) on average.
  mutating func add(_ place: Int64, _ tag: UInt64) {
    // An offset takes 40 bits, which is enough for a terabyte; 0 is an empty slot.
    guard place < 1 << 40 - 1 else { return }
    if (count + 1) * 3 > slots.count * 2 { grow() }
    insert(UInt64(place) + 1 | Self.short(tag) << 40)
    count += 1
  }

  /// Returns the offsets of the lines with a tag, ascending; lines with another tag may be among them.
  func places(of tag: UInt64) -> [Int64] {
    guard !slots.isEmpty else { return [] }
    var places: [Int64] = []
    var index = Self.start(Self.short(tag), slots.count)
    while slots[index] != 0 {
      if slots[index] >> 40 == Self.short(tag) { places.append(Int64(slots[index] & (1 << 40 - 1)) - 1) }
      index = index + 1 == slots.count ? 0 : index + 1
    }
    return places.sorted()
  }

  private static func short(_ tag: UInt64) -> UInt64 { (tag &* 0x9e37_79b9_7f4a_7c15) >> 40 }

  private static func start(_ short: UInt64, _ count: Int) -> Int { Int(short &* 0x9e37_79b9_7f4a_7c15 >> 32) % count }

  private mutating func insert(_ slot: UInt64) {
    var index = Self.start(slot >> 40, slots.count)
    while slots[index] != 0 { index = index + 1 == slots.count ? 0 : index + 1 }
    slots[index] = slot
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: max(64, old.count * 2))
    for slot in old where slot != 0 { insert(slot) }
  }
}
