/// Secrets of one connection, as far as they are known.
public struct ConnectionSecrets: Sendable {
  private var secrets: [SecretLabel: [UInt8]] = [:]

  /// Creates an empty collection.
  public init() {}

  /// The secret of a label; nil if it is not known.
  public subscript(label: SecretLabel) -> [UInt8]? {
    get { secrets[label] }
    set { secrets[label] = newValue }
  }

  /// Whether no secret is known.
  public var isEmpty: Bool { secrets.isEmpty }

  /// Adds secrets; those that are known stay where the others have none of their label.
  public mutating func merge(_ others: ConnectionSecrets) { secrets.merge(others.secrets) { $1 } }

  /// Length of the secrets of TLS 1.3, which tells the hash function of the suite; nil without one.
  var length13: Int? { SecretLabel.allCases.lazy.filter { $0 != .master }.compactMap { self.secrets[$0]?.count }.first }
}

/// Source of the secrets of connections.
///
/// A connection is opened by secrets that name it, by the random of its ClientHello or its session ID. A stage asks again after
/// ``TLSStage/secretsChanged()`` and when its connection ends.
public protocol SecretSource: AnyObject {
  /// Whether secrets may still come that are not there yet; until the connection ends, its ciphertext then waits for them.
  var mayGrow: Bool { get }

  /// The secrets of the connection with this random; nil if none is known.
  func secrets(of random: ClientRandom) -> ConnectionSecrets?

  /// The master secret of a session up to TLS 1.2; nil if it is not known.
  func master(ofSession session: [UInt8]) -> [UInt8]?

  /// Goes through connections for one of which the hello was not captured, in the order in which their first secret was found.
  ///
  /// - Parameter body: called with each; false ends it.
  func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool)
}

/// Secrets in memory: about 60 bytes each, and 80 for each connection.
public final class SecretStore: SecretSource {
  /// Whether secrets may still come that are not there yet.
  public var mayGrow: Bool
  /// Entries one behind the other: label, length, place of the next one of the connection in four bytes (0 is none), secret.
  private var entries: [UInt8] = [0]
  private var first: [ClientRandom: UInt32] = [:]
  private var order: [ClientRandom] = []
  private var sessions: [[UInt8]: [UInt8]] = [:]

  /// Creates a store.
  ///
  /// - Parameter mayGrow: whether secrets may still come.
  public init(mayGrow: Bool = false) { self.mayGrow = mayGrow }

  /// Whether no secret is there.
  public var isEmpty: Bool { first.isEmpty && sessions.isEmpty }

  /// Adds a secret; one of the same label and connection that comes later takes precedence.
  public func add(_ entry: KeyLogEntry) {
    switch entry.name {
    case .session(let session): sessions[session] = entry.secret
    case .random(let random):
      // The same line may stand in several logs.
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

  /// Adds the secrets of a key log that is there as a whole, as in a Decryption Secrets Block.
  public func add(log: Span<UInt8>) {
    var reader = KeyLogReader()
    reader.read(log) { entry, _ in add(entry) }
    reader.finish { entry, _ in add(entry) }
  }

  /// The secrets of the connection with this random; nil if none is known.
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

  /// The master secret of a session; nil if it is not known.
  public func master(ofSession session: [UInt8]) -> [UInt8]? { sessions[session] }

  /// Goes through the connections in the order of their first secrets.
  public func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool) {
    for random in order {
      if let secrets = secrets(of: random), !body(random, secrets) { return }
    }
  }
}
