internal import Stages

extension TLSStage {
  /// Whether missing secrets may still come.
  var mayLearnSecrets: Bool { secrets.mayGrow && !isFinal }

  private func other(_ direction: Direction) -> Direction { self.direction(direction.sender.other) }

  func isServer(_ direction: Direction) -> Bool { client == direction.sender.other }

  // MARK: Negotiation

  /// Result of the hellos of a handshake.
  enum Agreement {
    /// A hello is still to come.
    case waits
    /// The necessary hello was lost.
    case unknown
    case tls13, upTo12
  }

  func negotiated(_ direction: Direction) -> Agreement {
    if let server = handshakes[max(0, direction.handshake)]?.server { return server.versionNumber == 0x0304 ? .tls13 : .upTo12 }
    if hasRetried { return .tls13 }
    return waits(direction) ? .waits : .unknown
  }

  /// Whether the other end's hello of this handshake is still to come.
  private func waits(_ direction: Direction) -> Bool {
    guard !isFinal, direction.handshake >= 0 else { return false }
    let other = other(direction)
    switch other.helloStatus {
    case .expected: return true
    case .lost: return false
    case .seen: return other.handshake < direction.handshake && other.phase != .over && other.end == nil
    }
  }

  /// Returns the client random that identifies the secrets of a handshake.
  private func random(_ handshake: Int) -> ClientRandom? { handshakes[handshake]?.client?.random ?? (handshake <= 0 ? foundRandom : nil) }

  func isRefused(_ server: ServerHello) -> Bool {
    guard let version = server.version, version > .ssl3, server.compression == 0, !server.truncatesMAC else { return true }
    return server.suite.protection == nil || server.suite.isTLS13 != (version == .tls13)
  }

  private func refuse(_ direction: Direction) -> Step {
    hasRefusedSuite = true
    direction.phase = .over
    news += 1
    return .advanced
  }

  /// Waits for a missing secret, or gives the direction up if it cannot come any more.
  private func miss(_ direction: Direction) -> Step {
    if mayLearnSecrets {
      direction.missesSecrets = true
      return .blocked
    }
    direction.phase = .over
    news += 1
    return .advanced
  }

  // MARK: Up to TLS 1.2

  /// Changes to the keys of the current handshake, after a ChangeCipherSpec.
  func changeKeys(_ direction: Direction) -> Step {
    guard negotiated(direction) != .waits else { return .blocked }
    let number = max(0, direction.handshake)
    guard let server = handshakes[number]?.server, random(number) != nil else {
      if handshakes[number]?.server != nil, waits(direction) { return .blocked }
      direction.changesKeys = false
      direction.search(behind: 0)
      news += 1
      return .advanced
    }
    if isRefused(server) { return refuse(direction) }
    guard let protections = protections(number) else { return miss(direction) }
    direction.changesKeys = false
    use(protections, of: number, direction)
    return .advanced
  }

  private func use(_ protections: (client: RecordProtection, server: RecordProtection), of number: Int, _ direction: Direction) {
    direction.keysOf = number
    direction.begin(.upTo12, isServer(direction) ? protections.server : protections.client)
    for old in handshakes.keys where old < min(originator.keysOf, responder.keysOf) { handshakes[old] = nil }
  }

  /// Returns the keys of a handshake up to TLS 1.2; nil unless both hellos and the master secret are known.
  func protections(_ number: Int) -> (client: RecordProtection, server: RecordProtection)? {
    guard let handshake = handshakes[number], let server = handshake.server, let random = random(number) else { return nil }
    if let known = handshake.protections { return known }
    let bySession = server.sessionID.isEmpty ? nil : secrets.master(ofSession: server.sessionID)
    guard let master = secrets.secrets(of: random)?[.master] ?? bySession else { return nil }
    let made = protections(server, random, master)
    handshakes[number]?.protections = made
    return made
  }

  func protections(
    _ server: ServerHello, _ random: ClientRandom, _ master: [UInt8]
  ) -> (client: RecordProtection, server: RecordProtection)? {
    guard !isRefused(server), let version = server.version else { return nil }
    return RecordProtection.protections(
      suite: server.suite, version: version, master: master, clientRandom: random.bytes, serverRandom: server.random,
      isMACOutside: server.encryptsThenMACs)
  }

  // MARK: TLS 1.3

  /// Cipher suite of the connection.
  var suite13: CipherSuite? { handshakes[0]?.server?.suite ?? foundSuite }

