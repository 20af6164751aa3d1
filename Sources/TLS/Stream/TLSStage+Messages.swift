internal import Stages

extension TLSStage {
  /// Reads a handshake message.
  func handle(_ type: UInt8, _ message: [UInt8], _ direction: Direction) {
    switch type {
    case HandshakeReader.MessageType.clientHello: ClientHello(message).map { hello($0, direction) }
    case HandshakeReader.MessageType.serverHello: ServerHello(message).map { hello($0, direction) }
    case HandshakeReader.MessageType.serverHelloDone: direction.hasHelloDone = true
    case HandshakeReader.MessageType.certificate: certificates(message, direction)
    case HandshakeReader.MessageType.encryptedExtensions where direction.epoch == .handshake:
      let extensions = EncryptedExtensions(message)
      if facts.applicationProtocol == nil {
        facts.applicationProtocol = extensions.applicationProtocol.map { String(decoding: $0, as: UTF8.self) }
      }
      if earlyData == .unknown { earlyData = extensions.acceptsEarlyData ? .accepted : .rejected }
      news += 1
    case HandshakeReader.MessageType.endOfEarlyData where direction.epoch == .early: direction.nextEpoch = .handshake
    case HandshakeReader.MessageType.finished where direction.epoch == .handshake: direction.nextEpoch = .application
    case HandshakeReader.MessageType.keyUpdate where direction.epoch == .application: direction.nextEpoch = .application
    default: break
    }
  }

  private func hello(_ hello: ClientHello, _ direction: Direction) {
    if client == nil { client = direction.sender }
    guard client == direction.sender else { return }
    direction.hasHello = true
    news += 1
    // The second ClientHello, behind a HelloRetryRequest, belongs to the same handshake (RFC 8446, section 4.1.4).
    if direction.handshake >= 0, direction.protection == nil || direction.epoch != .upTo12 {
      rejectEarlyData()
      return
    }
    direction.handshake = max(direction.handshake, direction.keysOf) + 1
    handshakes[direction.handshake, default: Handshake()].client = hello
    guard direction.handshake == 0 else { return }
    facts.clientRandom = hello.random
    facts.serverName = hello.serverName
    facts.ja3 = hello.ja3
    facts.ja4 = hello.ja4
    noteEchoedSession()
  }

  private func hello(_ hello: ServerHello, _ direction: Direction) {
    if client == nil { client = direction.sender.other }
    guard client == direction.sender.other else { return }
    news += 1
    if hello.isRetryRequest {
      hasRetried = true
      rejectEarlyData()
      return
    }
    direction.hasHello = true
    direction.handshake = max(direction.handshake, direction.keysOf) + 1
    handshakes[direction.handshake, default: Handshake()].server = hello
    guard direction.handshake == 0 else { return }
    facts.version = hello.versionName
    facts.suite = hello.suite.name
    facts.applicationProtocol = hello.applicationProtocol.map { String(decoding: $0, as: UTF8.self) }
    if hello.version == .tls13 {
      facts.isResumed = hello.hasPreSharedKey
      // Early data is sent under a pre-shared key (RFC 8446, section 4.2.10).
      if !hello.hasPreSharedKey { rejectEarlyData() }
    }
    if isRefused(hello) { hasRefusedSuite = true }
    noteEchoedSession()
  }

  /// Notes the Finished message of a direction; that of the second direction ends the handshake.
  func finishHandshake(_ direction: Direction, at stamp: ByteStamp) {
    // Those of a renegotiation and of a later authentication are no end of the first handshake.
    guard direction.finishedAt == nil else { return }
    direction.finishedAt = stamp
    guard let other = self.direction(direction.sender.other).finishedAt else { return }
    let isOtherLater = (other.nanoseconds, other.packet) > (stamp.nanoseconds, stamp.packet)
    receiver.handshakeEnded(at: isOtherLater ? other : stamp)
  }

  private func rejectEarlyData() { if earlyData != .accepted { earlyData = .rejected } }

  /// Detects a resumed session by the client's session ID in the ServerHello (RFC 5246, section 7.4.1.3).
  private func noteEchoedSession() {
    guard let handshake = handshakes[0], let server = handshake.server, let client = handshake.client, server.version != .tls13 else {
      return
    }
    if !server.sessionID.isEmpty, server.sessionID == client.sessionID { facts.isResumed = true }
  }

  /// Detects a resumed session when the server changes keys without a ServerHelloDone before.
  func noteResumption(_ direction: Direction) {
    guard isServer(direction), direction.handshake == 0, direction.keysOf < 0, !direction.hasPlainLoss else { return }
    facts.isResumed = !direction.hasHelloDone
  }

  private func certificates(_ message: [UInt8], _ direction: Direction) {
    guard isServer(direction), direction.handshake <= 0, facts.certificates.isEmpty else { return }
    for der in Certificate.list(message, isTLS13: direction.epoch != .upTo12) {
      let certificate = Certificate(der)
      facts.certificates.append(certificate)
      receiver.certificate(certificate, der: der)
    }
  }
}
