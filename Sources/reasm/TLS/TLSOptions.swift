import ArgumentParser
import Paths

/// Options of TLS.
struct TLSOptions: ParsableArguments {
  @Flag(
    help: """
      Look into TLS: version, cipher suite, server name, fingerprints and certificates go to the index. --keylog and secrets in the capture \
      mean it too.
      """)
  var tls = false

  @Option(
    help: ArgumentHelp(
      """
      Secrets of TLS connections, in the format of SSLKEYLOGFILE; repeat it for several files. The clear bytes of a stream go to a file \
      beside that of the stream, its name with .clear.
      """, valueName: "file"), completion: .file())
  var keylog: [FilePath] = []

  @Flag(help: "Streams of TLS have no files: only their clear bytes do.")
  var noCiphertext = false

  @Flag(help: "Write each certificate of a server to tls/SHA256.der.")
  var tlsCertificates = false

  @Option(
    help: ArgumentHelp(
      "Ciphertext may wait for secrets that are still to come, all connections together; 0: without a limit. (default: 64M)",
      valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var keyWaitMemory = Self.keyWaitMemoryDefault

  static let keyWaitMemoryDefault = SizeArgument(bytes: 64 << 20)

  /// Whether TLS is read.
  var isWanted: Bool { tls || tlsCertificates || noCiphertext || !keylog.isEmpty }

  /// First option on the command line that is about files.
  var firstOptionOfFiles: String? { tlsCertificates ? "--tls-certificates" : noCiphertext ? "--no-ciphertext" : nil }

  func validate() throws {
    if keylog.contains(where: \.isEmpty) { throw ValidationError("--keylog is empty; name a file") }
  }
}