  /// Changes to the first keys of TLS 1.3, before the first encrypted record.
  func beginTLS13(_ direction: Direction) -> Step {
    guard let server = handshakes[0]?.server else {
      // A HelloRetryRequest came, and the ServerHello is still to come, or lost.
      if waits(direction) { return .blocked }
      direction.search(behind: 0)
      news += 1
      return .advanced
    }
    if isRefused(server) { return refuse(direction) }
    guard let random = random(0) else {
      if waits(direction) { return .blocked }
      direction.search(behind: 0)
      news += 1
      return .advanced
    }
    guard let secrets = secrets.secrets(of: random), !secrets.isEmpty else { return miss(direction) }
    if !isServer(direction), handshakes[0]?.client?.offersEarlyData == true {
      if earlyData == .unknown {
        let server = other(direction)
        let tells = server.phase != .over && server.end == nil && server.epoch != .application && server.phase != .searching
        if tells, !isFinal { return .blocked }
        earlyData = .unknowable
      }
      direction.begin(.early, protection(.early, direction))
    } else {
      direction.begin(.handshake, protection(.handshake, direction))
    }
    news += 1
    return .advanced
  }

  /// Returns the keys of an epoch of TLS 1.3; nil if the secret is not known.
  func protection(_ epoch: Direction.Epoch, _ direction: Direction) -> RecordProtection? {
    guard let suite = suite13, let secret = secret(epoch, direction) else { return nil }
    return RecordProtection(suite: suite, trafficSecret: secret)
  }

  private func secret(_ epoch: Direction.Epoch, _ direction: Direction) -> [UInt8]? {
    guard let random = random(0), let secrets = secrets.secrets(of: random) else { return nil }
    return secrets[Self.label(epoch, isServer: isServer(direction))]
  }

  static func label(_ epoch: Direction.Epoch, isServer: Bool) -> SecretLabel {
    switch epoch {
    case .upTo12: .master
    case .early: .clientEarly
    case .handshake: isServer ? .serverHandshake : .clientHandshake
    case .application: isServer ? .serverTraffic : .clientTraffic
    }
  }

  /// Whether a record must wait for its key.
  func needsSecret(_ direction: Direction) -> Bool {
    guard direction.protection == nil, direction.epoch != .upTo12, mayLearnSecrets else { return false }
    if let protection = protection(direction.epoch, direction) {
      direction.protection = protection
      if direction.epoch == .application { direction.trafficSecret = secret(.application, direction) }
      return false
    }
    direction.missesSecrets = true
    return true
  }

  /// Returns the secret of application data that follows the current one: the first, or the one behind a KeyUpdate (RFC 8446, section 7.2).
  func followingTrafficSecret(_ direction: Direction) -> [UInt8]? {
    guard direction.epoch == .application, let current = direction.trafficSecret else { return secret(.application, direction) }
    guard let suite = suite13 else { return nil }
    return KeyDerivation.expandLabel(current, "traffic upd", length: suite.hash.length, hash: suite.hash)
  }

  /// Returns the keys that may follow the current ones if the change of keys was lost.
  func followers(of direction: Direction) -> [(epoch: Direction.Epoch, protection: RecordProtection)] {
    if direction.epoch == .upTo12 {
      guard let newest = handshakes.keys.max(), newest > direction.keysOf, let both = protections(newest) else { return [] }
      return [(.upTo12, isServer(direction) ? both.server : both.client)]
    }
    if let known = direction.followers { return known }
    var list: [(epoch: Direction.Epoch, protection: RecordProtection)] = []
    if direction.epoch == .early, let protection = protection(.handshake, direction) { list.append((.handshake, protection)) }
    if let suite = suite13, let secret = followingTrafficSecret(direction),
      let protection = RecordProtection(suite: suite, trafficSecret: secret)
    {
      list.append((.application, protection))
    }
    // Missing secrets may still come, so an incomplete list is not kept.
    if !mayLearnSecrets || list.count == (direction.epoch == .early ? 2 : 1) { direction.followers = list }
    return list
  }

  /// Changes to the keys of an epoch, because a message announced it.
  func follow(_ direction: Direction, _ epoch: Direction.Epoch) {
    if epoch == .application {
      let secret = followingTrafficSecret(direction)
      direction.begin(.application, suite13.flatMap { suite in secret.flatMap { RecordProtection(suite: suite, trafficSecret: $0) } })
      direction.trafficSecret = secret
    } else {
      direction.begin(epoch, protection(epoch, direction))
    }
    news += 1
  }
}
