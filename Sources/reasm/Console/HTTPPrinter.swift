import FlowFiles
import HTTP
import Packets
import Reassembly
import Stages

/// Printer of the messages of one connection: heads as text, and decoded bodies if they are text.
final class HTTPPrinter: HTTPReceiver {
  /// Beginning of a body, which is printed.
  private final class Shown: BodyReceiver {
    /// Maximum number of bytes of a body that are printed.
    static let most = 64 << 10
    private let most: Int
    /// Search of the whole body; nil without patterns.
    private let search: PrintedSearch?

    init(most: Int, _ search: PrintedSearch?) {
      self.most = most
      self.search = search
    }

    private(set) var bytes: [UInt8] = []
    private(set) var hasHole = false

    func content(_ more: Span<UInt8>, at offset: Int64) {
      search?.append(more, at: offset)
      guard bytes.count < most, !hasHole else { return }
      // Bytes after a gap are not printed, because they would seem to follow directly.
      if offset != Int64(bytes.count) {
        hasHole = true
        return
      }
      for index in 0..<min(more.count, most - bytes.count) { bytes.append(more[index]) }
    }

    func raw(_ bytes: Span<UInt8>, at offset: Int64) {}
    func contentEnds() {}

    /// Ends the search, and returns the places of the matches.
    func endSearch() -> MatchPlaces { search?.end() ?? .none }

    /// Whether the bytes have no control characters but white space.
    var isText: Bool { bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || (0x09...0x0d).contains($0) } }
  }

  private let id: UInt64
  private let key: FlowKey
  private let printer: ConversationPrinter
  /// Search of what is printed; nil without patterns.
  private let search: ConsoleSearch?
  /// Stage that determines which end is the client.
  weak var stage: HTTPStage?

  /// Returns conflicts of a side that were not printed, which are printed then.
  var conflicts: ((Side) -> [DifferingCopies])?
  private let bodyHead: Int

  init(_ opening: ConnectionOpening, _ printer: ConversationPrinter, _ search: ConsoleSearch?, bodyHead: Int?) {
    self.bodyHead = min(bodyHead ?? Shown.most, Shown.most)
    id = opening.id
    key = opening.key
    self.printer = printer
    self.search = search
  }

  func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)? { Shown(most: bodyHead, search?.begin()) }
  func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)? { nil }
  func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)? { Shown(most: bodyHead, search?.begin()) }

  private func side(_ isFromClient: Bool) -> Side {
    (stage?.client ?? .originator == .originator) == isFromClient ? .originator : .responder
  }

  /// Prints the messages of an exchange before what is in its tunnel.
  func tunnelOpened(_ exchange: Exchange) { print(exchange) }

  func completed(_ exchange: Exchange) { if exchange.tunnel == nil { print(exchange) } }

  private func print(_ exchange: Exchange) {
    for part in MessageSide.allCases {
      guard let message = exchange[part] else { continue }
      let isRequest = part == .request
      printer.heading(
        "connection \(id) exchange \(exchange.number)  \(ConversationPrinter.endpoints(key, from: side(isRequest)))",
        time: message.stamp.nanoseconds, packet: message.stamp.packet, isFromClient: isRequest)
      for conflict in conflicts?(side(isRequest)) ?? [] { printer.conflict(conflict, keptPacket: conflict.keptPacket, connection: id) }
      var head = Array(startLine(exchange, isRequest).utf8) + [0x0a]
      // HTTP/2 has the host in the field that HTTP/1 has a line for.
      if isRequest, exchange.stream != nil, !exchange.host.isEmpty, message.value(of: "host") == nil {
        head += Array(":authority: ".utf8) + exchange.host + [0x0a]
      }
      for field in message.headers { head += field.name + [0x3a, 0x20] + field.value + [0x0a] }
      head.append(0x0a)
      printer.text(head, marking: search?.places(in: head) ?? .none)
      if let body = message.body, body.length > 0 { print(body) }
    }
    printer.flush()
  }

  private func startLine(_ exchange: Exchange, _ isRequest: Bool) -> String {
    func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }
    if isRequest { return "\(text(exchange.method)) \(text(exchange.target)) HTTP/\(exchange.version)" }
    let reason = exchange.reason.isEmpty ? "" : " " + text(exchange.reason)
    return "HTTP/\(exchange.version) \(exchange.status ?? 0)" + reason
  }

  private func print(_ body: Body) {
    let length = DisplayText.count(UInt64(clamping: body.length), "byte")
    let places = (body.receiver as? Shown)?.endSearch() ?? .none
    guard let shown = body.receiver as? Shown, shown.isText, !shown.bytes.isEmpty else {
      let type = body.sniffed?.description ?? (body.type.isEmpty ? "unknown type" : String(decoding: body.type, as: UTF8.self))
      return printer.note("\(type), \(length)")
    }
    printer.text(shown.bytes, marking: places)
    if Int64(shown.bytes.count) < body.length {
      printer.note("\(DisplayText.count(UInt64(clamping: body.length &- Int64(shown.bytes.count)), "byte")) more")
    }
    if !body.isComplete { printer.note("not complete: \(body.why?.rawValue ?? "conflict")") }
  }

  func received(_ message: WebSocketMessage) {
    printer.heading(
      "connection \(id) exchange \(message.exchange) WebSocket  \(ConversationPrinter.endpoints(key, from: side(message.isFromClient)))",
      time: message.stamp.nanoseconds, packet: message.stamp.packet, isFromClient: message.isFromClient)
    let shown = message.receiver as? Shown
    let bytes = shown?.bytes ?? message.payload
    let places = shown?.endSearch() ?? search?.places(in: bytes) ?? .none
    if message.opcode == 1 {
      printer.text(bytes, marking: places)
      if Int64(bytes.count) < message.length { printer.note("\(DisplayText.count(UInt64(clamping: message.length), "byte")) in all") }
    } else {
      printer.note("opcode \(message.opcode), \(DisplayText.count(UInt64(clamping: message.length), "byte"))")
    }
    if let why = message.why { printer.note("not complete: \(why.rawValue)") }
    printer.flush()
  }
}
