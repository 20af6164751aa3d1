internal import Glibc
internal import Packets
public import Paths

/// Tar file (POSIX pax) that takes the contents of all files of a run instead of a directory.
///
/// Members are written in the order in which they are complete. Those that are short wait in a buffer and are written together. What is in
/// the file always consists of whole members: their bytes are written before the header of the first one, which is a block of zeros until
/// then, as at the end of a tar file. If the file cannot be written, it is cut behind the last whole member.
public final class TarFile {
  /// Path of the file; `-` for standard output.
  public let path: FilePath
  /// What messages call the file.
  var pathInMessages: FilePath { path == "-" ? "standard output" : path }
  let calls: any SystemCalls
  let descriptor: Int32
  /// Whether bytes can be written at any offset; a pipe takes them in order only.
  let isSeekable: Bool
  /// Whether the file can be cut.
  let isRegular: Bool
  /// Whether contents can be read again.
  let isReadable: Bool
  /// Offset of the archive in the file: standard output may have bytes already.
  let base: Int64
  /// Name that lines state with every member, because other shards have archives too; nil for the only archive of a run.
  private(set) var nameInLines: String?

  /// Number of bytes in the file, which are whole members.
  @exclusivity(unchecked) var written: Int64 = 0
  /// Whole members that are not in the file yet.
  @exclusivity(unchecked) var buffer: [UInt8] = []
  @exclusivity(unchecked) var waiting: [WaitingMember] = []
  /// Number of flows that were added, and of those whose member is in the file or has failed.
  @exclusivity(unchecked) var given: UInt64 = 0
  @exclusivity(unchecked) var settled: UInt64 = 0
  /// Headers in progress, reused.
  @exclusivity(unchecked) var header: [UInt8] = []
  /// Error that left bytes of no whole member in the file, which could not be cut off; nil if it has whole members only.
  var breakage: SystemError?
  private var isClosed = false
  /// First error of the indexes, or of the end of the archive.
  private(set) var failure: OutputError?

  /// Creates the file, without following a link.
  ///
  /// - Parameters:
  ///   - path: the path of the file; `-` for standard output.
  ///   - replaces: whether an existing regular file is removed first.
  ///   - others: paths of files that must not be removed, because the run reads or writes them.
  /// - Throws: `OutputError` if the file cannot be created, or exists and is not replaced.
  public convenience init(path: FilePath, replaces: Bool, others: [FilePath] = []) throws(OutputError) {
    try self.init(path: path, replaces: replaces, others: others, calls: KernelCalls())
  }

  /// Creates the archive of a shard in the output directory of that; it has no indexes, which the merge writes.
  ///
  /// - Parameters:
  ///   - path: the path of the file.
  ///   - directory: the output directory, which notes that the file is one of its own.
  /// - Throws: `OutputError` if the file cannot be created.
  package convenience init(ofShard path: FilePath, in directory: OutputDirectory) throws(OutputError) {
    let name = path.lastComponent?.bytes ?? []
    var marked = MarkedNames()
    marked.add(.own, name)
    do throws(SystemError) { try directory.marker.note(marked) } catch { throw OutputError(path: path, reason: .system(error)) }
    try self.init(path: path, replaces: false, calls: directory.calls)
    nameInLines = FilePath(name).description
  }

  init(path: FilePath, replaces: Bool, others: [FilePath] = [], calls: any SystemCalls) throws(OutputError) {
    self.path = path
    self.calls = calls
    guard path != "-" else {
      descriptor = STDOUT_FILENO
      var status = stat()
      isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      let appends = fcntl(descriptor, F_GETFL) & O_APPEND != 0
      // Every write to a file that is open for appending goes to its end.
      isSeekable = isRegular && !appends
      isReadable = false
      base = !isRegular ? 0 : appends ? Int64(status.st_size) : Int64(max(0, lseek(descriptor, 0, SEEK_CUR)))
      return
    }
    do throws(SystemError) {
      descriptor = try Self.make(path, replaces: replaces, others, calls)
      // It is an archive without members from now on.
      try calls.truncate(descriptor, to: Int64(TarHeader.end))
    } catch {
      throw OutputError(path: path, reason: Self.reason(error, path, others, replaces: replaces))
    }
    (isRegular, isSeekable, isReadable, base) = (true, true, true, 0)
  }

