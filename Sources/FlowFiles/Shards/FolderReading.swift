internal import Glibc
internal import Paths

/// Files and folders below the output directory, opened one component at a time, without following links.
struct FolderReading {
  /// Descriptor of the output directory, which the owner keeps open.
  let directory: Int32
  let calls: any SystemCalls

  /// Opens a folder; the caller closes it.
  func openFolder(_ path: some Collection<UInt8>, making: Bool = false) throws(SystemError) -> Int32 {
    var current = try calls.openUninterrupted(at: directory, [0x2e, 0], flags: O_RDONLY | O_DIRECTORY)
    for component in path.split(separator: 0x2f) {
      let name = Array(component) + [0]
      do throws(SystemError) {
        if making {
          do throws(SystemError) { try calls.makeDirectory(at: current, name) } catch { if error.code != EEXIST { throw error } }
        }
        let next = try calls.openUninterrupted(at: current, name, flags: O_RDONLY | O_DIRECTORY)
        try calls.close(current)
        current = next
      } catch {
        do throws(SystemError) { try calls.close(current) } catch {}
        throw error
      }
    }
    return current
  }

  /// Opens a regular file to read it; the caller closes it.
  func openFile(_ path: [UInt8]) throws(SystemError) -> Int32 {
    let slash = path.lastIndex(of: 0x2f) ?? -1
    let folder = try openFolder(path[..<max(0, slash)])
    defer { do throws(SystemError) { try calls.close(folder) } catch {} }
    let file = try calls.openUninterrupted(at: folder, Array(path[(slash + 1)...]) + [0], flags: O_RDONLY | O_NONBLOCK)
    if try calls.status(of: file).isRegular { return file }
    try calls.close(file)
    throw SystemError(code: EISDIR)
  }

  /// Length of a file in bytes.
  func length(of path: [UInt8]) throws(SystemError) -> UInt64 {
    let file = try openFile(path)
    let length = lseek(file, 0, SEEK_END)
    try calls.close(file)
    return UInt64(max(0, length))
  }

  /// Reads bytes of a file, fewer than `count` at its end.
  func read(_ path: [UInt8], at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
    let file = try openFile(path)
    defer { do throws(SystemError) { try calls.close(file) } catch {} }
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: SystemError?
    let done = bytes.withUnsafeMutableBytes { memory -> Int in
      do throws(SystemError) {
        return try calls.readFully(file, into: memory, at: offset)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return done == count ? bytes : Array(bytes[..<done])
  }

  /// Reads a file of at most `most` bytes.
  func contents(of path: [UInt8], most: Int) throws(SystemError) -> [UInt8] {
    let file = try openFile(path)
    defer { do throws(SystemError) { try calls.close(file) } catch {} }
    var contents: [UInt8] = []
    try calls.forEachPiece(of: file) { piece in if contents.count <= most { contents += piece } }
    if contents.count > most { throw SystemError(code: EFBIG) }
    return contents
  }

  /// Names in a folder, in order.
  func names(in path: [UInt8]) throws(SystemError) -> [[UInt8]] {
    let folder = try openFolder(path)
    guard let listing = fdopendir(folder) else {
      let error = SystemError(code: errno)
      try calls.close(folder)
      throw error
    }
    // It closes the descriptor too.
    defer { closedir(listing) }
    var names: [[UInt8]] = []
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        // The name ends with a NUL within the field.
        tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { FilePath(cString: $0).bytes }
      }
      if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Sum of the sizes of the files below a folder, holes included; it costs one call for each file.
  ///
  /// - Parameters:
  ///   - path: the path of the folder.
  ///   - isCounted: whether an entry at the top of the folder is counted.
  /// - Returns: the sum in bytes; the path of an entry that is neither a file nor a folder, if there is one.
  /// - Throws: `SystemError` if a folder cannot be read.
  func size(of path: [UInt8], _ isCounted: ([UInt8]) -> Bool = { _ in true }) throws(SystemError) -> (bytes: UInt64, foreign: [UInt8]?) {
    let inside = try names(in: path)
    let folder = try openFolder(path)
    defer { do throws(SystemError) { try calls.close(folder) } catch {} }
    var bytes: UInt64 = 0
    for name in inside where isCounted(name) {
      let entry = path + [0x2f] + name
      let status = try calls.status(at: folder, name + [0])
      if status.isRegular {
        bytes &+= status.size
      } else {
        guard status.isDirectory, path.count < NameTemplate.maxPathLength * 2 else { return (bytes, entry) }
        let below = try size(of: entry)
        bytes &+= below.bytes
        if below.foreign != nil { return (bytes, below.foreign) }
      }
    }
    return (bytes, nil)
  }

  /// Removes a folder with those in it, and the files at its top that `isOwn` knows; anything else stays.
  ///
  /// - Parameters:
  ///   - path: the path of the folder.
  ///   - isOwn: whether a file at the top of the folder is removed.
  /// - Returns: whether the folder is gone.
  /// - Throws: `SystemError` if an entry cannot be read or removed.
  @discardableResult
  func removeFolder(_ path: [UInt8], _ isOwn: ([UInt8]) -> Bool = { _ in false }) throws(SystemError) -> Bool {
    let inside: [[UInt8]]
    do throws(SystemError) { inside = try names(in: path) } catch {
      if error.code == ENOENT { return true }
      throw error
    }
    let folder = try openFolder(path)
    defer { do throws(SystemError) { try calls.close(folder) } catch {} }
    var isEmpty = true
    for name in inside {
      if isOwn(name) {
        try calls.remove(at: folder, name + [0], directory: false)
      } else if path.count < NameTemplate.maxPathLength * 2, try isFolder(folder, name) {
        if try !removeFolder(path + [0x2f] + name) { isEmpty = false }
      } else {
        isEmpty = false
      }
    }
    guard isEmpty else { return false }
    let slash = path.lastIndex(of: 0x2f) ?? -1
    let parent = try openFolder(path[..<max(0, slash)])
    defer { do throws(SystemError) { try calls.close(parent) } catch {} }
    try calls.remove(at: parent, Array(path[(slash + 1)...]) + [0], directory: true)
    return true
  }

  private func isFolder(_ parent: Int32, _ name: [UInt8]) throws(SystemError) -> Bool {
    do throws(SystemError) {
      try calls.close(try calls.openUninterrupted(at: parent, name + [0], flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK))
      return true
    } catch {
      if error.code == ENOTDIR || error.code == ELOOP { return false }
      throw error
    }
  }
}
