internal import Glibc
internal import Paths

extension OutputDirectory {
  /// Length in bytes of the longest line that is parsed: a line with all its gaps and conflicts is far below it.
  private static let maxLine = 16 << 20

  /// Removes the output of an earlier run: the files that its marker and its index name, and the files beside them.
  ///
  /// Marker and index are untrusted: only regular files below the directory are removed, and no link is followed. If both are missing there
  /// was no earlier run, and every file stays.
  func clear() throws(OutputError) {
    var account = RunMarker.Account.complete
    if !marker.isNew {
      do throws(SystemError) {
        account = try marker.forEachOwnName { name in
          // A run that was killed between mkdir and open left empty folders.
          if removeFile(name) == nil { removeFolders(of: name) }
        }
      } catch {
        throw OutputError(path: path.appending(RunMarker.name), reason: .system(error))
      }
    }
    guard try clear(by: ReservedNames.index, { IndexScanner($0).fileNames() }) || !marker.isNew else { return }
    for name in [ReservedNames.exchanges, ReservedNames.messages] { _ = try clear(by: name) { IndexScanner($0).bodyNames() } }
    // The index is removed last, so that an interrupted removal can be repeated.
    for name in ReservedNames.written.reversed() {
      do throws(SystemError) {
        if try calls.status(at: descriptor, name + [0]).isRegular { try calls.remove(at: descriptor, name + [0], directory: false) }
      } catch {
        if error.code != ENOENT { throw OutputError(path: path.appending(name), reason: .system(error)) }
      }
    }
    if account == .incomplete, try !isEmpty() { throw OutputError(path: path, reason: .unknownRest) }
  }

  /// Removes the files that an index names.
  ///
  /// - Parameters:
  ///   - index: name of the index.
  ///   - names: finds the names in a line.
  /// - Returns: whether there is such an index.
  /// - Throws: if the index cannot be read.
  private func clear(by index: [UInt8], _ names: ([UInt8]) -> [[UInt8]]) throws(OutputError) -> Bool {
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: descriptor, index + [0], flags: O_RDONLY | O_NONBLOCK)
      defer { do throws(SystemError) { try calls.close(descriptor) } catch {} }
      guard try calls.status(of: descriptor).isRegular else { return false }
      try removeFiles(namedIn: descriptor, names)
      return true
    } catch {
      // A link of that name is not followed.
      if error.code == ENOENT || error.code == ELOOP { return false }
      throw OutputError(path: path.appending(index), reason: .system(error))
    }
  }

  private func removeFiles(namedIn descriptor: Int32, _ names: ([UInt8]) -> [[UInt8]]) throws(SystemError) {
    var line: [UInt8] = []
    var isTooLong = false
    try calls.forEachPiece(of: descriptor) { piece in
      for byte in piece {
        if byte == 0x0a {
          if !isTooLong { for name in names(line) { removeFile(name) } }
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
}
