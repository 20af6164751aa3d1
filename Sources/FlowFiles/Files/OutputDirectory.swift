internal import Glibc

/// The directory that everything is written to.
///
/// Only what lies below its descriptor can be touched: names are opened one component at a time and links are never followed.
public final class OutputDirectory {
  /// As it was given; for messages.
  public let path: String
  let descriptor: Int32
  let calls: any SystemCalls
  /// Something lay in the directory when the run began, so names may be taken.
  private(set) var hadEntries = false
  /// It did not exist before.
  private let isMade: Bool
  /// The folder used last, and its path with a slash behind: flows that follow one another often share it.
  private var folder: Int32 = -1
  private var folderPath: [UInt8] = []

  /// Opens the directory, and makes it where it is missing (not its parents).
  ///
  /// - Parameters:
  ///   - path: the directory.
  ///   - force: what an earlier run's index names is removed first, and that index and run.json.
  /// - Throws: where it cannot be opened, or holds something and `force` is false, or a reserved name stays taken.
  public convenience init(path: String, force: Bool) throws(OutputError) {
    try self.init(path: path, force: force, calls: KernelCalls())
  }

  init(path: String, force: Bool, calls: any SystemCalls) throws(OutputError) {
    self.path = path
    self.calls = calls
    isMade = mkdir(path, 0o777) == 0
    if !isMade, errno != EEXIST { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    if try isEmpty() { return }
    guard force else { throw OutputError(path: path, reason: .notEmpty) }
    try clear()
    hadEntries = try !isEmpty()
    for name in NameTemplate.reservedNames where exists(name) {
      throw OutputError(path: path + "/" + String(decoding: name, as: UTF8.self), reason: .reservedNameTaken)
    }
  }

  deinit {
    if folder >= 0 { Glibc.close(folder) }
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Whether the process may make files in it.
  ///
  /// The corresponding C function is `faccessat`.
  var isWritable: Bool { faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 }

  /// Removes the directory where this run made it and nothing lies in it.
  func removeMade() { if isMade { rmdir(path) } }

  private func isEmpty() throws(OutputError) -> Bool {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let listing = fdopendir(copy) else { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = entry.pointee.d_name
      let isDots = name.0 == 0x2e && (name.1 == 0 || (name.1 == 0x2e && name.2 == 0))
      if !isDots { return false }
    }
    return true
  }
}

// MARK: Paths below the directory

extension OutputDirectory {
  /// Opens the file at `path`, making the folders of its path where `flags` makes the file.
  ///
  /// `path` is relative, with safe components, without a NUL; one is appended.
  func openFile(_ path: inout [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    guard let slash = path.lastIndex(of: 0x2f) else {
      path.append(0)
      return try calls.openUninterrupted(at: descriptor, path, flags: flags)
    }
    let parent = try openFolder(path[...slash], making: flags & O_CREAT != 0)
    return try calls.openUninterrupted(at: parent, Array(path[(slash + 1)...]) + [0], flags: flags)
  }

  /// Whether anything is known to have this name.
  ///
  /// Where nobody can tell, making the file will: it replaces nothing.
  func exists(_ path: [UInt8]) -> Bool {
    do throws(SystemError) {
      var parent = descriptor
      var name = path[...]
      if let slash = path.lastIndex(of: 0x2f) {
        parent = try openFolder(path[...slash], making: false)
        name = path[(slash + 1)...]
      }
      _ = try calls.status(at: parent, Array(name) + [0])
      return true
    } catch {
      return false
    }
  }

  /// Opens a folder, one component after the other.
  ///
  /// The descriptor stays the directory's and lasts until the next call.
  private func openFolder(_ path: ArraySlice<UInt8>, making: Bool) throws(SystemError) -> Int32 {
    if folder >= 0, path.elementsEqual(folderPath) { return folder }
    if folder >= 0 {
      let old = folder
      folder = -1
      try calls.close(old)
    }
    var current = descriptor
    do throws(SystemError) {
      for component in path.split(separator: 0x2f) {
        let name = Array(component) + [0]
        if making {
          do throws(SystemError) { try calls.makeDirectory(at: current, name) } catch { if error.code != EEXIST { throw error } }
        }
        let next = try calls.openUninterrupted(at: current, name, flags: O_RDONLY | O_DIRECTORY)
        if current != descriptor { try calls.close(current) }
        current = next
      }
    } catch {
      if current != descriptor { do throws(SystemError) { try calls.close(current) } catch {} }
      throw error
    }
    folder = current
    folderPath = Array(path)
    return current
  }

  /// Removes a regular file, and the folders above it that this leaves empty.
  ///
  /// Anything else stays.
  func removeFile(_ path: [UInt8]) {
    guard Self.isSafe(path) else { return }
    do throws(SystemError) {
      var parent = descriptor
      let slash = path.lastIndex(of: 0x2f)
      if let slash { parent = try openFolder(path[...slash], making: false) }
      let name = Array(path[(slash.map { $0 + 1 } ?? 0)...]) + [0]
      guard try calls.status(at: parent, name).isRegular else { return }
      try calls.remove(at: parent, name, directory: false)
      if let slash { try removeEmptyFolders(path[..<slash]) }
    } catch {
      // What cannot be removed stays, and its name counts as taken.
    }
  }

  private func removeEmptyFolders(_ path: ArraySlice<UInt8>) throws(SystemError) {
    var rest = path
    while !rest.isEmpty {
      let slash = rest.lastIndex(of: 0x2f)
      let parent = if let slash { try openFolder(rest[...slash], making: false) } else { descriptor }
      try calls.remove(at: parent, Array(rest[(slash.map { $0 + 1 } ?? rest.startIndex)...]) + [0], directory: true)
      folderPath.removeAll()
      rest = slash.map { rest[..<$0] } ?? []
    }
  }

  /// Whether a path from an index stays below the directory and names no reserved file.
  static func isSafe(_ path: [UInt8]) -> Bool {
    guard !path.isEmpty, path.count <= NameTemplate.maxPathLength, !path.contains(0), !NameTemplate.reservedNames.contains(path) else {
      return false
    }
    return path.split(separator: 0x2f, omittingEmptySubsequences: false).allSatisfy { component in
      !component.isEmpty && component.count <= NameTemplate.maxComponentLength && !component.elementsEqual([0x2e])
        && !component.elementsEqual([0x2e, 0x2e])
    }
  }
}
