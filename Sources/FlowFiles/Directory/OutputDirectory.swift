internal import Glibc
public import Paths

/// The directory that everything is written to. Only what lies below its descriptor can be touched: names are opened one
/// component at a time and links are never followed.
public final class OutputDirectory {
  /// As it was given; for messages.
  public let path: FilePath
  let descriptor: Int32
  let calls: any SystemCalls
  /// `.reasm-run`; its lock lasts as long as this object.
  let marker: RunMarker
  /// Something lay in the directory when the run began, so names may be taken.
  private(set) var hadEntries = false
  /// It did not exist before.
  private let isMade: Bool
  /// The folder used last, and its path with a slash behind: flows that follow one another often share it.
  private var folder: Int32 = -1
  private var folderPath: [UInt8] = []

  /// Opens the directory, and makes it where it is missing (not its parents). The directory is locked from then on, and `.reasm-run` marks
  /// it as unfinished until the output is finished.
  ///
  /// - Parameters:
  ///   - path: the directory.
  ///   - force: what an earlier run wrote is removed first: the files that its index names or, where it was cut short, its
  ///     `.reasm-run`, and what lies beside them.
  /// - Throws: where it cannot be opened, another run uses it, it holds something and `force` is false, or a reserved name stays taken.
  public convenience init(path: FilePath, force: Bool) throws(OutputError) {
    try self.init(path: path, force: force, calls: KernelCalls())
  }

