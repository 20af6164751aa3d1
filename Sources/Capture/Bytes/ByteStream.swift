internal import Glibc

/// Buffer of bytes of an origin, in which a whole header or packet lies in one piece.
///
/// A caller that requires many bytes at once bounds their number first, because the buffer grows to it and keeps its size.
///
/// Properties that change with every packet, here and in the readers, are not checked for overlapping accesses at run time, because the
/// checks would cost as much as reading the packet. The accesses cannot overlap: one reader alone uses each of these objects, and none
/// passes a property to a closure or as `inout`.
final class ByteStream {
  private let origin: any ByteOrigin
  @exclusivity(unchecked) private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  @exclusivity(unchecked) private var position = 0
  @exclusivity(unchecked) private var end = 0
  /// Number of bytes that the origin returned; `bytesMoved` counts those that were moved to the start of the buffer to make room.
  ///
  /// A reader that looks ahead bounds its cost with the two.
  private(set) var bytesRead = 0
  private(set) var bytesMoved = 0

  init(_ origin: any ByteOrigin, capacity: Int) throws(CaptureError) {
    self.origin = origin
    self.capacity = capacity
    // `grow` enlarges the buffer with C functions, which report a failed allocation.
    guard let memory = malloc(capacity) else { throw CaptureError(errno: ENOMEM, path: origin.path) }
    buffer = memory.bindMemory(to: UInt8.self, capacity: capacity)
  }

  deinit { free(buffer) }

  /// Number of bytes in the buffer that were not consumed yet.
  @inline(__always) var available: Int { end &- position }

  /// Pointer to the first byte that was not consumed yet.
  ///
  /// It is valid until `require`, `skip` or the end of the stream.
  @inline(__always) var start: UnsafePointer<UInt8> { UnsafePointer(buffer + position) }

  /// Consumes bytes that are available.
  @inline(__always)
  func consume(_ count: Int) {
    assert(count <= available)
    position &+= count
  }

  /// Makes `count` bytes available.
  ///
  /// - Parameter count: the number of bytes.
  /// - Returns: false if the origin ends before.
  /// - Throws: `CaptureError` if the origin cannot be read.
  @inline(__always)
  func require(_ count: Int) throws(CaptureError) -> Bool {
    if available >= count { return true }
    return try fill(count)
  }

  /// Makes room for `count` bytes at once, so that requiring them little by little moves no bytes.
  ///
  /// The input chooses the size, up to 128 MiB.
  ///
  /// - Parameter count: the number of bytes.
  /// - Throws: `ENOMEM` if memory allocation fails.
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

  /// Consumes `count` bytes, however many, without keeping them.
  ///
  /// - Parameter count: the number of bytes.
  /// - Returns: false if the origin ends before.
  /// - Throws: `CaptureError` if the origin cannot be read.
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
