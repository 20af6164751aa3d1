internal import Packets
internal import Reassembly
internal import Stages
internal import TLS

/// Stages of TLS in one connection, which write clear files, feed the stage above, and contribute to the index.
final class ConnectionTLS: ConnectionStages {
  let feed: StageFeed
  let stage: TLSStage
  private let receiver: ClearFiles
  /// The secrets of the connection; nil if no capture of it is written.
  let secrets: RecordedSecrets?

  /// Creates the stages of a connection.
  ///
  /// - Parameters:
  ///   - connection: the stream of the connection.
  ///   - source: what all connections share.
  ///   - factory: the writer of the files.
  ///   - above: the stages that read the clear bytes; nil if there are none.
  init(_ connection: ConnectionStream, _ source: TLSSource, _ factory: FlowFileFactory, above: (any ConnectionStages)?) {
    receiver = ClearFiles(connection, source, factory, above)
    secrets = factory.captures == nil ? nil : RecordedSecrets(source.secrets)
    stage = source.makeStage(receiver, secrets ?? source.secrets)
    feed = StageFeed(stage)
  }

  var lastJob: UInt64 { receiver.files.map { $0.file?.lastJob ?? 0 }.max() ?? 0 }

  var isEncrypted: Bool { stage.isTLS }

  var tls: ConnectionTLS? { self }

  /// Passes the clear bytes to a second receiver too, before any of them came.
  func observe(with receiver: any ClearReceiver) { self.receiver.observer = receiver }

  var hasFailed: Bool { receiver.files.contains { $0.file?.failure != nil } }

  func finish(_ report: ConnectionReport) {
    for side in Side.allCases { receiver.file(of: side).finish(bytes: stage.figures(of: side.sender).bytes) }
  }

  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?) {
    if let log = receiver.log { chunks?.append(report, log, isClear: true) { self.receiver.file(of: $0).file } }
    for file in receiver.files { file.file?.forgetNotes() }
  }

  func withdraw() {
    for file in receiver.files {
      file.file?.remove()
      file.file?.forgetNotes()
    }
  }

  var members: IndexMembers {
    var members: IndexMembers = stage.isTLS ? .tls : []
    if stage.facts.isClear { members.insert(.clear) }
    return members
  }

  func write(to json: inout JSONWriter, _ report: ConnectionReport) {
    guard stage.isTLS else { return }
    json.key("tls")
    json.tls(stage.facts)
  }

  func write(_ side: Side, to json: inout JSONWriter) {
    guard stage.facts.isClear else { return }
    json.key("clear")
    receiver.file(of: side).write(stage.figures(of: side.sender), to: &json)
  }
}

/// Receiver of the clear bytes of one connection.
private final class ClearFiles: ClearReceiver {
  let files: [ClearFile]
  private let source: TLSSource
  private let chunks: ChunkFile?
  private(set) var log: ConversationLog?
  private let above: (any ConnectionStages)?
  /// Second receiver of the clear bytes; nil if there is none.
  var observer: (any ClearReceiver)?
  /// Whether the stage above was given bytes or gaps.
  private var hasFed = false

  init(_ connection: ConnectionStream, _ source: TLSSource, _ factory: FlowFileFactory, _ above: (any ConnectionStages)?) {
    self.source = source
    self.above = above
    chunks = factory.chunks
    files = Side.allCases.map { ClearFile(connection, $0, factory.store) }
  }

  func file(of side: Side) -> ClearFile { files[Int(side.rawValue)] }

  func clear(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    hasFed = true
    observer?.clear(bytes, at: offset, stamp: stamp, from: sender)
    // The acknowledgment counts ciphertext and has no meaning for clear bytes.
    above?.stageAboveTLS?.bytes(bytes, at: offset, stamp: stamp.withoutAcknowledgment, from: sender)
    let side = sender.side
    let packet = PacketStamp(stamp)
    let taken = file(of: side).append(bytes, stamp: packet)
    guard taken > 0, let chunks else { return }
    let log = log ?? ConversationLog(chunks.spool, keepsBytes: false)
    self.log = log
    let end = file(of: side).file?.fileEnd ?? 0
    log.append(bytes.extracting(first: taken), offset: offset, fileOffset: end &- Int64(taken), stamp: packet, from: side)
  }

  func clearGap(_ gap: ClearGap, from sender: Sender) {
    hasFed = true
    observer?.clearGap(gap, from: sender)
    above?.stageAboveTLS?.gap(at: gap.offset, length: gap.length, isExact: gap.isExact, from: sender)
    files[Int(sender.rawValue)].append(gap)
  }

  func clearEnd(_ end: StreamEnd, from sender: Sender) {
    observer?.clearEnd(end, from: sender)
    if hasFed { above?.stageAboveTLS?.end(end, from: sender) }
  }

  func handshakeEnded(at stamp: ByteStamp) {
    observer?.handshakeEnded(at: stamp)
    above?.handshakeEnded(at: stamp.nanoseconds)
  }

  func certificate(_ certificate: Certificate, der: [UInt8]) {
    if let sha256 = certificate.sha256 { source.certificates?.write(der, named: sha256) }
  }
}

extension JSONWriter {
  /// Writes the value of `tls` in an index line.
  fileprivate mutating func tls(_ facts: TLSFacts) {
    beginObject()
    func text(_ name: StaticString, _ value: String?) {
      guard let value else { return }
      key(name)
      string(value)
    }
    text("version", facts.version)
    text("suite", facts.suite)
    text("sni", facts.serverName)
    text("alpn", facts.applicationProtocol)
    if let random = facts.clientRandom {
      key("client_random")
      hexadecimal(random.bytes)
    }
    text("ja3", facts.ja3)
    text("ja4", facts.ja4)
    if !facts.certificates.isEmpty {
      key("certificates")
      beginArray()
      for certificate in facts.certificates {
        beginObject()
        text("subject", certificate.subject)
        text("issuer", certificate.issuer)
        text("not_before", certificate.notBefore)
        text("not_after", certificate.notAfter)
        text("sha256", certificate.sha256)
        endObject()
      }
      endArray()
    }
    key("resumed")
    bool(facts.isResumed)
    key("clear")
    bool(facts.isClear)
    if let obstacle = facts.obstacle {
      key("why")
      word(obstacle.name)
    }
    endObject()
  }
}
