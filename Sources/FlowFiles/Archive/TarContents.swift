internal import Glibc

/// Contents of a member of a tar file: bytes of a file or of a spool, and bytes in memory behind them.
struct TarContents {
  /// Source of the first bytes.
  enum Source {
    case nowhere
    case spooled(PendingMember)
    case file(Int32)
  }

  let source: Source
  let tail: UnsafeRawBufferPointer
  /// Length in bytes; what lies between the source and the tail is zeros.
  let size: Int64

  /// Creates the contents of a flow's file.
  init(_ pending: PendingMember?, tail: UnsafeRawBufferPointer, size: Int64) {
    source = pending.map(Source.spooled) ?? .nowhere
    self.tail = tail
    self.size = size
  }

  /// Creates the contents of a file on the disk.
  init(ofFile descriptor: Int32, size: Int64) {
    source = .file(descriptor)
    tail = UnsafeRawBufferPointer(start: nil, count: 0)
    self.size = size
  }

  private static let piece = 64 << 10

  /// Calls `body` with the contents in pieces: bytes, or a number of zeros.
  ///
  /// - Throws: the error of the source, or of `body`.
  func forEachPiece(
    _ calls: any SystemCalls, _ body: (UnsafeRawBufferPointer, _ zeros: Int64) throws(SystemError) -> Void
  ) throws(SystemError) {
    var end: Int64 = 0
    switch source {
    case .nowhere: break
    case .spooled(let pending):
      end = pending.length
      try pending.forEachPiece(from: 0, to: end, body)
    case .file(let descriptor):
      end = size
      try Self.forEachPiece(of: descriptor, size, calls, body)
    }
    let skipped = size &- Int64(tail.count) &- end
    if skipped > 0 { try body(UnsafeRawBufferPointer(start: nil, count: 0), skipped) }
    if !tail.isEmpty { try body(tail, 0) }
  }

  private static func forEachPiece(
    of descriptor: Int32, _ size: Int64, _ calls: any SystemCalls,
    _ body: (UnsafeRawBufferPointer, _ zeros: Int64) throws(SystemError) -> Void
  ) throws(SystemError) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 16)
    defer { memory.deallocate() }
    var offset: Int64 = 0
    while offset < size {
      let part = UnsafeMutableRawBufferPointer(rebasing: memory[..<Int(min(Int64(piece), size &- offset))])
      // The file was truncated by another process, which removed bytes that were written.
      if try calls.readFully(descriptor, into: part, at: offset) < part.count { throw SystemError(code: EIO) }
      try body(UnsafeRawBufferPointer(part), 0)
      offset &+= Int64(part.count)
    }
  }
}
