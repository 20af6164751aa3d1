import Glibc
import Paths
import TLS

/// All secrets of a run: those in its key logs and those in the capture.
final class KeyLogs: SecretSource {
  var mayGrow = false
  /// Secrets of captures and pipes, which can be read only once.
  private let store = SecretStore()
  private var files: [KeyLogFile] = []
  /// Logs that do not exist yet.
  private var missing: [FilePath] = []
  /// Open pipes that are followed, with the line that each is in.
  private var pipes: [(descriptor: Int32, reader: KeyLogReader)] = []
  /// Whether logs are followed while the run lasts.
  private let follows: Bool

  /// Number of replaced files of one log that stay open, because connections may need their lines.
  private static let mostGenerations = 16

  /// Opens and reads key logs.
  ///
  /// - Parameters:
  ///   - paths: the paths of the logs.
  ///   - follows: whether the logs may grow, be replaced, and appear later.
  /// - Throws: an error if a log cannot be opened or read, or a signal ends the wait for a pipe.
  init(_ paths: [FilePath], follows: Bool) throws(KeyLogError) {
    self.follows = follows
    mayGrow = follows && !paths.isEmpty
    for path in paths { _ = try open(path) }
  }

  deinit { for pipe in pipes { close(pipe.descriptor) } }

  /// Whether the capture contained no secret so far.
  var hasNoneOfCapture: Bool { store.isEmpty }

  /// Adds the secrets of a key log in the capture.
  func add(_ log: [UInt8]) { store.add(log: log.span) }

  /// Opens a log and reads what it has.
  ///
  /// - Returns: whether there are new secrets.
  private func open(_ path: FilePath) throws(KeyLogError) -> Bool {
    // Without O_NONBLOCK, opening a pipe would wait for its writer, and a signal shortly before could not end that wait.
    let descriptor = Glibc.open(path.terminated, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if follows, errno == ENOENT {
        missing.append(path)
        return false
      }
      throw KeyLogError(path: path, code: errno)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : errno
      close(descriptor)
      throw KeyLogError(path: path, code: code)
    }
    if status.st_mode & S_IFMT == S_IFREG {
      let file = KeyLogFile(path: path, descriptor: descriptor, status)
      files.append(file)
      return try file.read(isWhole: !follows)
    } else if follows {
      pipes.append((descriptor, KeyLogReader()))
      return readOn(pipe: pipes.count - 1)
    } else {
      defer { close(descriptor) }
      try readToEnd(pipe: descriptor, path)
      return !store.isEmpty
    }
  }

  /// Reads a pipe until its writers have closed it; waits for the first writer.
  private func readToEnd(pipe descriptor: Int32, _ path: FilePath) throws(KeyLogError) {
    var reader = KeyLogReader()
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      if Interruption.isRequested { throw KeyLogError(path: path, code: EINTR) }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // Without the limit, a signal between the check and the wait would not end the wait.
      guard Glibc.poll(&waiting, 1, Self.longestWait) > 0 else { continue }
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        throw KeyLogError(path: path, code: errno)
      }
      if count == 0 { break }
      reader.read(piece.span.extracting(first: count)) { entry, _ in store.add(entry) }
    }
    reader.finish { entry, _ in store.add(entry) }
  }

  /// Longest wait for a pipe before signals are checked, in milliseconds.
  private static let longestWait: Int32 = 100

  /// Reads the available bytes of a followed pipe.
  ///
  /// - Returns: whether there are new secrets.
  private func readOn(pipe index: Int) -> Bool {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    var hasMore = false
    while true {
      let count = Glibc.read(pipes[index].descriptor, &piece, piece.count)
      if count < 0, errno == EINTR, !Interruption.isRequested { continue }
      guard count > 0 else { return hasMore }
      pipes[index].reader.read(piece.span.extracting(first: count)) { entry, _ in
        store.add(entry)
        hasMore = true
      }
    }
  }

  /// Reads the lines that were added to followed logs.
  ///
  /// A log that cannot be read now is tried again at the next call.
  ///
  /// - Returns: whether there are new secrets.
  func poll() -> Bool {
    guard follows else { return false }
    var hasMore = false
    let waiting = missing
    missing = []
    for path in waiting {
      do throws(KeyLogError) { if try open(path) { hasMore = true } } catch { missing.append(path) }
    }
    var replaced: [FilePath] = []
    for file in files {
      do throws(KeyLogError) { if try file.read(isWhole: false) { hasMore = true } } catch {}
      if file.isReplaced, !replaced.contains(file.path) { replaced.append(file.path) }
    }
    for path in replaced where !files.contains(where: { $0.path == path && !$0.isReplaced }) {
      do throws(KeyLogError) { if try open(path) { hasMore = true } } catch {}
      if files.filter({ $0.path == path }).count > Self.mostGenerations, let oldest = files.firstIndex(where: { $0.path == path }) {
        files.remove(at: oldest)
      }
    }
    for index in pipes.indices where readOn(pipe: index) { hasMore = true }
    return hasMore
  }

  func secrets(of random: ClientRandom) -> ConnectionSecrets? {
    var secrets = store.secrets(of: random) ?? ConnectionSecrets()
    for file in files { file.add(to: &secrets, of: random) }
    return secrets.isEmpty ? nil : secrets
  }

  func master(ofSession session: [UInt8]) -> [UInt8]? {
    for file in files.reversed() { if let master = file.master(ofSession: session) { return master } }
    return store.master(ofSession: session)
  }

  func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool) {
    var seen: Set<ClientRandom> = []
    var goesOn = true
    func visit(_ random: ClientRandom) -> Bool {
      guard seen.insert(random).inserted, let secrets = secrets(of: random) else { return goesOn }
      goesOn = body(random, secrets)
      return goesOn
    }
    for file in files where goesOn { file.forEachConnection(visit) }
    if goesOn { store.forEachConnection { random, _ in visit(random) } }
  }
}

/// Error that a key log cannot be read.
struct KeyLogError: Error, CustomStringConvertible {
  let path: FilePath
  let code: Int32

  var description: String { "--keylog \(path): \(StandardStream.words(for: code))" }
}
