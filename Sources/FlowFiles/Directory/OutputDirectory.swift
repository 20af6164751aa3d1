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
  /// Whether nothing gets a name in the directory: files with reserved names are temporary.
  let isUnnamed: Bool
  /// Files of connections below the directory.
  let folders: OutputFolders

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

  /// Opens and locks a directory that holds the shards of a run, to merge them; an earlier attempt may have been interrupted.
  ///
  /// - Parameters:
  ///   - path: the path of the directory.
  ///   - calls: the system calls.
  /// - Throws: `OutputError` if the directory cannot be opened, another run uses it, or it has other entries and no attempt was begun.
  convenience init(merging path: FilePath, calls: any SystemCalls) throws(OutputError) {
    try self.init(path: path, force: false, resumes: true, beside: [ReservedNames.shards], calls: calls)
  }

  convenience init(path: FilePath, force: Bool, calls: any SystemCalls) throws(OutputError) {
    try self.init(path: path, force: force, resumes: false, beside: [], calls: calls)
  }

  private init(path: FilePath, force: Bool, resumes: Bool, beside: [[UInt8]], calls: any SystemCalls) throws(OutputError) {
    self.path = path
    self.calls = calls
    isUnnamed = false
    let isMade = mkdir(path.terminated, 0o777) == 0
    self.isMade = isMade
    if !isMade, errno != EEXIST { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    let descriptor = Glibc.open(path.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    self.descriptor = descriptor
    folders = OutputFolders(of: descriptor, calls: calls)
    if descriptor < 0 { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
    do throws(RunMarker.Failure) {
      marker = try RunMarker.take(in: descriptor, calls: calls) { () throws(RunMarker.Failure) in
        guard !force else { return }
        if try !Self.isEmpty(descriptor, beside: beside) { throw RunMarker.Failure(.notEmpty) }
      }
    } catch {
      close(descriptor)
      if isMade { rmdir(path.terminated) }
      throw Self.error(error.reason, path)
    }
    if !marker.isNew && !force && !resumes { throw OutputError(path: path, reason: .unfinished) }
    do throws(OutputError) {
      try prepare(force: force, isMerge: resumes)
    } catch {
      if marker.isNew { abandon() }
      throw error
    }
  }

  /// Opens a directory for the temporary files of a run whose output is an archive alone.
  ///
  /// - Parameter folder: the path of the directory.
  /// - Throws: `OutputError` if no file can be created there.
  public convenience init(unnamedIn folder: FilePath) throws(OutputError) { try self.init(unnamedIn: folder, calls: KernelCalls()) }

  init(unnamedIn folder: FilePath, calls: any SystemCalls) throws(OutputError) {
    path = folder
    self.calls = calls
    isMade = false
    isUnnamed = true
    descriptor = Glibc.open(folder.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    folders = OutputFolders(of: descriptor, calls: calls)
    if descriptor < 0 { throw OutputError(path: folder, reason: .system(SystemError(code: errno))) }
    do throws(SystemError) {
      // The names that it takes are not read again.
      let file = try Spool.makeUnnamed(in: folder, directory: nil, calls: calls)
      marker = RunMarker(file, in: descriptor, isNew: true, calls: calls)
    } catch {
      close(descriptor)
      throw OutputError(path: folder, reason: .system(error))
    }
  }

  /// Checks that an archive does not get the name of a file of the run.
  ///
  /// - Parameter archive: the path of the archive.
  /// - Throws: `OutputError` if the directory reserves the name.
  public func checkIsFree(_ archive: FilePath) throws(OutputError) {
    guard !isUnnamed, let name = archive.lastComponent, ReservedNames.contains(name.bytes) else { return }
    var (own, other) = (stat(), stat())
    guard fstat(descriptor, &own) == 0, stat(archive.parent.terminated, &other) == 0 else { return }
    if own.st_dev == other.st_dev, own.st_ino == other.st_ino { throw OutputError(path: archive, reason: .archiveNameReserved) }
  }

  /// Creates a spool whose temporary file is in the directory.
  func makeSpool(memoryLimit: Int = Spool.standardMemory, blockSize: Int = Spool.standardBlock) -> Spool {
    Spool(folder: path, directory: isUnnamed ? nil : descriptor, memoryLimit: memoryLimit, blockSize: blockSize, calls: calls)
  }

  /// Removes the output of an earlier run and writes the header of the marker.
  private func prepare(force: Bool, isMerge: Bool) throws(OutputError) {
    // A new marker gets its header before anything is removed, so that a run that is killed meanwhile leaves a valid one. The marker of an
    // earlier run keeps its names until their files are removed.
    if marker.isNew { try begin(isMerge) }
    if force {
      try clear()
      hadEntries = try !isEmpty()
      for name in ReservedNames.written where exists(name) { throw OutputError(path: path.appending(name), reason: .reservedNameTaken) }
    }
    if !marker.isNew { try begin(isMerge) }
  }

  private func begin(_ isMerge: Bool) throws(OutputError) {
    do throws(SystemError) { try marker.begin(isMerge: isMerge) } catch { throw Self.error(.system(error), path) }
  }

  /// Returns an error with the path of the marker if it concerns only the marker, else with that of the directory.
  private static func error(_ reason: OutputError.Reason, _ path: FilePath) -> OutputError {
    switch reason {
    case .system, .reservedNameTaken: OutputError(path: path.appending(RunMarker.name), reason: reason)
    default: OutputError(path: path, reason: reason)
    }
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  /// Whether the process may create files in the directory.
  ///
  /// The corresponding C function is `faccessat`.
  var isWritable: Bool { faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 }

  /// Removes the marker of a run whose output is complete.
  func endRun() throws(OutputError) {
    if isUnnamed { return }
    do throws(SystemError) {
      try marker.remove()
    } catch {
      if error.code != ENOENT { throw OutputError(path: path.appending(RunMarker.name), reason: .system(error)) }
    }
  }

  /// Removes the marker, and the directory if this run created it, for a run that cannot begin.
  public func abandon() {
    if isUnnamed { return }
    do throws(SystemError) { try marker.remove() } catch {}
    if isMade { rmdir(path.terminated) }
  }

  /// Whether the directory holds nothing but a marker.
  func isEmpty() throws(OutputError) -> Bool {
    do throws(RunMarker.Failure) { return try Self.isEmpty(descriptor) } catch { throw OutputError(path: path, reason: error.reason) }
  }

  private static func isEmpty(_ descriptor: Int32, beside: [[UInt8]] = []) throws(RunMarker.Failure) -> Bool {
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
      if !([[0x2e], [0x2e, 0x2e], RunMarker.name] + beside).contains(name.bytes) { return false }
    }
    return true
  }
}

// MARK: Paths below the directory

extension OutputDirectory {
  /// Opens the file at `path`, and creates the folders of its path if `flags` creates the file.
  func openFile(_ path: inout [UInt8], flags: Int32) throws(SystemError) -> Int32 { try folders.openFile(&path, flags: flags) }

  /// Whether a file with this path is known to exist.
  func exists(_ path: [UInt8]) -> Bool { folders.exists(path) }

  /// Removes a regular file, and the parent folders that are empty then; anything else stays.
  ///
  /// - Parameter path: the path of the file.
  /// - Returns: the size of the file in bytes, holes included; nil if none was removed.
  @discardableResult
  func removeFile(_ path: [UInt8]) -> UInt64? { folders.removeFile(path) }

  /// Removes the empty folders of a path.
  func removeFolders(of path: [UInt8]) { folders.removeFolders(of: path) }

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
