internal import Glibc
internal import Paths

extension OutputDirectory {
  /// Writes run.json: all of it, or no file, whenever the process is killed.
  func write(_ report: RunReport) throws(OutputError) {
    let name = Array(RunReport.fileName.utf8) + [0]
    let part = ReservedNames.partOfReport + [0]
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: descriptor, part, flags: O_RDWR | O_CREAT | O_EXCL)
      do throws(SystemError) {
        do throws(SystemError) {
          var done = 0
          try calls.writeFully(report.json(), to: descriptor, at: 0, done: &done)
        } catch {
          do throws(SystemError) { try calls.close(descriptor) } catch {}
          throw error
        }
        try calls.close(descriptor)
        try putInPlace(part, as: name)
      } catch {
        do throws(SystemError) { try calls.remove(at: self.descriptor, part, directory: false) } catch {}
        throw error
      }
    } catch {
      throw OutputError(path: path.appending(RunReport.fileName), reason: .system(error))
    }
  }

  /// Gives a file its last name, which replaces nothing.
  private func putInPlace(_ part: [UInt8], as name: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      try calls.link(at: descriptor, part, as: name)
      try calls.remove(at: descriptor, part, directory: false)
    } catch {
      guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(error.code) else { throw error }
      // A file system without second names.
      if exists(Array(name.dropLast())) { throw SystemError(code: EEXIST) }
      try calls.rename(at: descriptor, part, as: name)
    }
  }
}