  init(path: FilePath, force: Bool, calls: any SystemCalls) throws(OutputError) {
    self.path = path
    self.calls = calls
    let isMade = mkdir(path.terminated, 0o777) == 0
    self.isMade = isMade
    if !isMade, errno != EEXIST { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    let descriptor = Glibc.open(path.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    self.descriptor = descriptor
    if descriptor < 0 { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    do throws(RunMarker.Failure) {
      marker = try RunMarker.take(in: descriptor, calls: calls) { () throws(RunMarker.Failure) in
        guard !force else { return }
        if try !Self.isEmpty(descriptor) { throw RunMarker.Failure(.notEmpty) }
      }
    } catch {
      close(descriptor)
      if isMade { rmdir(path.terminated) }
      throw Self.error(error.reason, path)
    }
    if !marker.isNew && !force { throw OutputError(path: path, reason: .unfinished) }
    do throws(OutputError) {
      try prepare(force: force)
    } catch {
      if marker.isNew { abandon() }
      throw error
    }
  }

  /// Removes the output of an earlier run and writes the header of the marker.
  private func prepare(force: Bool) throws(OutputError) {
    // A new marker gets its header before anything is removed, so that a run that is killed meanwhile leaves a valid one. The marker of an
    // earlier run keeps its names until their files are removed.
    if marker.isNew { try begin() }
    if force {
      try clear()
      hadEntries = try !isEmpty()
      for name in ReservedNames.written where exists(name) { throw OutputError(path: path.appending(name), reason: .reservedNameTaken) }
    }
    if !marker.isNew { try begin() }
  }

  private func begin() throws(OutputError) {
    do throws(SystemError) { try marker.begin() } catch { throw Self.error(.system(error), path) }
  }

  /// Names the marker in errors that concern it alone, the directory in others.
  private static func error(_ reason: OutputError.Reason, _ path: FilePath) -> OutputError {
    switch reason {
    case .system, .reservedNameTaken: OutputError(path: path.appending(RunMarker.name), reason: reason)
    default: OutputError(path: path, reason: reason)
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

  /// Removes the marker. The output is finished.
  func endRun() throws(OutputError) {
    do throws(SystemError) {
      try marker.remove()
    } catch {
      if error.code != ENOENT { throw OutputError(path: path.appending(RunMarker.name), reason: .system(error)) }
    }
  }

  /// Removes the marker, and the directory if this run made it. For a run that cannot begin.
  func abandon() {
    do throws(SystemError) { try marker.remove() } catch {}
    if isMade { rmdir(path.terminated) }
  }

  /// Whether the directory holds nothing but a marker.
  func isEmpty() throws(OutputError) -> Bool {
    do throws(RunMarker.Failure) { return try Self.isEmpty(descriptor) } catch { throw OutputError(path: path, reason: error.reason) }
  }

  private static func isEmpty(_ descriptor: Int32) throws(RunMarker.Failure) -> Bool {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { throw RunMarker.Failure(.system(SystemError(code: errno))) }
    guard let listing = fdopendir(copy) else {
      let error = SystemError(code: errno)
      close(copy)
      throw RunMarker.Failure(.system(error))
    }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { FilePath(cString: $0) }
      }
      if ![[0x2e], [0x2e, 0x2e], RunMarker.name].contains(name.bytes) { return false }
    }
    return true
  }
}

// MARK: Paths below the directory

extension OutputDirectory {
  /// Opens the file at `path`, making the folders of its path where `flags` makes the file.
  ///
  /// - Parameter path: relative, with safe components, without a NUL; one is appended.
  func openFile(_ path: inout [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    guard let slash = path.lastIndex(of: 0x2f) else {
      path.append(0)
      return try calls.openUninterrupted(at: descriptor, path, flags: flags)
    }
    let parent = try openFolder(path[...slash], making: flags & O_CREAT != 0)
    return try calls.openUninterrupted(at: parent, Array(path[(slash + 1)...]) + [0], flags: flags)
  }

  /// Whether anything is known to have this name. Where nobody can tell, making the file will: it replaces nothing.
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

  /// Opens a folder, one component after the other. The descriptor stays the directory's and lasts until the next call.
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

  /// Removes a regular file, and the folders above it that this leaves empty. Anything else stays.
  ///
  /// - Returns: whether a file was removed.
  @discardableResult
  func removeFile(_ path: [UInt8]) -> Bool {
    guard Self.isSafe(path) else { return false }
    do throws(SystemError) {
      var parent = descriptor
      let slash = path.lastIndex(of: 0x2f)
      if let slash { parent = try openFolder(path[...slash], making: false) }
      let name = Array(path[(slash.map { $0 + 1 } ?? 0)...]) + [0]
      guard try calls.status(at: parent, name).isRegular else { return false }
      try calls.remove(at: parent, name, directory: false)
    } catch {
      // What cannot be removed stays, and its name counts as taken.
      return false
    }
    for folder in Self.folders(of: path) where !removeFolder(folder) { break }
    return true
  }

  /// Removes the empty folders of a path.
  func removeFolders(of path: [UInt8]) {
    guard Self.isSafe(path) else { return }
    for folder in Self.folders(of: path) { removeFolder(folder) }
  }

  /// The folders that a path leads through, the innermost first.
  private static func folders(of path: [UInt8]) -> [ArraySlice<UInt8>] {
    path.indices.reversed().filter { path[$0] == 0x2f }.map { path[..<$0] }
  }

  /// Removes an empty folder.
  ///
  /// - Returns: false where something lies in it, or it does not exist.
  @discardableResult
  private func removeFolder(_ path: ArraySlice<UInt8>) -> Bool {
    do throws(SystemError) {
      let slash = path.lastIndex(of: 0x2f)
      let parent = if let slash { try openFolder(path[...slash], making: false) } else { descriptor }
      try calls.remove(at: parent, Array(path[(slash.map { $0 + 1 } ?? path.startIndex)...]) + [0], directory: true)
      folderPath.removeAll()
      return true
    } catch {
      return false
    }
  }

  /// Whether a path from an index stays below the directory and names no reserved file.
  static func isSafe(_ path: [UInt8]) -> Bool {
    guard !path.isEmpty, path.count <= NameTemplate.maxPathLength, !path.contains(0), !ReservedNames.contains(path) else {
      return false
    }
    return path.split(separator: 0x2f, omittingEmptySubsequences: false).allSatisfy { component in
      !component.isEmpty && component.count <= NameTemplate.maxComponentLength && !component.elementsEqual([0x2e])
        && !component.elementsEqual([0x2e, 0x2e])
    }
  }
}
