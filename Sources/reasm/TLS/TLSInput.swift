import FlowFiles
import Glibc
import Paths
import TLS

/// Where the secrets of a run come from: key logs, and the capture itself.
final class TLSInput {
  let source: TLSSource
  private let store = SecretStore()
  /// Whether TLS is looked into.
  private(set) var isWanted: Bool
  /// Begins to look into TLS, where secrets come up that nobody asked for.
  var begin: ((TLSInput) -> Void)?

  /// Reads the key logs.
  ///
  /// - Throws: `KeyLogError` where one cannot be read.
  init(_ command: ReasmCommand) throws {
    let limit = command.tls.keyWaitMemory.bytes
    source = TLSSource(secrets: store, waitingLimit: limit == 0 ? nil : Int(clamping: limit))
    isWanted = command.tls.isWanted
    for path in command.tls.keylog { try read(path) }
  }

  /// Whether secrets may still come.
  var mayGrow: Bool {
    get { store.mayGrow }
    set { store.mayGrow = newValue }
  }

  /// Takes a key log that the capture holds.
  func add(_ log: [UInt8]) {
    store.add(log: log.span)
    if !isWanted, !store.isEmpty {
      isWanted = true
      begin?(self)
    } else {
      source.secretsChanged()
    }
  }

  private func read(_ path: FilePath) throws {
    let descriptor = open(path.terminated, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw KeyLogError(path: path, code: errno) }
    defer { close(descriptor) }
    var reader = KeyLogReader()
    var piece = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw KeyLogError(path: path, code: errno)
      }
      if count == 0 { break }
      reader.read(piece.span.extracting(first: count)) { entry, _ in store.add(entry) }
    }
    reader.finish { entry, _ in store.add(entry) }
  }
}

/// A key log that cannot be read.
struct KeyLogError: Error, CustomStringConvertible {
  let path: FilePath
  let code: Int32

  var description: String { "--keylog \(path): \(StandardStream.words(for: code))" }
}
