internal import Glibc

/// Bytes of an origin in one buffer, so that a whole header or packet can be looked at where it lies.
///
/// Whoever asks for many bytes at once bounds the number first: the buffer grows to it and stays so.
///
/// What changes with every packet, here and in the readers, is not checked for overlapping accesses at run time, which would cost as
/// much as reading the packet: each of these classes is used by one reader alone, and none hands a property to a closure or `inout`.
final class ByteStream {
  private let origin: any ByteOrigin
  @exclusivity(unchecked) private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  @exclusivity(unchecked) private var position = 0
  @exclusivity(unchecked) private var end = 0
  /// What the origin gave, and what was moved to the start of the buffer to make room: figures for a reader that looks ahead.
  private(set) var bytesRead = 0
  private(set) var bytesMoved = 0

  init(_ origin: any ByteOrigin, capacity: Int) throws(CaptureError) {
    self.origin = origin
    self.capacity = capacity
    // `fill` makes it larger with the functions of C, which say so where there is no memory.
    guard let memory = malloc(capacity) else { throw CaptureError(errno: ENOMEM, path: origin.path) }
    buffer = memory.bindMemory(to: UInt8.self, capacity: capacity)
  }

  deinit { free(buffer) }

  /// Bytes in the buffer that nobody has taken yet.
  @inline(__always) var available: Int { end &- position }

  /// The first of them.
  ///
  /// Valid until `require`, `skip` or the end of the stream.
  @inline(__always) var start: UnsafePointer<UInt8> { UnsafePointer(buffer + position) }

  /// Takes bytes that are available.
  @inline(__always)
  func consume(_ count: Int) {
    assert(count <= available)
    position &+= count
  }

  /// Makes `count` bytes available; answers `false` where the origin ends before.
  @inline(__always)
  func require(_ count: Int) throws(CaptureError) -> Bool {
    if available >= count { return true }
    return try fill(count)
  }

  /// Makes room for `count` bytes at once, so that requiring them little by little moves nothing.
  /// - Throws: `ENOMEM`, where there is no memory: the input chooses the size, up to 128 MiB.
  func reserve(_ count: Int) throws(CaptureError) {
    if count > capacity { try grow(to: count) }
  }

  private func grow(to count: Int) throws(CaptureError) {
    guard let larger = malloc(count) else { throw CaptureError(errno: ENOMEM, path: origin.path) }
    memcpy(larger, buffer, end)
    free(buffer)
    buffer = larger.bindMemory(to: UInt8.self, capacity: count)
    capacity = count
  }

  /// Takes `count` bytes, however many, without keeping them; answers `false` where the origin ends before.
  func skip(_ count: Int) throws(CaptureError) -> Bool {
    var left = count
    while left > available {
      left -= available
      position = end
      guard try fill(1) else { return false }
    }
    consume(left)
    return true
  }

  private func fill(_ count: Int) throws(CaptureError) -> Bool {
    if position > 0 {
      memmove(buffer, buffer + position, available)
      bytesMoved &+= available
      end -= position
      position = 0
    }
    if count > capacity { try grow(to: count) }
    while end < count {
      let added = try origin.read(into: UnsafeMutableRawBufferPointer(start: buffer + end, count: capacity - end))
      if added == 0 { return false }
      end += added
      bytesRead &+= added
    }
    return true
  }
}
