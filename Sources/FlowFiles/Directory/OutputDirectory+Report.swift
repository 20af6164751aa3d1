internal import Glibc
internal import Paths

extension OutputDirectory {
  /// Writes run.json.
  func write(_ report: RunReport) throws(OutputError) { try write(report.json(), as: RunReport.fileName) }

  /// Writes a file with a reserved name under a temporary name, and renames it when it is complete.
  ///
  /// Whenever the process is killed, the file is complete or absent.
  func write(_ contents: [UInt8], as file: String) throws(OutputError) {
    if isUnnamed { return }
    let name = Array(file.utf8) + [0]
    let part = ReservedNames.partOfReport + [0]
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: descriptor, part, flags: O_RDWR | O_CREAT | O_EXCL)
      do throws(SystemError) {
        var done = 0
        try calls.writeAndClose(contents, to: descriptor, done: &done)
        try putInPlace(part, as: name)
      } catch {
        do throws(SystemError) { try calls.remove(at: self.descriptor, part, directory: false) } catch {}
        throw error
      }
    } catch {
      throw OutputError(path: path.appending(file), reason: .system(error))
    }
  }

  /// Moves a file to its final name, without replacing an existing file of that name.
  private func putInPlace(_ part: [UInt8], as name: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      try calls.link(at: descriptor, part, as: name)
      try calls.remove(at: descriptor, part, directory: false)
    } catch {
      guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(error.code) else { throw error }
      // The file system has no hard links.
      if exists(Array(name.dropLast())) { throw SystemError(code: EEXIST) }
      try calls.rename(at: descriptor, part, as: name)
    }
  }
}
