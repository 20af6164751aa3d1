internal import Packets
internal import TestSupport

/// Honest ends whose segments are lost, repeated, cut anew and out of order.
extension ScriptMaker {
  private struct Planned {
    var place: Double
    var packet: HuntPacket
    var end: UInt32
  }

  mutating func makeFaithful() {
    var planned: [Planned] = []
    for talk in talks.indices {
      let hasHandshake = !random.oneIn(5)
      for party in 0...1 { plan(talk, party, hasHandshake, &planned) }
    }
    planned.sort { ($0.place, $0.packet.source.port, $0.packet.sequence) < ($1.place, $1.packet.source.port, $1.packet.sequence) }
    var highest: [HuntEndpoint: [HuntEndpoint: UInt32]] = [:]
    for plan in planned {
      var packet = plan.packet
      let sent = highest[packet.source]?[packet.destination]
      if packet.tcpFlags.contains(.ack) {
        packet.acknowledgment = highest[packet.destination]?[packet.source] ?? start(against: packet)
      }
      let isAhead = sent.map { Int32(bitPattern: plan.end &- $0) > 0 } ?? true
      if isAhead { highest[packet.source, default: [:]][packet.destination] = plan.end }
      capture(packet, isHonest: true)
      time += 10_000
    }
  }

  /// The first number of the direction that a packet acknowledges.
  private func start(against packet: HuntPacket) -> UInt32 {
    for talk in talks {
      for party in 0...1 where talk.ends[party] == packet.destination && talk.ends[1 - party] == packet.source {
        return talk.directions[party].next
      }
    }
    return 0
  }

  private mutating func plan(_ talk: Int, _ party: Int, _ hasHandshake: Bool, _ planned: inout [Planned]) {
    let ends = talks[talk].ends
    let direction = talks[talk].directions[party]
    let isLong = random.oneIn(20)
    let count = Int.random(in: 1...(isLong ? 200_000 : 400), using: &random)
    let largest = Int.random(in: 1...(isLong ? 20_000 : 80), using: &random) + (isLong ? 5_000 : 0)
    let disorder = Double(random.oneIn(3) ? 0 : Int.random(in: 0...20, using: &random))
    let isEnding = hasHandshake && !random.oneIn(4)
    if hasHandshake {
      let flags: TCPFlags = party == 0 ? .syn : [.syn, .ack]
      let packet = HuntPacket(time: time, from: ends[party], to: ends[1 - party], sequence: direction.isn, flags: flags)
      planned.append(Planned(place: Double(party) - 100, packet: packet, end: direction.next))
    }
    var place = 0.0
    var offset = 0
    var contradictions = 0
    func add(_ low: Int, _ high: Int, differs: Bool) {
      let isLast = isEnding && high == count
      let first = direction.next &+ UInt32(low)
      var packet = HuntPacket(
        time: time, from: ends[party], to: ends[1 - party], sequence: first, flags: isLast ? [.fin, .ack, .psh] : .ack)
      packet.length = high - low
      if differs { packet.salt = UInt8.random(in: 1...255, using: &random) }
      let late = disorder > 0 ? Double.random(in: 0...disorder, using: &random) : 0
      planned.append(Planned(place: place + late, packet: packet, end: first &+ UInt32(packet.length) &+ (isLast ? 1 : 0)))
    }
    while offset < count {
      let end = min(count, offset + Int.random(in: 1...largest, using: &random))
      if !random.oneIn(8) { add(offset, end, differs: false) }
      if random.oneIn(isLong ? 20 : 4) {
        let low = Int.random(in: 0...offset, using: &random)
        let high = Int.random(in: low...min(count, low + 60_000), using: &random)
        // Where the start is not known, too many contradictions end the wait for it.
        let mayDiffer = hasHandshake || (contradictions < 3 && high - low < 50)
        let differs = mayDiffer && random.oneIn(3)
        if differs { contradictions += 1 }
        if low < high { add(low, high, differs: differs) }
      }
      offset = end
      place += 1
    }
  }
}
