internal import Glibc

/// Where the runs of one process write: a folder of its own in memory, gone at the end.
package final class WorkFolder {
  package let path: String

  package init() throws(SystemFailure) {
    let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(place)/reasm-hunt-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure(place) }
    path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  deinit { Self.remove(path) }

  package func write(_ bytes: [UInt8], to name: String) throws(SystemFailure) {
    let file = path + "/" + name
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemFailure(file) }
    defer { close(descriptor) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
      guard count > 0 else { throw SystemFailure(file) }
      done += count
    }
  }

  /// Every regular file of a folder and of those in it, by its path there; other kinds have an entry without contents.
  package func files(in name: String) throws(SystemFailure) -> [String: SparseFile?] {
    var found: [String: SparseFile?] = [:]
    try gather(path + "/" + name, "", &found)
    return found
  }

  private func gather(_ folder: String, _ prefix: String, _ found: inout [String: SparseFile?]) throws(SystemFailure) {
    for (name, type) in Self.entries(folder) {
      switch type {
      case UInt8(DT_DIR): try gather(folder + "/" + name, prefix + name + "/", &found)
      case UInt8(DT_REG): found[prefix + name] = try SparseFile(path: folder + "/" + name)
      default: found[prefix + name] = .some(nil)
      }
    }
  }

  package func remove(_ name: String) { Self.remove(path + "/" + name) }

  private static func remove(_ path: String) {
    for (name, type) in entries(path) {
      if type == UInt8(DT_DIR) { remove(path + "/" + name) } else { unlink(path + "/" + name) }
    }
    rmdir(path)
  }

  private static func entries(_ folder: String) -> [(name: String, type: UInt8)] {
    guard let listing = opendir(folder) else { return [] }
    defer { closedir(listing) }
    var found: [(String, UInt8)] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { found.append((name, entry.pointee.d_type)) }
    }
    return found
  }
}
