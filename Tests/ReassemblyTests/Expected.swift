import Packets
import Reassembly
import TestSupport

/// What must be reported of one connection.
///
/// A stream is written as text with its gaps in place: `abc[4 lost age]def`, `[4 lost age acked]` where the peer had acknowledged
/// beyond. Drops and anomalies are named as in the index, with the party before them: `client.late`. What is not stated must be
/// absent, but for fields that are nil, where the rules leave the answer open; a jump has no cause for the same reason.
struct Expected: Sendable {
  var client: String
  var server: String
  var close: ConnectionReport.Close?
  var handshake: ConnectionReport.Handshake?
  var clientBy: ConnectionReport.ClientEvidence?
  /// Whether the sender that the script calls client is also taken for it.
  var clientIsRight: Bool
  var starts: [HalfReport.Start]
  var ends: [HalfReport.End]?
  var conflicts: [String]
  var dropped: [String: UInt64]
  var anomalies: [String: UInt64]?

  init(
    _ client: String = "", _ server: String = "", close: ConnectionReport.Close? = .fin,
    handshake: ConnectionReport.Handshake? = .complete, by clientBy: ConnectionReport.ClientEvidence? = .syn, clientIsRight: Bool = true,
    starts: [HalfReport.Start] = [.syn, .syn],
    ends: [HalfReport.End]? = [.fin, .fin], conflicts: [String] = [], dropped: [String: UInt64] = [:], anomalies: [String: UInt64]? = [:]
  ) {
    self.client = client
    self.server = server
    self.close = close
    self.handshake = handshake
    self.clientBy = clientBy
    self.clientIsRight = clientIsRight
    self.starts = starts
    self.ends = ends
    self.conflicts = conflicts
    self.dropped = dropped
    self.anomalies = anomalies
  }

  /// A connection that the end of the input closed.
  static func open(
    _ client: String = "", _ server: String = "", handshake: ConnectionReport.Handshake? = .complete,
    by clientBy: ConnectionReport.ClientEvidence? = .syn,
    clientIsRight: Bool = true, starts: [HalfReport.Start] = [.syn, .syn], ends: [HalfReport.End]? = [.none, .none],
    conflicts: [String] = [],
    dropped: [String: UInt64] = [:], anomalies: [String: UInt64]? = [:]
  ) -> Expected {
    Expected(
      client, server, close: .open, handshake: handshake, by: clientBy, clientIsRight: clientIsRight, starts: starts, ends: ends,
      conflicts: conflicts, dropped: dropped, anomalies: anomalies)
  }

  func differences(from stream: RecordingStream, client endpoint: Endpoint) -> [String] {
    guard let report = stream.report else { return ["no report"] }
    var found: [String] = []
    func compare<T: Equatable>(_ what: String, _ actual: T, _ stated: T) {
      if actual != stated { found.append("\(what): \(actual), expected \(stated)") }
    }
    let isOriginator = stream.opening.key.source == endpoint.address && stream.opening.key.sourcePort == endpoint.port
    let sides: [Side] = isOriginator ? [.originator, .responder] : [.responder, .originator]
    compare("client stream", stream.rendered(sides[0]), client)
    compare("server stream", stream.rendered(sides[1]), server)
    if let close { compare("close", report.close, close) }
    if let handshake { compare("handshake", report.handshake, handshake) }
    if let clientBy { compare("client by", report.clientBy, clientBy) }
    compare("client is right", report.client == sides[0], clientIsRight)
    compare("starts", sides.map { report[$0].start }, starts)
    if let ends { compare("ends", sides.map { report[$0].end }, ends) }
    compare("conflicts", sides.flatMap { stream.conflicts[$0] ?? [] }, conflicts)
    var drops: [String: UInt64] = [:]
    var oddities: [String: UInt64] = [:]
    for (name, side) in zip(["client", "server"], sides) {
      for reason in DropReason.allCases where report[side].dropped[reason] > 0 {
        drops["\(name).\(reason.name)"] = report[side].dropped[reason]
      }
      for kind in Anomaly.allCases where report[side].anomalies[kind] > 0 {
        oddities["\(name).\(kind.name)"] = report[side].anomalies[kind]
      }
    }
    compare("dropped", drops.sortedText, dropped.sortedText)
    if let anomalies { compare("anomalies", oddities.sortedText, anomalies.sortedText) }
    return found
  }
}

extension [String: UInt64] {
  fileprivate var sortedText: String { sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }
}

extension RecordingStream {
  /// A direction as text with its gaps in place.
  func rendered(_ side: Side) -> String {
    halves[Int(side.rawValue)].pieces.map { piece -> String in
      switch piece {
      case .bytes(let bytes): text(bytes)
      case .gap(let gap) where gap.kind == .jump: "[\(gap.length) jump]"
      case .gap(let gap): "[\(gap.length) \(gap.kind) \(gap.cause)\(gap.acknowledged ? " acked" : "")]"
      }
    }.joined()
  }

  func bytes(_ side: Side) -> [UInt8] {
    halves[Int(side.rawValue)].pieces.flatMap { piece -> [UInt8] in
      if case .bytes(let bytes) = piece { bytes } else { [] }
    }
  }

  func gaps(_ side: Side) -> [Gap] {
    halves[Int(side.rawValue)].pieces.compactMap { piece -> Gap? in
      if case .gap(let gap) = piece { gap } else { nil }
    }
  }
}
