import Glibc
import Paths
import TLS

/// All secrets of a run: those of its key logs, and those that the capture holds.
final class KeyLogs: SecretSource {
  var mayGrow = false
  /// Those of captures and pipes, which can be read once.
  private let store = SecretStore()
  private var files: [KeyLogFile] = []
  /// Logs that are not there yet.
  private var missing: [FilePath] = []
  /// Pipes that are open, with what was read of them.
  private var pipes: [(descriptor: Int32, reader: KeyLogReader)] = []
  /// Whether logs are read on while the run lasts.
  private let follows: Bool

  /// Files of a log that was replaced which are kept: connections may need their lines.
  private static let mostGenerations = 16

  /// Opens and reads key logs.
  ///
  /// - Parameters:
  ///   - paths: the logs.
  ///   - follows: they may grow and be replaced, and one that is not there is waited for.
  /// - Throws: where one cannot be opened or read.
  init(_ paths: [FilePath], follows: Bool) throws(KeyLogError) {
    self.follows = follows
    mayGrow = follows && !paths.isEmpty
    for path in paths { try open(path) }
  }

  deinit { for pipe in pipes { close(pipe.descriptor) } }

  /// Whether no secret of a capture is known.
  var hasNoneOfCapture: Bool { store.isEmpty }

  /// Takes a key log that a capture holds.
  func add(_ log: [UInt8]) { store.add(log: log.span) }

  private func open(_ path: FilePath) throws(KeyLogError) {
    var descriptor: Int32
    repeat {
      descriptor = Glibc.open(path.terminated, O_RDONLY | O_CLOEXEC | (follows ? O_NONBLOCK : 0))
    } while descriptor < 0 && errno == EINTR && !Interruption.isRequested
    guard descriptor >= 0 else {
      if follows, errno == ENOENT {
        missing.append(path)
        return
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
      _ = try file.read(isWhole: !follows)
      return
    }
    pipes.append((descriptor, KeyLogReader()))
    _ = try read(pipe: pipes.count - 1, path)
  }

  /// Reads what a pipe has; to its end, where it is not followed.
  ///
  /// It returns whether there are more secrets.
  private func read(pipe index: Int, _ path: FilePath?) throws(KeyLogError) -> Bool {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    var hasMore = false
    while true {
      let count = Glibc.read(pipes[index].descriptor, &piece, piece.count)
      if count < 0 {
        if errno == EINTR, !Interruption.isRequested { continue }
        if errno == EAGAIN { return hasMore }
        throw KeyLogError(path: path ?? "", code: errno)
      }
      if count == 0 { break }
      pipes[index].reader.read(piece.span.extracting(first: count)) { entry, _ in
        store.add(entry)
        hasMore = true
      }
    }
    if !follows { pipes[index].reader.finish { entry, _ in store.add(entry) } }
    return hasMore
  }

  /// Reads what was added to the logs; answers whether there are more secrets.
  ///
  /// A log that cannot be read now may be later, so failures are nothing to end the run for.
  func poll() -> Bool {
    guard follows else { return false }
    var hasMore = false
    let waiting = missing
    missing = []
    for path in waiting {
      let count = files.count
      do throws(KeyLogError) { try open(path) } catch { missing.append(path) }
      hasMore = hasMore || files.count > count
    }
    var replaced: [FilePath] = []
    for file in files {
      do throws(KeyLogError) { if try file.read(isWhole: false) { hasMore = true } } catch {}
      if file.isReplaced, !replaced.contains(file.path) { replaced.append(file.path) }
    }
    for path in replaced where !files.contains(where: { $0.path == path && !$0.isReplaced }) {
      do throws(KeyLogError) {
        try open(path)
        hasMore = true
      } catch {}
      if files.filter({ $0.path == path }).count > Self.mostGenerations, let oldest = files.firstIndex(where: { $0.path == path }) {
        files.remove(at: oldest)
      }
    }
    for index in pipes.indices {
      do throws(KeyLogError) { if try read(pipe: index, nil) { hasMore = true } } catch {}
    }
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

/// A key log that cannot be read.
struct KeyLogError: Error, CustomStringConvertible {
  let path: FilePath
  let code: Int32

  var description: String { "--keylog \(path): \(StandardStream.words(for: code))" }
}
