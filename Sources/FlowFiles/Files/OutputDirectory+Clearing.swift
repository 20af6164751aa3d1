internal import Glibc

extension OutputDirectory {
  /// Bytes read at a time, and the longest line that is looked at: a line with all its gaps and conflicts stays far below.
  private static let pieceSize = 256 << 10
  private static let maxLine = 4 << 20

  /// Removes what an earlier run's index names, that index and the files beside it.
  ///
  /// The index is hostile as well: only regular files below the directory go, and no link is followed. Without an index there was no
  /// earlier run, and everything stays.
  func clear() throws(OutputError) {
    let index = NameTemplate.reservedNames[0]
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: descriptor, index + [0], flags: O_RDONLY | O_NONBLOCK)
      defer { do throws(SystemError) { try calls.close(descriptor) } catch {} }
      guard try calls.status(of: descriptor).isRegular else { return }
      try removeFiles(namedIn: descriptor)
    } catch {
      // A link in its place is not followed.
      if error.code == ENOENT || error.code == ELOOP { return }
      throw OutputError(path: path + "/" + String(decoding: index, as: UTF8.self), reason: .system(error))
    }
    // The index last: whoever is interrupted here can do it again.
    for name in NameTemplate.reservedNames.reversed() {
      do throws(SystemError) {
        if try calls.status(at: descriptor, name + [0]).isRegular { try calls.remove(at: descriptor, name + [0], directory: false) }
      } catch {
        if error.code != ENOENT { throw OutputError(path: path + "/" + String(decoding: name, as: UTF8.self), reason: .system(error)) }
      }
    }
  }

  private func removeFiles(namedIn descriptor: Int32) throws(SystemError) {
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    var line: [UInt8] = []
    var isTooLong = false
    var offset: Int64 = 0
    while true {
      let count = try readPiece(descriptor, &piece, at: offset)
      if count == 0 { return }
      offset &+= Int64(count)
      for byte in piece[..<count] {
        if byte == 0x0a {
          if !isTooLong { IndexScanner(line).fileNames().forEach(removeFile) }
          line.removeAll(keepingCapacity: true)
          isTooLong = false
        } else if line.count < Self.maxLine {
          line.append(byte)
        } else {
          isTooLong = true
        }
      }
    }
  }

  private func readPiece(_ descriptor: Int32, _ piece: inout [UInt8], at offset: Int64) throws(SystemError) -> Int {
    var failure: SystemError?
    let count = piece.withUnsafeMutableBytes { memory -> Int in
      do throws(SystemError) {
        return try calls.readFully(descriptor, into: memory, at: offset)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return count
  }
}
