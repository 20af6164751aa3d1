internal import Glibc
internal import Synchronization

/// `.reasm-run`: a run writes to the directory and is not finished, and these are its files.
///
/// It is the first file that a run makes in the directory and the last one that it removes. So where it lies, a run goes on or was cut
/// short, and where it does not lie, the index beside it is complete. The run holds a lock on it (`flock`), which the kernel takes away
/// with the process.
///
///     | words for people, NUL | id of the system's start, NUL | '+' name NUL | '+' name NUL | '-' name NUL | ...
///
/// A file's name stands in it before the file is made; a `-` takes one back that turned out to be somebody else's file. Nothing is
/// synchronised with the disk: the kernel keeps what a killed process wrote. Only a crash of the system loses names, and then the id of the
/// system's start is another one.
final class RunMarker {
  static let name = Array(".reasm-run".utf8)
  static let terminatedName = name + [0]

  private struct State {
    /// Bytes of whole records.
    var end: Int64 = 0
    /// Half a record stands behind them, and could not be cut off.
    var isBroken = false
  }

  let descriptor: Int32
  /// No earlier run left it.
  let isNew: Bool
  let calls: any SystemCalls
  private let directory: Int32
  /// Two threads make files.
  private let state = Mutex(State())

  init(_ descriptor: Int32, in directory: Int32, isNew: Bool, calls: any SystemCalls) {
    self.descriptor = descriptor
    self.directory = directory
    self.isNew = isNew
    self.calls = calls
  }

  deinit { do throws(SystemError) { try calls.close(descriptor) } catch {} }

  /// The run begins: names of an earlier one are forgotten.
  func begin() throws(SystemError) {
    let words = "A run of process \(getpid()) writes to this folder and is not finished; the names of its files follow.\n"
    let header = Array(words.utf8) + [0] + calls.systemStart + [0]
    var done = 0
    // In this order: a header always stands at the front.
    try calls.writeFully(header, to: descriptor, at: 0, done: &done)
    try calls.truncate(descriptor, to: Int64(header.count))
    state.withLock { $0.end = Int64(header.count) }
  }

  /// Writes names of files that are about to be made.
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

  /// The run is finished, or never began.
  func remove() throws(SystemError) { try calls.remove(at: directory, Self.terminatedName, directory: false) }
}

/// Names that go to a marker together.
struct MarkedNames: ~Copyable {
  enum Mark: UInt8 {
    /// The run makes this file.
    case own = 0x2b
    /// It does not: the file is somebody else's.
    case foreign = 0x2d
  }

  fileprivate(set) var bytes: [UInt8] = []

  var isEmpty: Bool { bytes.isEmpty }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// - Parameter name: a path below the directory, without a NUL.
  mutating func add(_ mark: Mark, _ name: some Collection<UInt8>) {
    bytes.append(mark.rawValue)
    bytes.append(contentsOf: name)
    bytes.append(0)
  }
}