  deinit { close() }

  private static func make(
    _ path: FilePath, replaces: Bool, _ others: [FilePath], _ calls: any SystemCalls
  ) throws(SystemError) -> Int32 {
    let name = path.bytes + [0]
    let flags = O_RDWR | O_CREAT | O_EXCL
    do throws(SystemError) {
      return try calls.openUninterrupted(at: AT_FDCWD, name, flags: flags)
    } catch {
      guard error.code == EEXIST, replaces, try calls.status(at: AT_FDCWD, name).isRegular, !isOne(of: others, path) else { throw error }
    }
    // It is removed and not emptied: other names of the file keep its contents, and so does a program that has it open.
    try calls.remove(at: AT_FDCWD, name, directory: false)
    return try calls.openUninterrupted(at: AT_FDCWD, name, flags: flags)
  }

  /// Whether a file is one of others, under any name.
  private static func isOne(of others: [FilePath], _ path: FilePath) -> Bool {
    var own = stat()
    guard lstat(path.terminated, &own) == 0 else { return false }
    return others.contains { other in
      var status = stat()
      return stat(other.terminated, &status) == 0 && status.st_dev == own.st_dev && status.st_ino == own.st_ino
    }
  }

  private static func reason(_ error: SystemError, _ path: FilePath, _ others: [FilePath], replaces: Bool) -> OutputError.Reason {
    guard error.code == EEXIST else { return .system(error) }
    if isOne(of: others, path) { return .archiveInUse }
    return replaces ? .noArchive : .archiveExists
  }

  /// Removes the file, for a run that cannot begin.
  func abandon() {
    guard path != "-" else { return }
    do throws(SystemError) {
      let name = path.bytes + [0]
      guard try calls.status(of: descriptor).isSameFile(as: calls.status(at: AT_FDCWD, name)) else { return }
      try calls.remove(at: AT_FDCWD, name, directory: false)
    } catch {}
  }

  /// Adds the files of lines and run.json.
  ///
  /// A file that cannot be added is left out, and the archive of a shard takes none.
  func putIndexes(_ files: [LineFile], _ report: RunReport?) {
    guard nameInLines == nil else { return }
    for file in files {
      do throws(SystemError) {
        _ = try put(Array(file.name.utf8), TarContents(ofFile: file.descriptor, size: file.written), time: Self.noTime)
      } catch {
        note(error)
      }
    }
    guard let report else { return }
    var failure: SystemError?
    report.json().withUnsafeBytes { bytes in
      let contents = TarContents(nil, tail: bytes, size: Int64(bytes.count))
      do throws(SystemError) {
        _ = try put(Array(RunReport.fileName.utf8), contents, time: Self.noTime)
      } catch {
        failure = error
      }
    }
    if let failure { note(failure) }
  }

  /// Time of the indexes, which are not of any packet's: 1970, so that two runs have equal archives.
  private static let noTime = Timestamp(nanoseconds: 0)

  /// Writes the end of the archive and closes the file.
  func end() {
    flush()
    do throws(SystemError) {
      if let breakage { throw breakage }
      if isSeekable { try extend() } else { try write([UInt8](repeating: 0, count: TarHeader.end), at: written) }
      // The next program that writes to the same standard output continues behind the archive.
      if path == "-", isSeekable { lseek(descriptor, off_t(base &+ written &+ Int64(TarHeader.end)), SEEK_SET) }
    } catch {
      note(error)
    }
    close()
  }

  private func close() {
    guard path != "-", !isClosed else { return }
    isClosed = true
    do throws(SystemError) { try calls.close(descriptor) } catch { note(error) }
  }

  func note(_ error: SystemError) { if failure == nil { failure = OutputError(path: pathInMessages, reason: .system(error)) } }
}
