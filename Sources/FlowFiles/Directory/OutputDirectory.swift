internal import Glibc
public import Paths

/// The directory of all output files.
///
/// Only files below its descriptor can be touched: names are opened one component at a time, and links are never followed.
public final class OutputDirectory {
  /// Path as the user gave it, for messages.
  public let path: FilePath
  let descriptor: Int32
  let calls: any SystemCalls
  /// Marker `.reasm-run`, whose lock lasts as long as this object.
  let marker: RunMarker
  /// Whether the directory had entries when the run began, so that names may be taken.
  private(set) var hadEntries = false
  /// Whether this run created the directory.
  private let isMade: Bool
  /// Descriptor of the folder that was used last, and its path with a slash at the end: consecutive flows often share it.
  private var folder: Int32 = -1
  private var folderPath: [UInt8] = []

  /// Opens and locks the directory, and creates it if it is missing (but not its parents).
  ///
  /// `.reasm-run` marks the directory as unfinished until the output is complete.
  ///
  /// - Parameters:
  ///   - path: the path of the directory.
  ///   - force: whether the output of an earlier run is removed first. These are the files that its index names or, if it was cut short,
  ///     its `.reasm-run`, and the files beside them.
  /// - Throws: `OutputError` if the directory cannot be opened, another run uses it, it has entries and `force` is false, or a reserved
  ///   name remains taken.
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

  /// Returns an error with the path of the marker if it concerns only the marker, else with that of the directory.
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

  /// Whether the process may create files in the directory.
  ///
  /// The corresponding C function is `faccessat`.
  var isWritable: Bool { faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 }

  /// Removes the marker of a run whose output is complete.
  func endRun() throws(OutputError) {
    do throws(SystemError) {
      try marker.remove()
    } catch {
      if error.code != ENOENT { throw OutputError(path: path.appending(RunMarker.name), reason: .system(error)) }
    }
  }

  /// Removes the marker, and the directory if this run created it, for a run that cannot begin.
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
  /// Opens the file at `path`, and creates the folders of its path if `flags` creates the file.
  ///
  /// - Parameters:
  ///   - path: a relative path with safe components, without a NUL; one is appended.
  ///   - flags: the flags of `open`.
  /// - Returns: the descriptor.
  /// - Throws: `SystemError` if the file cannot be opened or created.
  func openFile(_ path: inout [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    guard let slash = path.lastIndex(of: 0x2f) else {
      path.append(0)
      return try calls.openUninterrupted(at: descriptor, path, flags: flags)
    }
    let parent = try openFolder(path[...slash], making: flags & O_CREAT != 0)
    return try calls.openUninterrupted(at: parent, Array(path[(slash + 1)...]) + [0], flags: flags)
  }

  /// Whether a file with this path is known to exist.
  ///
  /// If that cannot be found out, creating the file decides, which never replaces a file.
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
  /// The directory owns the descriptor, which is valid until the next call.
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

  /// Removes a regular file, and the parent folders that are empty then; anything else stays.
  ///
  /// - Parameter path: the path of the file.
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
      // A file that cannot be removed stays, and its name counts as taken.
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

  /// Returns the parent folders of a path, the innermost first.
  private static func folders(of path: [UInt8]) -> [ArraySlice<UInt8>] {
    path.indices.reversed().filter { path[$0] == 0x2f }.map { path[..<$0] }
  }

  /// Removes an empty folder.
  ///
  /// - Parameter path: the path of the folder.
  /// - Returns: false if the folder has entries or does not exist.
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
