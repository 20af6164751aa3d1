/// Known secrets of one connection.
public struct ConnectionSecrets: Sendable {
  private var secrets: [SecretLabel: [UInt8]] = [:]

  /// Creates an empty collection.
  public init() {}

  /// Secret with a label; nil if it is not known.
  ///
  /// - Parameter label: the label.
  public subscript(label: SecretLabel) -> [UInt8]? {
    get { secrets[label] }
    set { secrets[label] = newValue }
  }

  /// Whether no secret is known.
  public var isEmpty: Bool { secrets.isEmpty }

  /// Adds secrets, which replace those with the same label.
  ///
  /// - Parameter others: the secrets to add.
  public mutating func merge(_ others: ConnectionSecrets) { secrets.merge(others.secrets) { $1 } }

  /// Length of the secrets of TLS 1.3, which determines the hash function; nil if there are none.
  var length13: Int? { SecretLabel.allCases.lazy.filter { $0 != .master }.compactMap { self.secrets[$0]?.count }.first }
}

/// Source of the secrets of connections.
///
/// Secrets are identified by the random of the ClientHello or by the session ID. A stage looks for missing ones again after
/// ``TLSStage/secretsChanged()`` and when its connection ends.
public protocol SecretSource: AnyObject {
  /// Whether further secrets may come, for which ciphertext waits until its connection ends.
  var mayGrow: Bool { get }

  /// Returns the secrets of a connection; nil if none is known.
  ///
  /// - Parameter random: the random of its ClientHello.
  /// - Returns: its secrets.
  func secrets(of random: ClientRandom) -> ConnectionSecrets?

  /// Returns the master secret of a session up to TLS 1.2; nil if it is not known.
  ///
  /// - Parameter session: the session ID.
  /// - Returns: the secret, 48 bytes.
  func master(ofSession session: [UInt8]) -> [UInt8]?

  /// Calls `body` with each connection in the order of their first secrets, for connections whose ClientHello was lost.
  ///
  /// - Parameter body: returns whether to continue.
  func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool)
}

/// Secrets in memory: about 60 bytes for each, and 80 for each connection.
public final class SecretStore: SecretSource {
  /// Whether further secrets may come.
  public var mayGrow: Bool
  /// Consecutive entries: label, length, place of the next entry of the connection in four bytes (0 for none), secret.
  private var entries: [UInt8] = [0]
  private var first: [ClientRandom: UInt32] = [:]
  private var order: [ClientRandom] = []
  private var sessions: [[UInt8]: [UInt8]] = [:]

  /// Creates a store.
  ///
  /// - Parameter mayGrow: whether further secrets may come.
  public init(mayGrow: Bool = false) { self.mayGrow = mayGrow }

  /// Whether the store is empty.
  public var isEmpty: Bool { first.isEmpty && sessions.isEmpty }

  /// Adds a secret, which replaces one with the same label and connection.
  ///
  /// - Parameter entry: the secret with its label and connection.
  public func add(_ entry: KeyLogEntry) {
    switch entry.name {
    case .session(let session): sessions[session] = entry.secret
    case .random(let random):
      // The same line may be in several logs.
      if secrets(of: random)?[entry.label] == entry.secret { return }
      // Places have 32 bits: some 60 million secrets.
      guard let place = UInt32(exactly: entries.count) else { return }
      let next = first.updateValue(place, forKey: random) ?? 0
      if next == 0 { order.append(random) }
      entries.append(entry.label.rawValue)
      entries.append(UInt8(truncatingIfNeeded: entry.secret.count))
      for shift in [24, 16, 8, 0] as [UInt32] { entries.append(UInt8(truncatingIfNeeded: next >> shift)) }
      entries.append(contentsOf: entry.secret)
    }
  }

  /// Adds the secrets of a complete key log, such as that of a Decryption Secrets Block.
  ///
  /// - Parameter log: the text of the log.
  public func add(log: Span<UInt8>) {
    var reader = KeyLogReader()
    reader.read(log) { entry, _ in add(entry) }
    reader.finish { entry, _ in add(entry) }
  }

  /// Returns the secrets of a connection; nil if none is known.
  ///
  /// - Parameter random: the random of its ClientHello.
  /// - Returns: its secrets.
  public func secrets(of random: ClientRandom) -> ConnectionSecrets? {
    guard var place = first[random].map(Int.init) else { return nil }
    var secrets = ConnectionSecrets()
    while place > 0, entries.count - place >= 6 {
      let start = place + 6
      let end = start + Int(entries[place + 1])
      if let label = SecretLabel(rawValue: entries[place]), end <= entries.count, secrets[label] == nil {
        secrets[label] = [UInt8](entries[start..<end])
      }
      place = entries[(place + 2)..<start].reduce(0) { $0 << 8 | Int($1) }
    }
    return secrets
  }

  /// Returns the master secret of a session; nil if it is not known.
  ///
  /// - Parameter session: the session ID.
  /// - Returns: the secret, 48 bytes.
  public func master(ofSession session: [UInt8]) -> [UInt8]? { sessions[session] }

  /// Calls `body` with each connection in the order of their first secrets.
  ///
  /// - Parameter body: returns whether to continue.
  public func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool) {
    for random in order {
      if let secrets = secrets(of: random), !body(random, secrets) { return }
    }
  }
}
