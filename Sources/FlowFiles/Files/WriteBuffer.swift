internal import CCopy
internal import Packets
internal import Reassembly

/// Stream offset at which the bytes of a packet begin.
struct PacketMark {
  var offset: Int64
  var packet: UInt64
  var input: UInt32

  /// Size in bytes of a mark in a buffer.
  static let size = 24
}

/// Range of a buffer whose bytes are elsewhere; this takes their place in the buffer.
private struct Stand {
  /// Place of the first byte.
  var place: Int64
  /// Number of bytes.
  var count: Int32
  /// Position in the buffer of the range before, whose bytes are elsewhere too; -1 if there is none.
  var previous: Int32
}

/// Last bytes of one file with marks for the packets that brought them, in memory lent by the pool.
///
///     | mark 0 | mark 1 | ... | unused marks | data: clean | dirty | free |
///
/// Clean bytes are in the file already, dirty bytes are not. In a buffer that is never written, bytes that are found elsewhere need not be
/// copied: they have their positions, and what says where they are stands there. The pointer arithmetic is safe because `count` never exceeds
/// `dataCapacity` and `markCount` never exceeds `markCapacity`: only `append` and `mark` raise them.
struct WriteBuffer {
  let memory: UnsafeMutableRawPointer
  let size: BufferSize
  private(set) var markCount: UInt8 = 0
  private(set) var count: Int32 = 0
  private(set) var cleanCount: Int32 = 0
  /// Position of the last range whose bytes are elsewhere; -1 if there is none.
  private var lastElsewhere: Int32 = -1

  init(memory: UnsafeMutableRawPointer, size: BufferSize) {
    self.memory = memory
    self.size = size
  }

  private var data: UnsafeMutableRawPointer { memory + size.markCapacity * PacketMark.size }

  var freeCount: Int { size.dataCapacity - Int(count) }

