internal import Packets
internal import TestSupport

/// Makes the script of a number: the same one for the same seed and number on every machine.
package struct ScriptMaker {
  var random: SplitMix64
  var packets: [HuntPacket] = []
  var talks: [HuntTalk] = []
  var time: Int64
  /// How fast time goes, and how often it leaps.
  private let pace: Int
  /// What surrounds the packets of this script.
  private(set) var link = HuntLink.ethernet
  private var tunnel: HuntTunnel?
  private var habits = Habits()
  private var lastIdentification: UInt16 = 0

  /// How often something befalls a packet; 0: never, else once in so many.
  private struct Habits {
    var cut = 0
    var fragment = 0
    var vlan = 0
    var tunnel = 0
    var badChecksum = 0
    var padding = 0
    var noLength = 0
  }

  package static func script(seed: UInt64, number: UInt64) -> HuntScript {
    var mixer = SplitMix64(seed: seed &+ number &* 0x9e37_79b9_7f4a_7c15)
    let isFaithful = mixer.oneIn(6)
    var maker = ScriptMaker(random: SplitMix64(seed: mixer.next()), isFaithful: isFaithful)
    var options = OptionMaker(random: SplitMix64(seed: mixer.next()))
    if isFaithful { maker.makeFaithful() } else { maker.makeHostile() }
    return HuntScript(
      number: number, kind: isFaithful ? .faithful : .hostile, link: maker.link, options: options.options(isGentle: isFaithful),
      packets: maker.packets)
  }

  private init(random: SplitMix64, isFaithful: Bool) {
    self.random = random
    time = Conversation.epoch
    pace = Int.random(in: 0...15, using: &self.random)
    if self.random.oneIn(3) { link = HuntLink.allCases.randomElement(using: &self.random) ?? .ethernet }
    makeHabits(isFaithful)
    makeTalks(isFaithful)
  }

  private mutating func makeHabits(_ isFaithful: Bool) {
    func sometimes(_ share: Int, _ rates: [Int]) -> Int { random.oneIn(share) ? rates.randomElement(using: &random) ?? 0 : 0 }
    habits.fragment = sometimes(4, [2, 4, 10])
    habits.padding = sometimes(3, [1, 2])
    if random.oneIn(4) {
      tunnel = HuntTunnel.allCases.randomElement(using: &random)
      habits.tunnel = isFaithful ? 1 : [1, 2, 5].randomElement(using: &random) ?? 1
    }
    if isFaithful { return }
    habits.cut = sometimes(4, [3, 10])
    habits.vlan = sometimes(4, [2, 5])
    habits.badChecksum = sometimes(6, [3, 10])
    habits.noLength = sometimes(8, [2, 5])
  }

  private mutating func makeTalks(_ isFaithful: Bool) {
    let isIPv6 = random.oneIn(4)
    for number in 0..<[1, 1, 1, 2, 3, 4][Int.random(in: 0..<6, using: &random)] {
      let port = [80, 443, 0, 32_768, 65_535, 80][Int.random(in: 0..<6, using: &random)]
      var ends = [
        HuntEndpoint(isIPv6: isIPv6, host: 0x0a00_0001, port: 40_000 + UInt16(number)),
        HuntEndpoint(isIPv6: isIPv6, host: random.oneIn(2) ? 0x0a00_0002 : 0x0900_0002, port: UInt16(port)),
      ]
      // Sender and receiver in one.
      if !isFaithful, random.oneIn(60) { ends[1] = ends[0] }
      talks.append(HuntTalk(ends: ends, &random))
    }
  }

  // MARK: Adding packets

  /// Lets time go on.
  mutating func wait() {
    time += Numbers.step(&random, pace: pace)
    // The clock goes back now and then; captures begin after 1970.
    if random.oneIn(200) { time = max(Conversation.epoch - 10_000_000_000, time - 2_000_000_000) }
    time = time / 1_000 * 1_000
  }

  /// Captures a segment, in whatever this script has around its packets.
  mutating func capture(_ packet: HuntPacket, isHonest: Bool = false) {
    var packet = packet
    packet.time = time
    // The length field of IEEE 802.3 is an EtherType from 1 536 on.
    if link == .llcSnap { packet.length = min(packet.length, 1_300) }
    if habits.tunnel > 0, random.oneIn(habits.tunnel) { packet.tunnel = tunnel }
    if link == .ethernet, habits.vlan > 0, random.oneIn(habits.vlan) { packet.vlans = random.oneIn(4) ? [7, 8] : [7] }
    if habits.badChecksum > 0 { packet.hasBadChecksum = random.oneIn(habits.badChecksum) }
    // What carries a frame of its own states no length where padding begins.
    if habits.padding > 0, packet.tunnel == nil { packet.isPadded = random.oneIn(habits.padding) }
    if habits.noLength > 0, !packet.isPadded { packet.statesNoLength = random.oneIn(habits.noLength) }
    if habits.fragment > 0, random.oneIn(habits.fragment), packet.length > 0 {
      captureFragments(packet, isHonest: isHonest)
      return
    }
    if habits.cut > 0, random.oneIn(habits.cut) { packet.cut = cut(packet) }
    packets.append(packet)
  }

  private mutating func cut(_ packet: HuntPacket) -> Int {
    // Mostly payload, sometimes headers.
    random.oneIn(10) ? Int.random(in: 1...60, using: &random) : packet.length == 0 ? 0 : Int.random(in: 1...packet.length, using: &random)
  }

  /// The packet in fragments, at the present time: in any order, and with doubles, losses and contradictions where nobody is honest.
  private mutating func captureFragments(_ packet: HuntPacket, isHonest: Bool) {
    lastIdentification &+= 1
    let isOuter = packet.tunnel != nil && random.oneIn(2)
    let total = packet.datagramLength(isOuter: isOuter)
    var parts: [HuntPacket] = []
    var start = 0
    while start < total {
      // At most a handful, however long it is.
      let size = max(8, (Int.random(in: 1...max(1, min(total, 64)), using: &random) + total / 8) / 8 * 8)
      let end = min(total, start + size)
      var part = packet
      part.statesNoLength = false
      part.fragment = HuntPacket.Fragment(
        identification: lastIdentification, offset: start, length: end - start, more: end < total, isOuter: isOuter)
      parts.append(part)
      start = end
    }
    if random.oneIn(2) { parts.shuffle(using: &random) }
    if !isHonest { spoil(&parts, total) }
    for part in parts {
      packets.append(part)
      if !isHonest, random.oneIn(3) { wait() }
      if !isHonest, habits.cut > 0, random.oneIn(habits.cut * 2) { packets[packets.count - 1].cut = Int.random(in: 1...20, using: &random) }
      packets[packets.count - 1].time = time
    }
  }

  private mutating func spoil(_ parts: inout [HuntPacket], _ total: Int) {
    if random.oneIn(4) { parts.remove(at: Int.random(in: 0..<parts.count, using: &random)) }
    for _ in 0..<[0, 0, 1, 3][Int.random(in: 0..<4, using: &random)] {
      guard var part = parts.randomElement(using: &random), var fragment = part.fragment else { return }
      if !random.oneIn(3) {
        // Not the TCP header, so that it stays known what the bytes are.
        let low = max(64, fragment.offset &- 16) / 8 * 8
        guard low + 8 <= total else { continue }
        fragment.offset = low
        fragment.length = min(total - low, Int.random(in: 1...8, using: &random) * 8)
        fragment.more = low + fragment.length < total || random.oneIn(8)
        fragment.salt = UInt8.random(in: 0...255, using: &random)
        part.fragment = fragment
      }
      parts.insert(part, at: Int.random(in: 0...parts.count, using: &random))
    }
  }
}
