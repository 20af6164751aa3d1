internal import Packets
internal import TestSupport

/// Holds the files of honest conversations against the reference model.
struct ModelCheck {
  let script: HuntScript
  let outcome: HuntOutcome

  private struct Direction: Hashable {
    var source: HuntEndpoint
    var destination: HuntEndpoint

    var reversed: Direction { Direction(source: destination, destination: source) }
  }

  func problems(_ lines: [IndexLine]) -> [String] {
    var models: [Direction: ReferenceModel] = [:]
    var firsts: [Direction: UInt32] = [:]
    var started: Set<Direction> = []
    // Where no SYN was captured, the first byte that was.
    for packet in script.packets {
      let direction = Direction(source: packet.source, destination: packet.destination)
      if packet.tcpFlags.contains(.syn) {
        firsts[direction] = packet.sequence &+ 1
        started.insert(direction)
      } else if !started.contains(direction), firsts[direction].map({ Int32(bitPattern: packet.sequence &- $0) < 0 }) ?? true {
        firsts[direction] = packet.sequence
      }
    }
    for (number, packet) in arrivals.enumerated() where !packet.tcpFlags.contains(.syn) {
      let direction = Direction(source: packet.source, destination: packet.destination)
      let offset = Int(packet.sequence &- (firsts[direction] ?? 0))
      models[direction, default: ReferenceModel()].take(offset: offset, bytes: packet.payload, arrival: number)
      if packet.tcpFlags.contains(.fin) { models[direction]?.finish(at: offset + packet.length) }
    }
    var problems: [String] = []
    for (direction, model) in models.sorted(by: { $0.key.source.port < $1.key.source.port }) {
      problems += compare(model, with: lines, direction, hasSYN: started.contains(direction))
    }
    return problems
  }

  /// Packets in the order in which they were whole.
  private var arrivals: [HuntPacket] {
    var missing: [UInt16: Int] = [:]
    var found: [HuntPacket] = []
    for packet in script.packets {
      guard let fragment = packet.fragment else {
        found.append(packet)
        continue
      }
      let left = (missing[fragment.identification] ?? packet.datagramLength(isOuter: fragment.isOuter)) - fragment.length
      missing[fragment.identification] = left
      if left == 0 { found.append(packet) }
    }
    return found
  }

  /// Number of conflicts that can wait for the start of a direction; with one more it starts at once, and bytes can come before it.
  private static let mostEarlyConflicts = 64

  private func compare(_ model: ReferenceModel, with lines: [IndexLine], _ direction: Direction, hasSYN: Bool) -> [String] {
    let halves = lines.flatMap(\.directions).filter {
      $0.sender == direction.source.endpoint && $0.receiver == direction.destination.endpoint && ($0.bytes > 0 || $0.gapCount > 0)
    }
    let name = "port \(direction.source.port) to \(direction.destination.port)"
    guard halves.count <= 1 else { return ["\(name): \(halves.count) connections"] }
    guard let half = halves.first else { return model.length == 0 ? [] : ["\(name): no stream"] }
    // The model waits for the lowest byte without a bound.
    if !hasSYN, half.conflictCount > Self.mostEarlyConflicts { return [] }
    let file = half.file.flatMap { outcome.files[$0] ?? nil }
    let bytes = half.pieces.flatMap { piece in file?.bytes(piece.place..<(piece.place + piece.length)) ?? [] }
    let gaps = half.gaps.map { "\($0.offset)+\($0.length)" }
    let expected = model.gaps.map { "\($0.offset)+\($0.length)" }
    var problems: [String] = []
    if bytes != model.stream { problems.append("\(name): other bytes than the model's") }
    if half.listsAllGaps, gaps != expected { problems.append("\(name): gaps \(gaps), expected \(expected)") }
    return problems
  }
}
