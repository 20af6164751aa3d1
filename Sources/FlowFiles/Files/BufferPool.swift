/// Size of a write buffer: a flow starts with a small one and gets larger ones as more of its bytes arrive.
enum BufferSize: UInt8, CaseIterable {
  case small, medium, large, largest

  /// Number of bytes in total: packet marks first, then data.
  var bytes: Int {
    switch self {
    case .small: 1 << 10
    case .medium: 4 << 10
    case .large: 16 << 10
    case .largest: 64 << 10
    }
  }

  /// Number of packets whose marks fit.
  var markCapacity: Int {
    switch self {
    case .small: 8
    case .medium: 16
    case .large: 48
    case .largest: 170
    }
  }

  /// Number of data bytes.
  ///
  /// For `largest` it is a multiple of the usual page, so that a full buffer is written in whole pages.
  var dataCapacity: Int {
    switch self {
    case .small, .medium, .large: bytes - markCapacity * PacketMark.size
    case .largest: 60 << 10
    }
  }

  var larger: BufferSize? { BufferSize(rawValue: rawValue + 1) }
}

/// Memory for write buffers: lent and idle memory together never exceed the limit, except that one buffer is always available.
final class BufferPool {
  let limit: Int
  /// Number of lent bytes.
  @exclusivity(unchecked) private(set) var used = 0
  /// Largest number of lent bytes so far.
  @exclusivity(unchecked) private(set) var most = 0
  @exclusivity(unchecked) private var idle: [[UnsafeMutableRawPointer]] = BufferSize.allCases.map { _ in [] }
  @exclusivity(unchecked) private var idleBytes = 0

  init(limit: Int) { self.limit = limit }

  deinit {
    for list in idle { for memory in list { memory.deallocate() } }
  }

  /// Whether a buffer of `size` can be lent now.
  func canLend(_ size: BufferSize) -> Bool { used == 0 || used + size.bytes <= limit }

  /// Whether a flow may have a larger buffer.
  ///
  /// The largest ones use only the first half of the memory, so that enough remains for many flows.
  func canGrow(to size: BufferSize) -> Bool { used + size.bytes <= (size == .largest ? limit / 2 : limit / 4 * 3) }

  /// Lends memory of `size`, which the caller must give back.
  func lend(_ size: BufferSize) -> UnsafeMutableRawPointer {
    used += size.bytes
    most = max(most, used)
    if let memory = idle[Int(size.rawValue)].popLast() {
      idleBytes -= size.bytes
      return memory
    }
    for other in BufferSize.allCases.reversed() {
      while used + idleBytes > limit, let memory = idle[Int(other.rawValue)].popLast() {
        idleBytes -= other.bytes
        memory.deallocate()
      }
    }
    return UnsafeMutableRawPointer.allocate(byteCount: size.bytes, alignment: 16)
  }

  func takeBack(_ memory: UnsafeMutableRawPointer, _ size: BufferSize) {
    used -= size.bytes
    idle[Int(size.rawValue)].append(memory)
    idleBytes += size.bytes
  }
}
