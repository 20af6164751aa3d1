import Stages
import TLS
import TLSConversations

/// TLS: a captured conversation of the fixtures, damaged as the input says.
///
/// The first byte selects the conversation, the second whether its secrets are known at the start, come later or never. Each further byte
/// says what is done with the next segment of a side: it is passed on, cut in two, lost, changed, or bytes of the input come in its place.
enum TLSTarget {
  /// Source of secrets that come at some time.
  private final class LateSecrets: SecretSource {
    var mayGrow = true
    var known: SecretStore?

    func secrets(of random: ClientRandom) -> ConnectionSecrets? { known?.secrets(of: random) }
    func master(ofSession session: [UInt8]) -> [UInt8]? { known?.master(ofSession: session) }
    func forEachConnection(_ body: (ClientRandom, ConnectionSecrets) -> Bool) { known?.forEachConnection(body) }
  }

  private struct Example {
    var segments: [CapturedConversation.Segment]
    var secrets: SecretStore
    /// Clear bytes of each record, by side.
    var records: [[[UInt8]]]
  }

  nonisolated(unsafe) private static let examples: [Example] = CapturedConversation.all.flatMap { name -> [Example] in
    guard let capture = try? CapturedConversation(name) else { return [] }
    return capture.connections.map { segments in
      var feeding = Feeding(capture.secrets)
      feeding.feed(segments)
      feeding.end()
      return Example(
        segments: segments, secrets: capture.secrets, records: feeding.recorder.pieces.map { $0.map(\.bytes) })
    }
  }

  static func problems(_ input: [UInt8]) -> [String] {
    var source = ByteSource(input)
    guard !examples.isEmpty else { return ["no fixtures"] }
    let example = examples[Int(source.next()) % examples.count]
    let mode = source.next()
    let secrets = LateSecrets()
    if mode & 3 == 0 {
      secrets.known = example.secrets
      secrets.mayGrow = mode & 4 != 0
    }
    let recorder = ClearRecorder()
    let stage = TLSStage(
      secrets: secrets, budget: WaitingBudget(limit: mode & 8 == 0 ? nil : Int(mode) << 4), receiver: recorder)
    var queues = Sender.allCases.map { sender in example.segments.filter { $0.sender == sender } }
    var offsets: [Int64] = [0, 0]
    var packet: UInt64 = 0
    func give(_ bytes: [UInt8], _ sender: Sender) {
      guard !bytes.isEmpty else { return }
      packet += 1
      stage.bytes(bytes.span, at: offsets[Int(sender.rawValue)], stamp: ByteStamp(nanoseconds: 0, packet: packet), from: sender)
      offsets[Int(sender.rawValue)] += Int64(bytes.count)
    }
    func lose(_ length: Int, _ isExact: Bool, _ sender: Sender) {
      stage.gap(at: offsets[Int(sender.rawValue)], length: Int64(length), isExact: isExact, from: sender)
      offsets[Int(sender.rawValue)] += Int64(length)
    }
    if mode & 16 != 0 { Sender.allCases.forEach { stage.beginsMidstream(from: $0) } }
    while !source.isEmpty, queues.contains(where: { !$0.isEmpty }) {
      let choice = source.next()
      let side = Int(choice & 1)
      let sender = Sender.allCases[side]
      if choice >> 1 & 7 == 7 {
        give(source.take(Int(choice >> 4) * 4 + 1), sender)
        continue
      }
      if choice >> 1 & 7 == 6 {
        if secrets.known == nil, mode & 3 != 3 { secrets.known = example.secrets }
        stage.secretsChanged()
        continue
      }
      guard let segment = queues[side].first?.bytes else { continue }
      queues[side].removeFirst()
      let place = segment.count * Int(choice >> 4) / 16
      switch choice >> 1 & 7 {
      case 3: lose(segment.count, choice & 16 == 0, sender)
      case 4:
        give(Array(segment[..<place]), sender)
        lose(segment.count - place, true, sender)
      case 5:
        var changed = segment
        changed[place] ^= source.next() | 1
        give(changed, sender)
      default:
        give(Array(segment[..<place]), sender)
        give(Array(segment[place...]), sender)
      }
    }
    // What the input leaves over comes as it was captured.
    if mode & 32 == 0 {
      for segment in example.segments where queues[Int(segment.sender.rawValue)].first?.packet == segment.packet {
        queues[Int(segment.sender.rawValue)].removeFirst()
        give(segment.bytes, segment.sender)
      }
    }
    stage.end(.finished, from: .originator)
    stage.end(.unknown, from: .responder)
    return check(stage, recorder, example)
  }

  private static func check(_ stage: TLSStage, _ recorder: ClearRecorder, _ example: Example) -> [String] {
    var found = recorder.disorder
    for sender in Sender.allCases {
      let side = Int(sender.rawValue)
      let figures = stage.figures(of: sender)
      if figures.length != recorder.next[side] { found.append("length \(figures.length), but \(recorder.next[side]) came") }
      if figures.bytes != Int64(recorder.bytes(of: sender).count) { found.append("\(figures.bytes) bytes counted") }
      if recorder.ends[side].count != (stage.isTLS ? 1 : 0) { found.append("\(recorder.ends[side].count) ends") }
      if figures.bytes > 0, !stage.facts.isClear { found.append("clear bytes of what is not clear") }
      if stage.isTLS, stage.facts.isClear != (stage.facts.obstacle == nil) { found.append("clear and an obstacle, or neither") }
      // Whatever was lost or changed: what comes out are records of the sender, each once and in order.
      var next = 0
      for piece in recorder.pieces[side] {
        guard let index = example.records[side][next...].firstIndex(of: piece.bytes) else {
          found.append("a record that was not sent, or out of order")
          break
        }
        next = index + 1
      }
      #if PLANTED_BUG
        if recorder.gaps[side].count == 2, figures.records == 5 { found.append("planted") }
      #endif
    }
    return found
  }
}
