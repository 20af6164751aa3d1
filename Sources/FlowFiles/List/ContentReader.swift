internal import HTTP
internal import Reassembly
internal import Stages
internal import TLS

/// Reader of the first bytes of a connection: is it HTTP or TLS, and which host does the client name.
///
/// It reads until that is known, or until so many bytes came that it will not be.
final class ContentReader {
  /// Number of bytes of both directions after which nothing more is read.
  static let mostBytes: Int64 = 64 << 10

  /// What was recognized.
  private(set) var content = ListedContent()
  private var http: (stage: HTTPStage, feed: StageFeed, hosts: HostReceiver)?
  private var tls: (stage: TLSStage, feed: StageFeed)?
  private var bytes: Int64 = 0
  /// Index in the list of open readers; below 0 if it is not in it.
  var slot: Int32 = -1

  init(_ context: HTTPContext, _ budget: WaitingBudget) {
    let hosts = HostReceiver()
    let stage = HTTPStage(context: context, receiver: hosts)
    http = (stage, StageFeed(stage), hosts)
    let hellos = TLSStage(secrets: NoSecrets.instance, budget: budget, receiver: hosts)
    tls = (hellos, StageFeed(hellos))
  }

  /// Whether nothing more is read.
  var isOver: Bool { http == nil && tls == nil }

  func reassembled(_ data: borrowing ReassembledData) {
    http?.feed.reassembled(data)
    tls?.feed.reassembled(data)
    bytes &+= Int64(data.count)
    look()
  }

  func gap(_ gap: Gap, from side: Side) {
    http?.feed.gap(gap, from: side)
    tls?.feed.gap(gap, from: side)
    look()
  }

  /// Nothing more of the connection comes.
  func complete(_ report: ConnectionReport) {
    http?.feed.complete(report)
    tls?.feed.complete(report)
    look()
    finish()
  }

  /// Drops what is no longer needed.
  private func look() {
    if let tls, tls.stage.isTLS { http = nil }
    if let http, http.stage.isHTTP { tls = nil }
    if let tls, tls.stage.facts.serverName != nil { return finish() }
    if let http, http.hosts.host != nil { return finish() }
    if let tls, tls.stage.isOver, !tls.stage.isTLS { self.tls = nil }
    if bytes > Self.mostBytes { finish() }
  }

  /// Ends reading with what is known.
  func finish() {
    if let http {
      // An exchange that is not over is reported when its connection ends.
      for sender in Sender.allCases { http.stage.end(.unknown, from: sender) }
      if http.stage.isHTTP { content = ListedContent(.http, host: http.hosts.host ?? []) }
    }
    if let tls, tls.stage.isTLS {
      content = ListedContent(.tls, host: Array((tls.stage.facts.serverName ?? "").utf8))
    }
    http = nil
    tls = nil
  }
}

/// Readers of the first bytes of open connections, bounded in number and in memory.
final class ContentReaders {
  /// Greatest number of open readers; beyond it, the least recently used one reads no further.
  private static let most = 10_000

  private let context: HTTPContext
  private let budget = WaitingBudget(limit: 4 << 20)
  private var readers = RecencyList<ContentReader>()

  init() {
    var options = HTTPOptions()
    // Nothing but the host of the first request is wanted.
    options.maxHead = Int(ContentReader.mostBytes)
    options.maxBody = ContentReader.mostBytes
    options.maxHeldTotal = 8 << 20
    context = HTTPContext(options: options)
  }

  func make() -> ContentReader {
    let reader = ContentReader(context, budget)
    reader.slot = readers.insert(reader)
    if readers.count > Self.most, let oldest = readers.oldest {
      oldest.finish()
      leave(oldest)
    }
    return reader
  }

  /// Records that a reader was fed.
  func used(_ reader: ContentReader) {
    guard reader.slot >= 0 else { return }
    if reader.isOver { leave(reader) } else { readers.touch(reader.slot) }
  }

  private func leave(_ reader: ContentReader) {
    readers.remove(reader.slot)
    reader.slot = -1
  }
}

/// Receiver that takes the host of the first request, and nothing else.
private final class HostReceiver: HTTPReceiver, ClearReceiver {
  private(set) var host: [UInt8]?

  private func take(_ exchange: Exchange) {
    guard host == nil, exchange.method != nil else { return }
    // The target of CONNECT is the host.
    host = exchange.host.isEmpty && exchange.method?.elementsEqual("CONNECT".utf8) == true ? exchange.target : exchange.host
  }

  func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)? {
    take(exchange)
    return nil
  }

  func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)? { nil }
  func completed(_ exchange: Exchange) { take(exchange) }
  func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)? { nil }
  func received(_ message: WebSocketMessage) {}
  func clear(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {}
  func clearGap(_ gap: ClearGap, from sender: Sender) {}
  func clearEnd(_ end: StreamEnd, from sender: Sender) {}
}

/// Source without a secret: hellos are read, and nothing is decrypted.
private final class NoSecrets: SecretSource {
  // Its only member never changes.
  nonisolated(unsafe) static let instance = NoSecrets()

  var mayGrow: Bool { false }
  func secrets(of random: ClientRandom) -> ConnectionSecrets? { nil }
  func master(ofSession session: [UInt8]) -> [UInt8]? { nil }
  func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool) {}
}