  /// Bytes that are not in the file yet.
  var dirty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data + Int(cleanCount), count: Int(count - cleanCount)) }

  /// Number of bytes from which a copy past the caches is cheaper: it writes only whole lines of 64 bytes.
  private static let leastPastCaches = 512

  /// Appends `bytes[range]`.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, with others.
  ///   - range: the range that is appended.
  ///   - staysUnread: whether the bytes will hardly be read, so that they need not be in the caches. No other thread may read them.
  /// - Precondition: they fit in `freeCount`.
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>, staysUnread: Bool = false) {
    precondition(range.count <= freeCount, "a write buffer would overflow")
    bytes.extracting(range).withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      if staysUnread, source.count >= Self.leastPastCaches {
        reasm_copy_past_caches(data + Int(count), start, source.count)
      } else {
        (data + Int(count)).copyMemory(from: start, byteCount: source.count)
      }
    }
    count += Int32(range.count)
  }

  /// Least number of bytes that are worth looking up elsewhere; what stands for them takes fewer.
  static let leastElsewhere = 512

  /// Appends `count` bytes that are elsewhere, without copying them.
  ///
  /// - Parameters:
  ///   - count: the number of bytes, at least ``leastElsewhere``.
  ///   - place: where they are, for the caller.
  /// - Precondition: they fit in `freeCount`, and the buffer is never written.
  mutating func append(_ count: Int, elsewhere place: Int64) {
    precondition(count >= Self.leastElsewhere && count <= freeCount, "a write buffer would overflow")
    let stand = Stand(place: place, count: Int32(count), previous: lastElsewhere)
    data.storeBytes(of: stand, toByteOffset: Int(self.count), as: Stand.self)
    lastElsewhere = self.count
    self.count += Int32(count)
  }

  /// Bytes that lie together.
  enum Piece: Equatable {
    case here(count: Int)
    case elsewhere(place: Int64, count: Int)
  }

  /// Returns where the bytes from `position` on are.
  ///
  /// O(ranges that are elsewhere), which are at most 120.
  func piece(at position: Int) -> Piece {
    precondition(position >= 0 && position < Int(count), "only bytes in the buffer have a place")
    var next = Int(count)
    var start = Int(lastElsewhere)
    while start >= 0 {
      let stand = data.loadUnaligned(fromByteOffset: start, as: Stand.self)
      if start <= position {
        let end = start + Int(stand.count)
        if position < end { return .elsewhere(place: stand.place &+ Int64(position - start), count: end - position) }
        break
      }
      next = start
      start = Int(stand.previous)
    }
    return .here(count: next - position)
  }

  /// Appends `count` bytes that `body` writes.
  ///
  /// - Precondition: they fit in `freeCount`, and `body` appends that many.
  @inline(__always)
  mutating func append(_ count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
    precondition(count <= freeCount, "a write buffer would overflow")
    let room = UnsafeMutableBufferPointer(start: (data + Int(self.count)).assumingMemoryBound(to: UInt8.self), count: count)
    var output = OutputSpan(buffer: room, initializedCount: 0)
    body(&output)
    let written = output.finalize(for: room)
    precondition(written == count, "a block has another length than it states")
    self.count += Int32(count)
  }

  /// Appends zeros.
  ///
  /// - Precondition: they fit in `freeCount`.
  mutating func appendZeros(_ zeros: Int) {
    precondition(zeros <= freeCount, "a write buffer would overflow")
    (data + Int(count)).initializeMemory(as: UInt8.self, repeating: 0, count: zeros)
    count += Int32(zeros)
  }

  /// Records that the dirty bytes are in the file now.
  mutating func setClean() { cleanCount = count }

  /// Removes the data and keeps the marks.
  mutating func removeData() {
    count = 0
    cleanCount = 0
    lastElsewhere = -1
  }

  /// Copies the marks of another buffer of this size.
  mutating func copyMarks(_ other: WriteBuffer) {
    precondition(other.size == size && count == 0, "only an empty buffer takes over")
    memory.copyMemory(from: other.memory, byteCount: Int(other.markCount) * PacketMark.size)
    markCount = other.markCount
  }

  /// Copies data and marks of a smaller buffer.
  mutating func copy(_ other: WriteBuffer) {
    precondition(other.size.rawValue < size.rawValue && count == 0 && markCount == 0, "only an empty larger buffer takes over")
    memory.copyMemory(from: other.memory, byteCount: Int(other.markCount) * PacketMark.size)
    data.copyMemory(from: other.data, byteCount: Int(other.count))
    markCount = other.markCount
    count = other.count
    cleanCount = other.cleanCount
    lastElsewhere = other.lastElsewhere
  }

  /// Records that the bytes from stream offset `offset` on came in a packet.
  ///
  /// If there is no room, the older half of the marks is removed.
  mutating func mark(_ offset: Int64, _ info: PacketStamp) {
    if Int(markCount) == size.markCapacity {
      let kept = size.markCapacity / 2
      memory.copyMemory(from: memory + (size.markCapacity - kept) * PacketMark.size, byteCount: kept * PacketMark.size)
      markCount = UInt8(kept)
    }
    let mark = PacketMark(offset: offset, packet: info.packetNumber, input: info.input)
    memory.storeBytes(of: mark, toByteOffset: Int(markCount) * PacketMark.size, as: PacketMark.self)
    markCount += 1
  }

  /// Returns the packet that brought the byte at stream offset `offset`, if it is still remembered.
  ///
  /// O(log n).
  func packet(at offset: Int64) -> PacketReference? {
    let next = (0..<Int(markCount)).partitioningIndex { load($0).offset > offset }
    guard next > 0 else { return nil }
    let mark = load(next - 1)
    return PacketReference(number: mark.packet, input: mark.input)
  }

  private func load(_ index: Int) -> PacketMark { memory.load(fromByteOffset: index * PacketMark.size, as: PacketMark.self) }

  /// Compares the data from `position` on with `bytes[range]`.
  func compare(_ position: Int, with bytes: Span<UInt8>, _ range: Range<Int>, into differences: inout Differences) {
    precondition(position >= 0 && position + range.count <= Int(count), "only bytes in the buffer can be compared")
    let start = (data + position).assumingMemoryBound(to: UInt8.self)
    let kept = UnsafeBufferPointer(start: start, count: range.count)
    differences.compare(kept.span, with: bytes, range)
  }
}
