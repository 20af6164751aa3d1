internal import Glibc

extension TarFile {
  /// Writes a member whose headers are in `header`, past the buffer, which is empty.
  ///
  /// - Parameters:
  ///   - contents: the contents.
  ///   - padding: the number of zeros behind them.
  /// - Returns: the offset of the contents in the archive.
  /// - Throws: `SystemError` if the archive does not have the member.
  func write(_ contents: TarContents, padding: Int) throws(SystemError) -> Int64 {
    if let breakage { throw breakage }
    let start = written &+ Int64(header.count)
    do throws(SystemError) {
      if !isSeekable { try write(header, at: written) }
      var position = start
      try contents.forEachPiece(calls) { (piece, zeros) throws(SystemError) in
        if zeros == 0 { try write(piece, at: position) } else if !isSeekable { try writeZeros(zeros) }
        position &+= Int64(piece.count) &+ zeros
      }
      try write([UInt8](repeating: 0, count: padding), at: position)
      if isSeekable { try Self.withBytes(of: header) { (bytes) throws(SystemError) in try writeFirstBlockLast(bytes) } }
      written = position &+ Int64(padding)
      return start
    } catch {
      cut(after: error)
      throw error
    }
  }

  /// Writes a range of the buffer that consists of whole members.
  func writeMembers(_ range: Range<Int>) throws(SystemError) {
    if let breakage { throw breakage }
    do throws(SystemError) {
      try Self.withBytes(of: buffer) { (bytes) throws(SystemError) in
        let members = UnsafeRawBufferPointer(rebasing: bytes[range])
        if isSeekable { try writeFirstBlockLast(members) } else { try write(members, at: written) }
      }
      written &+= Int64(range.count)
    } catch {
      cut(after: error)
      throw error
    }
  }

  /// Writes bytes behind the whole members: first all blocks but the first, whose header makes them members.
  private func writeFirstBlockLast(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    try write(UnsafeRawBufferPointer(rebasing: bytes[TarHeader.block...]), at: written &+ Int64(TarHeader.block))
    try write(UnsafeRawBufferPointer(rebasing: bytes[..<TarHeader.block]), at: written)
  }

  /// Cuts off what was written of members that are not whole.
  private func cut(after cause: SystemError) {
    guard isRegular else {
      breakage = cause
      return
    }
    do throws(SystemError) { try calls.truncate(descriptor, to: base &+ written) } catch { breakage = cause }
    // A hole at the end needs no room on the disk; without it the archive can be read too.
    if isSeekable { do throws(SystemError) { try extend() } catch {} }
  }

  /// Appends the zeros that end an archive, as a hole.
  func extend() throws(SystemError) { try calls.truncate(descriptor, to: base &+ written &+ Int64(TarHeader.end)) }

  private func writeZeros(_ count: Int64) throws(SystemError) {
    let zeros = [UInt8](repeating: 0, count: Int(min(count, 64 << 10)))
    var left = count
    while left > 0 {
      let piece = Int(min(left, Int64(zeros.count)))
      try Self.withBytes(of: zeros) { (bytes) throws(SystemError) in
        try write(UnsafeRawBufferPointer(rebasing: bytes[..<piece]), at: 0)
      }
      left &-= Int64(piece)
    }
  }

  private static func withBytes(
    of array: [UInt8], _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Void
  ) throws(SystemError) {
    var failure: SystemError?
    array.withUnsafeBytes { bytes in
      do throws(SystemError) { try body(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Writes bytes at an offset in the archive, or behind those before if the file takes them in order only.
  func write(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
    try Self.withBytes(of: bytes) { (memory) throws(SystemError) in try write(memory, at: offset) }
  }

  private func write(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    var done = 0
    while done < memory.count {
      do throws(SystemError) {
        let rest = UnsafeRawBufferPointer(rebasing: memory[done...])
        let place = isSeekable ? base &+ offset &+ Int64(done) : -1
        let count = try calls.write(descriptor, rest, UnsafeRawBufferPointer(start: nil, count: 0), at: place)
        // No bytes written and no error: only a full disk explains it.
        if count == 0 { throw SystemError(code: ENOSPC) }
        done += count
      } catch {
        if error.code != EINTR { throw error }
      }
    }
  }

  /// Reads contents of a member again.
  ///
  /// - Returns: whether all of the memory was filled.
  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool {
    guard isReadable else { return false }
    flush()
    do throws(SystemError) {
      return try calls.readFully(descriptor, into: memory, at: offset) == memory.count
    } catch {
      return false
    }
  }
}
