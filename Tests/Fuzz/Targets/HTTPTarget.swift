import HTTP
import Stages

/// HTTP: pieces of both directions, holes among them, ends in any order.
///
/// A byte selects side and kind of what follows: bit 0 the side, bits 1 and 2 a piece, a hole, a dispute, or an end; the rest is the length. With
/// `isHTTP2` the client begins with the preface, so that the input holds frames.
enum HTTPTarget {
  /// Takes everything, and counts what a body is told to hold.
  private final class Counter: HTTPReceiver {
    final class Content: BodyReceiver {
      var end: Int64 = 0
      var problems: [String] = []
      var ends = 0

      func content(_ bytes: Span<UInt8>, at offset: Int64) {
        if bytes.count == 0 { problems.append("an empty piece of a body") }
        if offset < end { problems.append("a byte of a body comes twice") }
        if ends > 0 { problems.append("a byte of a body behind its end") }
        end = offset &+ Int64(bytes.count)
      }

      func raw(_ bytes: Span<UInt8>, at offset: Int64) {}
      func contentEnds() { ends += 1 }
    }

    var contents: [Content] = []
    var exchanges: [UInt64] = []
    var lines: [String] = []
    var problems: [String] = []

    private func make() -> Content {
      let content = Content()
      contents.append(content)
      return content
    }

    func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)? { make() }
    func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)? { make() }
    func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)? { make() }
    func received(_ message: WebSocketMessage) {
      let content = message.receiver as? Content
      let why = message.why?.rawValue ?? "whole"
      lines.append("message of \(message.exchange), \(message.opcode) \(message.length) \(message.payload) \(content?.end ?? -1) \(why)")
      if message.length > 1 << 16, message.opcode < 8 { problems.append("a message is longer than the limit") }
    }

    private static func line(_ exchange: Exchange) -> String {
      var line = "\(exchange.number) \(exchange.method ?? []) \(exchange.host) \(exchange.status ?? 0)"
      for side in MessageSide.allCases {
        guard let message = exchange[side] else { continue }
        line += " \(message.notes) \(message.trailers.count)"
        guard let body = message.body else { continue }
        line += " \(body.length) \(body.rawLength) \(body.why?.rawValue ?? "whole") \(body.gaps) \(body.conflicts) \(body.parts.count)"
        line += " \((body.receiver as? Content)?.end ?? -1)"
      }
      return line
    }

    func completed(_ exchange: Exchange) {
      if exchanges.contains(exchange.number) { problems.append("an exchange is reported twice") }
      exchanges.append(exchange.number)
      lines.append(Self.line(exchange))
      for side in MessageSide.allCases {
        guard let body = exchange[side]?.body, let content = body.receiver as? Content else { continue }
        if body.decoding != Decoding.none, content.end > body.length { problems.append("a body is longer than it says") }
        #if PLANTED_BUG
          if body.framing == .chunked || body.framing == .h2, body.length == 3 { problems.append("planted") }
        #endif
      }
    }
  }

  /// Runs batches late, each when the next one comes, as a slow second thread does.
  private final class LateQueue: ContentQueue {
    private var waiting = ContentBatch()

    func exchange(_ batch: ContentBatch) -> ContentBatch {
      let next = waiting
      next.run()
      waiting = batch
      return next
    }

    func settle(_ context: HTTPContext) {
      context.handOver()
      waiting.run()
    }
  }

  static func problems(_ input: [UInt8], isHTTP2: Bool) -> [String] {
    let (found, lines) = run(input, isHTTP2: isHTTP2, isLate: false)
    let (late, lateLines) = run(input, isHTTP2: isHTTP2, isLate: true)
    if lines == lateLines { return found + late }
    let index = zip(lines, lateLines).enumerated().first { $1.0 != $1.1 }?.offset ?? min(lines.count, lateLines.count)
    let pair = [lines, lateLines].map { index < $0.count ? $0[index] : "nothing" }
    return found + late + ["what is reported depends on the thread that reads the bodies: \(pair[0]), and \(pair[1])"]
  }

  private static func run(_ input: [UInt8], isHTTP2: Bool, isLate: Bool) -> (problems: [String], lines: [String]) {
    let counter = Counter()
    let numbers = ExchangeNumbers()
    var options = HTTPOptions()
    options.maxBody = 1 << 16
    let context = HTTPContext(options: options)
    let queue = isLate ? LateQueue() : nil
    context.queue = queue
    let stage = HTTPStage(context: context, receiver: counter, numbers: numbers)
    var source = ByteSource(input)
    var offsets: [Int64] = [0, 0]
    var came: [Int64] = [0, 0]
    var hasEnded = [false, false]
    var packet: UInt64 = 0
    func give(_ bytes: [UInt8], _ side: Int) {
      guard !hasEnded[side], !bytes.isEmpty else { return }
      packet += 1
      let stamp = ByteStamp(nanoseconds: Int64(packet), packet: packet, acknowledged: offsets[1 - side])
      stage.bytes(bytes.span, at: offsets[side], stamp: stamp, from: side == 0 ? .originator : .responder)
      offsets[side] += Int64(bytes.count)
      came[side] += Int64(bytes.count)
    }
    if isHTTP2 { give(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), 0) }
    while !source.isEmpty {
      let choice = source.next()
      let side = Int(choice & 1)
      let sender = side == 0 ? Sender.originator : .responder
      let length = Int(choice >> 3) + 1
      if hasEnded[side] { continue }
      switch choice >> 1 & 3 {
      case 0, 1: give(source.take(choice & 2 == 0 ? length : length * 8), side)
      case 2:
        stage.gap(at: offsets[side], length: Int64(length), isExact: length & 1 == 0, from: sender)
        offsets[side] += Int64(length)
      default:
        if length < 24 {
          stage.disputed(at: max(0, offsets[side] - Int64(length)), length: Int64(length), from: sender)
        } else {
          hasEnded[side] = true
          stage.end(length & 1 == 0 ? .finished : .reset, from: sender)
        }
      }
    }
    for side in 0...1 where !hasEnded[side] { stage.end(.unknown, from: side == 0 ? .originator : .responder) }
    queue?.settle(context)
    var found = counter.problems + counter.contents.flatMap(\.problems)
    for side in 0...1 {
      guard let counts = stage.counts(from: side == 0 ? .originator : .responder) else { continue }
      if counts.total != came[side] { found.append("\(came[side]) bytes came, \(counts.total) are counted") }
    }
    if stage.isHTTP, UInt64(counter.exchanges.count) != numbers.count {
      found.append("\(numbers.count) exchanges, \(counter.exchanges.count) reported")
    }
    return (found, counter.lines)
  }
}
