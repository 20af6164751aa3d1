internal import Glibc
internal import Paths

/// The inputs that the user named, with the files of a folder in its place.
struct InputList {
  struct Entry {
    var path: FilePath
    /// It comes from a folder: nobody said that it is a capture.
    var isFound: Bool
  }

  private(set) var entries: [Entry] = []

  /// - Throws: `CaptureError` where a folder cannot be read.
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

  /// Regular files of a folder, and links to such, by name. O(n log n).
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
