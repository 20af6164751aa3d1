internal import TLS

/// Source of secrets for the TLS of one connection that records which of them belong to it, for the capture of the connection.
///
/// The stage asks for the secrets of each ClientHello of the connection.
final class RecordedSecrets: SecretSource {
  private let source: any SecretSource
  private var known: [ClientRandom: Set<SecretLabel>] = [:]
  /// Master secret of the session that the stage asked for last, whose connection it names next.
  private var master: [UInt8]?
  /// Lines of a key log with the secrets that were found since the last ``takeLines()``.
  private var lines: [UInt8] = []

  init(_ source: any SecretSource) { self.source = source }

  var mayGrow: Bool { source.mayGrow }

  /// Whether there are lines that were not taken.
  var hasLines: Bool { !lines.isEmpty }

  /// Returns the lines, and forgets them.
  func takeLines() -> [UInt8] {
    defer { lines = [] }
    return lines
  }

  func secrets(of random: ClientRandom) -> ConnectionSecrets? {
    let found = source.secrets(of: random)
    var belonging = found ?? ConnectionSecrets()
    if let master, belonging[.master] == nil { belonging[.master] = master }
    master = nil
    record(belonging, of: random)
    return found
  }

  func master(ofSession session: [UInt8]) -> [UInt8]? {
    master = source.master(ofSession: session)
    return master
  }

  func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool) { source.forEachConnection(body) }

  private func record(_ secrets: ConnectionSecrets, of random: ClientRandom) {
    for label in SecretLabel.allCases {
      guard let secret = secrets[label], known[random, default: []].insert(label).inserted else { continue }
      lines.append(text: label.text.description)
      lines.append(0x20)
      lines.append(hexadecimal: random.bytes)
      lines.append(0x20)
      lines.append(hexadecimal: secret)
      lines.append(0x0a)
    }
  }
}
