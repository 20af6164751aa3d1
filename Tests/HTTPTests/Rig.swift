import Stages

@testable import HTTP

/// Receiver that keeps everything it is given.
final class Keeper: HTTPReceiver {
  /// Kept body, with zeros for its gaps.
  final class Kept: BodyReceiver {
    var content: [UInt8] = []
    var raw: [UInt8] = []
    var ends = 0

    private func put(_ bytes: Span<UInt8>, _ offset: Int64, _ all: inout [UInt8]) {
      while all.count < offset { all.append(0) }
      for index in bytes.indices { all.append(bytes[index]) }
    }

    func content(_ bytes: Span<UInt8>, at offset: Int64) { put(bytes, offset, &content) }
    func raw(_ bytes: Span<UInt8>, at offset: Int64) { put(bytes, offset, &raw) }
    func contentEnds() { ends += 1 }
  }

  var exchanges: [Exchange] = []
  var messages: [WebSocketMessage] = []

  func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)? { Kept() }
  func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)? { Kept() }
  func completed(_ exchange: Exchange) { exchanges.append(exchange) }
  func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)? { Kept() }
  func received(_ message: WebSocketMessage) { messages.append(message) }
  var endedWebSockets: [UInt64] = []
  func webSocketEnded(_ exchange: UInt64) { endedWebSockets.append(exchange) }
}

/// What one end sends, or a gap.
enum Turn {
  case client(String)
  case server(String)
  case clientBytes([UInt8])
  case serverBytes([UInt8])
  /// Number of bytes that the capture lacks.
  case clientGap(Int)
  case serverGap(Int)

  var isFromClient: Bool {
    switch self {
    case .client, .clientBytes, .clientGap: true
    case .server, .serverBytes, .serverGap: false
    }
  }

  var bytes: [UInt8]? {
    switch self {
    case .client(let text), .server(let text): Array(text.utf8)
    case .clientBytes(let bytes), .serverBytes(let bytes): bytes
    case .clientGap, .serverGap: nil
    }
  }

  var length: Int {
    switch self {
    case .clientGap(let length), .serverGap(let length): length
    default: bytes?.count ?? 0
    }
  }
}

/// Conversation that is given to a stage in pieces, with the results of the stage.
struct Talk {
  let keeper = Keeper()
  let stage: HTTPStage

  /// Gives a conversation to a stage.
  ///
  /// - Parameters:
  ///   - turns: the conversation; each turn acknowledges all earlier bytes of the other end.
  ///   - size: returns the length of the next piece.
  ///   - ends: the end of both directions.
  ///   - order: the order in which the turns are given to the stage, by index; nil for their own order.
  ///   - options: limits of the reader.
  ///   - enclosure: what the conversation is in; nil for TCP.
  init(
    _ turns: [Turn], size: () -> Int = { .max }, ends: StreamEnd = .finished, order: [Int]? = nil, options: HTTPOptions = HTTPOptions(),
    enclosure: Enclosure? = nil
  ) {
    let keeper = keeper
    stage = HTTPStage(context: HTTPContext(options: options), receiver: keeper, enclosure: enclosure)
    var sent: [Int64] = [0, 0]
    var starts: [(offset: Int64, acknowledged: Int64)] = []
    for turn in turns {
      let side = turn.isFromClient ? 0 : 1
      starts.append((sent[side], sent[1 - side]))
      sent[side] += Int64(turn.length)
    }
    for number in order ?? Array(turns.indices) {
      let turn = turns[number]
      let sender = turn.isFromClient ? Sender.originator : .responder
      let (start, acknowledged) = starts[number]
      guard let bytes = turn.bytes else {
        stage.gap(at: start, length: Int64(turn.length), isExact: true, from: sender)
        continue
      }
      var position = 0
      while position < bytes.count {
        let end = min(bytes.count, position + min(max(1, size()), bytes.count))
        let stamp = ByteStamp(nanoseconds: Int64(number) * 1_000, packet: UInt64(number + 1), acknowledged: acknowledged)
        stage.bytes(bytes.span.extracting(position..<end), at: start + Int64(position), stamp: stamp, from: sender)
        position = end
      }
    }
    stage.end(ends, from: .originator)
    stage.end(ends, from: .responder)
    self.sent = sent
  }

  /// Number of bytes that each end sent.
  let sent: [Int64]

  var exchanges: [Exchange] { keeper.exchanges.sorted { $0.number < $1.number } }

  /// Text of an exchange: method, target, status, bodies, gaps, notes.
  static func line(_ exchange: Exchange) -> String {
    func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-" }
    func side(_ message: Message?) -> String {
      guard let message else { return "-" }
      let kept = message.body?.receiver as? Keeper.Kept
      var words = ["\(message.offset)+\(message.headLength)"]
      if let body = message.body, body.framing != .none {
        words.append("\(body.framing.rawValue):\(body.length)")
        words.append(text(kept?.content).replacing("\0", with: "."))
        if let why = body.why { words.append("why:\(why.rawValue)") }
        for gap in body.gaps { words.append("gap:\(gap.offset)+\(gap.length)") }
        if let decoding = body.decoding { words.append("decoded:\(decoding)") }
      }
      words += message.notes.map(\.rawValue)
      words += message.trailers.map { "\(text($0.name))=\(text($0.value))" }
      return words.joined(separator: " ")
    }
    let status = exchange.status.map(String.init) ?? "-"
    let interim = exchange.informational.map { " \($0.status)" }.joined()
    return "\(text(exchange.method)) \(text(exchange.target)) \(status)\(interim) [\(side(exchange.request))] [\(side(exchange.response))]"
  }

  var lines: [String] { exchanges.map(Self.line) }

  /// Number of received bytes that the counts of each direction lack.
  func imbalance(_ turns: [Turn]) -> [Int64] {
    [Sender.originator, .responder].map { sender in
      let came = turns.filter { $0.isFromClient == (sender == .originator) }.reduce(Int64(0)) { $0 + Int64($1.bytes?.count ?? 0) }
      return came - (stage.counts(from: sender)?.total ?? came)
    }
  }
}
