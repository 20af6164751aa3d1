import Packets
import TestSupport

/// Several random conversations at once, cut, re-cut, repeated, reordered and mixed, and what must come of them.
struct RandomScript {
  struct Direction {
    var content: [UInt8]
    var model = ReferenceModel()
    /// The offset that becomes 0: above 0 only where the SYN was not captured.
    var base = 0
  }

  struct Connection {
    var endpoints: [Endpoint]
    var directions: [Direction]
  }

  private struct Planned {
    var key: Double
    var connection: Int
    var party: Conversation.Party
    var offset: Int
    var payload: [UInt8]
    var flags: TCPFlags
    var isSyn = false
  }

  private(set) var packets: [ScriptedPacket] = []
  private(set) var connections: [Connection] = []

  init(seed: UInt64, loses: Bool) {
    var random = SplitMix64(seed: seed)
    var planned: [Planned] = []
    var talks: [Conversation] = []
    for number in 0..<Int.random(in: 1...4, using: &random) {
      let talk = Conversation(
        client: Endpoint("10.0.0.1", 40_000 + UInt16(number)), server: Endpoint(random.oneIn(2) ? "10.0.0.2" : "9.0.0.2", 80),
        clientISN: Self.isn(&random), serverISN: Self.isn(&random))
      let hasHandshake = !random.oneIn(5)
      talks.append(talk)
      connections.append(Connection(endpoints: talk.endpoints, directions: []))
      for party in Conversation.Party.allCases {
        let direction = Direction(content: random.bytes(Int.random(in: 1...300, using: &random)))
        connections[number].directions.append(direction)
        if hasHandshake {
          let flags: TCPFlags = party == .client ? .syn : [.syn, .ack]
          planned.append(
            Planned(key: Double(party.rawValue) - 100, connection: number, party: party, offset: -1, payload: [], flags: flags, isSyn: true)
          )
        }
        planned += Self.segments(of: direction.content, number, party, ends: hasHandshake && !random.oneIn(4), loses: loses, &random)
      }
    }
    planned.sort { ($0.key, $0.connection, $0.offset) < ($1.key, $1.connection, $1.offset) }
    capture(planned, talks)
  }

  /// Every fourth number stands right before the wrap, every fourth right before the sign changes.
  private static func isn(_ random: inout SplitMix64) -> UInt32 {
    let near = UInt32.random(in: 0...200, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return 0 &- near
    case 1: return 0x8000_0000 &- near
    default: return UInt32.random(in: .min ... .max, using: &random)
    }
  }

  private static func segments(
    of content: [UInt8], _ connection: Int, _ party: Conversation.Party, ends: Bool, loses: Bool, _ random: inout SplitMix64
  ) -> [Planned] {
    var planned: [Planned] = []
    let largest = Int.random(in: 1...60, using: &random)
    let disorder = Double(random.oneIn(3) ? 0 : Int.random(in: 0...20, using: &random))
    var clock = 0.0
    func add(_ range: Range<Int>, _ random: inout SplitMix64, differs: Bool) {
      var payload = Array(content[range])
      if differs && !payload.isEmpty { payload[payload.count / 2] ^= 0xff }
      let flags: TCPFlags = ends && range.upperBound == content.count ? [.fin, .ack, .psh] : .ack
      let late = disorder > 0 ? Double.random(in: 0...disorder, using: &random) : 0
      planned.append(
        Planned(key: clock + late, connection: connection, party: party, offset: range.lowerBound, payload: payload, flags: flags))
    }
    var start = 0
    while start < content.count {
      let end = min(content.count, start + Int.random(in: 1...largest, using: &random))
      if !loses || !random.oneIn(6) { add(start..<end, &random, differs: false) }
      if random.oneIn(4) {
        let low = Int.random(in: 0...start, using: &random)
        let high = Int.random(in: low...content.count, using: &random)
        if low < high { add(low..<high, &random, differs: random.oneIn(3)) }
      }
      start = end
      clock += 1
    }
    if ends && !(loses && random.oneIn(3)) { add(content.count..<content.count, &random, differs: false) }
    return planned
  }

  /// Gives the planned segments times and acknowledgments, and the models what was captured.
  private mutating func capture(_ planned: [Planned], _ talks: [Conversation]) {
    var highest = talks.map { _ in [0, 0] }
    for (number, plan) in planned.enumerated() {
      let talk = talks[plan.connection]
      let party = plan.party.rawValue
      var segment = TestSegment(
        source: talk.endpoints[party], destination: talk.endpoints[1 - party], sequence: talk.sequence(plan.party, plan.offset),
        flags: plan.flags, payload: plan.payload)
      if plan.flags.contains(.ack) {
        segment.acknowledgment = talk.sequence(plan.party.peer, highest[plan.connection][1 - party])
      }
      packets.append(ScriptedPacket(time: Conversation.epoch + Int64(number) * 10_000, segment: segment))
      guard !plan.isSyn else { continue }
      let end = plan.offset + plan.payload.count
      let isFin = plan.flags.contains(.fin)
      highest[plan.connection][party] = max(highest[plan.connection][party], end + (isFin ? 1 : 0))
      connections[plan.connection].directions[party].model.take(offset: plan.offset, bytes: plan.payload, arrival: number)
      if isFin { connections[plan.connection].directions[party].model.finish(at: end) }
    }
    let captured = Set(planned.filter(\.isSyn).map(\.connection))
    for number in connections.indices where !captured.contains(number) {
      for party in 0...1 {
        let firstGap = connections[number].directions[party].model.gaps.first
        connections[number].directions[party].base = firstGap.map { $0.offset == 0 ? $0.length : 0 } ?? 0
      }
    }
  }
}
