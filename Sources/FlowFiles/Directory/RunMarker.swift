internal import Glibc
internal import Synchronization

/// Marker and lock of an unfinished run, `.reasm-run`, with the names of the files that the run creates.
///
/// The marker is the first file that a run creates in the directory and the last one that it removes. A directory with a marker holds the
/// output of a run that is in progress or was cut short. An index without a marker beside it is complete. Therefore the index can grow
/// under its final name, under which people read it during the run. The run holds a lock on the marker (`flock`), which the kernel releases
/// with the process.
///
///     | text for people, NUL | id of the system's start, NUL | '+' name NUL | '+' name NUL | '-' name NUL | ...
///
/// The name of a file is written to the marker before the file is created. A `-` record revokes a name if the file turned out to exist and
/// to belong to someone else. The marker is not synchronised with the disk: the kernel keeps what a killed process wrote. Only a crash of
/// the system can lose names, and then the id of the system's start differs.
final class RunMarker {
  static let name = Array(".reasm-run".utf8)
  static let terminatedName = name + [0]

  private struct State {
    /// Number of bytes of whole records.
    var end: Int64 = 0
    /// Whether an incomplete record follows them that could not be cut off.
    var isBroken = false
  }

  let descriptor: Int32
  /// Whether this run created the marker.
  let isNew: Bool
  let calls: any SystemCalls
  private let directory: Int32
  /// State behind a lock, because several threads create files.
  private let state = Mutex(State())

  init(_ descriptor: Int32, in directory: Int32, isNew: Bool, calls: any SystemCalls) {
    self.descriptor = descriptor
    self.directory = directory
    self.isNew = isNew
    self.calls = calls
  }

  deinit { do throws(SystemError) { try calls.close(descriptor) } catch {} }

  /// First words of the marker of a merge.
  static let wordsOfMerge = Array("A merge of process ".utf8)

  /// Writes the header and removes the names of an earlier run.
  ///
  /// - Parameter isMerge: whether the files are those of shards.
  /// - Throws: `SystemError` if the header cannot be written.
  func begin(isMerge: Bool = false) throws(SystemError) {
    let words = "\(getpid()) writes to this folder and is not finished; the names of its files follow.\n"
    let kind = isMerge ? Self.wordsOfMerge : Array("A run of process ".utf8)
    let header = kind + Array(words.utf8) + [0] + calls.systemStart + [0]
    var done = 0
    // The old names are cut off last, so that the marker has a header at every moment.
    try calls.writeFully(header, to: descriptor, at: 0, done: &done)
    try calls.truncate(descriptor, to: Int64(header.count))
    state.withLock { $0.end = Int64(header.count) }
  }

  /// Appends records; the names of files are recorded here before the files are created.
  func note(_ names: borrowing MarkedNames) throws(SystemError) {
    guard !names.isEmpty else { return }
    try state.withLock { state throws(SystemError) in
      if state.isBroken { throw SystemError(code: EIO) }
      var done = 0
      do throws(SystemError) {
        try calls.writeFully(names.bytes, to: descriptor, at: state.end, done: &done)
        state.end &+= Int64(done)
      } catch {
        if done > 0 { do throws(SystemError) { try calls.truncate(descriptor, to: state.end) } catch { state.isBroken = true } }
        throw error
      }
    }
  }

  /// Removes the marker, because the run is complete or could not begin.
  func remove() throws(SystemError) { try calls.remove(at: directory, Self.terminatedName, directory: false) }
}

/// Records for a marker, which are written together.
struct MarkedNames: ~Copyable {
  enum Mark: UInt8 {
    /// The run creates this file.
    case own = 0x2b
    /// The file turned out to belong to someone else.
    case foreign = 0x2d
  }

  fileprivate(set) var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Adds a record.
  ///
  /// - Parameters:
  ///   - mark: the kind of the record.
  ///   - name: a path below the directory, without a NUL.
  mutating func add(_ mark: Mark, _ name: some Collection<UInt8>) {
    bytes.append(mark.rawValue)
    bytes.append(contentsOf: name)
    bytes.append(0)
  }
}
