internal import Glibc
internal import Paths

/// Inputs that the user named, in which each folder is replaced by its files.
struct InputList {
  struct Entry {
    var path: FilePath
    /// Whether the input comes from a folder, so that it need not be a capture.
    var isFound: Bool
  }

  private(set) var entries: [Entry] = []

  /// Lists the inputs.
  ///
  /// - Parameter paths: the paths that the user named.
  /// - Throws: `CaptureError` if a folder cannot be read.
  init(_ paths: [FilePath]) throws(CaptureError) {
    for path in paths {
      var status = stat()
      if path != "-", stat(path.terminated, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        entries += try Self.files(in: path).map { Entry(path: $0, isFound: true) }
      } else {
        entries.append(Entry(path: path, isFound: false))
      }
    }
  }

  /// Returns the regular files of a folder, and links to regular files, by name.
  ///
  /// O(n log n).
  private static func files(in folder: FilePath) throws(CaptureError) -> [FilePath] {
    guard let directory = opendir(folder.terminated) else { throw CaptureError(errno: errno, path: folder) }
    defer { closedir(directory) }
    var paths: [FilePath] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { FilePath(cString: $0) }
      }
      let path = folder.appending(name.bytes)
      var status = stat()
      if stat(path.terminated, &status) == 0, status.st_mode & S_IFMT == S_IFREG { paths.append(path) }
    }
    return paths.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }
}
