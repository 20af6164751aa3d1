internal import Glibc
internal import Paths

/// Files of the certificates of servers, `tls/SHA256.der`, each written once.
final class CertificateFiles {
  private let store: FileStore
  /// Hashes of the certificates that were written or could not be written.
  private var written: Set<String> = []

  init(_ store: FileStore) { self.store = store }

  /// Path of the file of a certificate, below the output directory.
  static func path(_ sha256: some Collection<UInt8>) -> [UInt8] { Array("tls/".utf8) + sha256 + Array(".der".utf8) }

  /// Writes a certificate that was not written yet.
  ///
  /// - Parameters:
  ///   - der: the certificate.
  ///   - sha256: its hash in hexadecimal.
  func write(_ der: [UInt8], named sha256: String) {
    guard written.insert(sha256).inserted else { return }
    var path = Self.path(Array(sha256.utf8))
    let name = path
    do throws(SystemError) {
      try store.markOwn(path)
      let descriptor = try store.directory.openFile(&path, flags: O_RDWR | O_CREAT | O_EXCL)
      var done = 0
      try store.calls.writeAndClose(der, to: descriptor, done: &done)
      store.filesWritten &+= 1
      store.bytesWritten &+= UInt64(der.count)
    } catch {
      store.note(OutputError(path: store.directory.path.appending(name), reason: .system(error)))
    }
  }
}
