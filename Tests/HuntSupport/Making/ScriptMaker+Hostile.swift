internal import Packets
internal import TestSupport

/// Everything that a sender, a forger or a broken stack can put on the wire.
extension ScriptMaker {
  mutating func makeHostile() {
    let wanted =
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3: Int.random(in: 2...8, using: &random)
      case 3..<8: Int.random(in: 8...40, using: &random)
      case 8: Int.random(in: 40...120, using: &random)
      default: Int.random(in: 120...260, using: &random)
      }
    /// How far numbers stray: 0 hardly ever, 4 always.
    let wildness = Int.random(in: 0...4, using: &random)
    for talk in talks.indices {
      if random.oneIn(wildness == 4 ? 4 : 2) { handshake(talk) } else if random.oneIn(3) { stretch(talk, 0) }
    }
    while packets.count < wanted { act(Int.random(in: 0..<talks.count, using: &random), wildness) }
  }

  private mutating func act(_ talk: Int, _ wildness: Int) {
    let party = Int.random(in: 0...1, using: &random)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<48: data(talk, party, wildness)
    case 48..<55: syn(talk, party, wildness)
    case 55..<61: synAck(talk, party, wildness)
    case 61..<68: send(talk, party, sequence(talk, party, wildness), [.fin, .ack], length: random.oneIn(2) ? 0 : 5, wildness)
    case 68..<75: reset(talk, party, wildness)
    case 75..<79: keepAlive(talk, party)
    case 79..<87: again()
    case 87..<89: stretch(talk, party)
    case 89..<92: leap(talk, party)
    case 92..<96: anything(talk, party)
    case 96..<98: renew(talk)
    default: send(talk, party, talks[talk].directions[party].next, .ack, length: 0, wildness)
    }
  }

  // MARK: Numbers

  private mutating func sequence(_ talk: Int, _ party: Int, _ wildness: Int) -> UInt32 {
    let direction = talks[talk].directions[party]
    let roll = Int.random(in: 0..<12, using: &random)
    if roll < [10, 7, 4, 2, 0][wildness] { return direction.next }
    let mark = direction.marks.randomElement(using: &random) ?? direction.next
    let edge = Numbers.edge(&random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0..<3: return mark &+ UInt32(bitPattern: Int32.random(in: -40...40, using: &random))
    case 3: return direction.isn &+ UInt32.random(in: 0...40, using: &random)
    case 4..<7: return (random.oneIn(2) ? mark : direction.next) &+ edge
    default: return Numbers.any(&random)
    }
  }

  private mutating func acknowledgment(_ talk: Int, _ party: Int, _ wildness: Int) -> UInt32 {
    random.oneIn([12, 6, 3, 2, 2][wildness]) ? sequence(talk, 1 - party, 3) : talks[talk].directions[1 - party].next
  }

  // MARK: Segments

  private mutating func packet(_ talk: Int, _ party: Int, _ sequence: UInt32, _ flags: TCPFlags) -> HuntPacket {
    let ends = talks[talk].ends
    return HuntPacket(time: time, from: ends[party], to: ends[1 - party], sequence: sequence, flags: flags)
  }

  private mutating func send(_ talk: Int, _ party: Int, _ sequence: UInt32, _ flags: TCPFlags, length: Int, _ wildness: Int) {
    var packet = packet(talk, party, sequence, flags)
    packet.length = length
    if flags.contains(.ack) || random.oneIn(8) { packet.acknowledgment = acknowledgment(talk, party, wildness) }
    if random.oneIn(5) { packet.salt = UInt8.random(in: 0...255, using: &random) }
    if random.oneIn(12) { packet.window = [0, 1, 20, 1_000][Int.random(in: 0..<4, using: &random)] }
    if random.oneIn(20) { decorate(&packet) }
    let taken = UInt32(length) &+ (flags.contains(.fin) ? 1 : 0)
    if packet.payloadSequence == talks[talk].directions[party].next { talks[talk].directions[party].next &+= taken }
    talks[talk].directions[party].mark(packet.payloadSequence)
    if length > 0 { talks[talk].directions[party].mark(packet.payloadSequence &+ UInt32(length)) }
    capture(packet)
    wait()
  }

  /// Options, urgent data: what strict checks look at.
  private mutating func decorate(_ packet: inout HuntPacket) {
    let options: [[UInt8]] = [
      [2, 4, 0, 20], [2, 4, 5, 0xb4, 1, 3, 3, 7], [8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1], [1, 1, 1, 0], [2, 1, 0, 0], [5, 40, 1, 1],
    ]
    packet.tcpOptions = options.randomElement(using: &random) ?? []
    if random.oneIn(3) {
      packet.flags |= TCPFlags.urg.rawValue
      packet.urgentPointer = UInt16.random(in: .min ... .max, using: &random)
    }
  }

  private mutating func data(_ talk: Int, _ party: Int, _ wildness: Int) {
    let flags: TCPFlags = random.oneIn(12) ? [] : random.oneIn(2) ? [.ack, .psh] : .ack
    let length = Numbers.length(&random, largest: 64_800)
    // A hole: these bytes were sent and not captured.
    if random.oneIn(8) { talks[talk].directions[party].next &+= UInt32.random(in: 1...3_000, using: &random) }
    send(talk, party, sequence(talk, party, wildness), flags, length: length, wildness)
  }

  private mutating func handshake(_ talk: Int) {
    for party in 0...1 {
      let direction = talks[talk].directions[party]
      var packet = packet(talk, party, direction.isn, party == 0 ? .syn : [.syn, .ack])
      if party == 1 { packet.acknowledgment = talks[talk].directions[0].next }
      if random.oneIn(3) { packet.tcpOptions = [2, 4, 5, 0xb4, 1, 3, 3, UInt8.random(in: 0...20, using: &random)] }
      if random.oneIn(12) { packet.length = Int.random(in: 1...40, using: &random) }
      talks[talk].directions[party].next = direction.isn &+ 1 &+ UInt32(packet.length)
      capture(packet)
      wait()
    }
    send(talk, 0, talks[talk].directions[0].next, .ack, length: 0, 0)
  }

  /// A SYN: the same once more, another one, one that comes late, one with contradictory bits.
  private mutating func syn(_ talk: Int, _ party: Int, _ wildness: Int) {
    let direction = talks[talk].directions[party]
    let mark = direction.marks.randomElement(using: &random) ?? direction.next
    let below = [1, 2, 1 << 16, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 1 << 30, 1 << 31].randomElement(using: &random) ?? 1
    let number =
      switch Int.random(in: 0..<4, using: &random) {
      case 0: direction.isn
      case 1, 2: mark &- UInt32(below)
      default: sequence(talk, party, 3)
      }
    let flags: TCPFlags = random.oneIn(10) ? [.syn, [.fin, .rst, .psh, .ack].randomElement(using: &random) ?? .fin] : .syn
    send(talk, party, number, flags, length: random.oneIn(4) ? Int.random(in: 1...30, using: &random) : 0, wildness)
    if random.oneIn(3) {
      talks[talk].directions[party].isn = number
      talks[talk].directions[party].next = number &+ 1
    }
  }

  private mutating func synAck(_ talk: Int, _ party: Int, _ wildness: Int) {
    let number = random.oneIn(2) ? talks[talk].directions[party].isn : sequence(talk, party, 3)
    send(talk, party, number, [.syn, .ack], length: random.oneIn(8) ? 7 : 0, wildness)
    if random.oneIn(2) {
      talks[talk].directions[party].isn = number
      talks[talk].directions[party].next = number &+ 1
      // Confirmed by the other end.
      send(talk, 1 - party, talks[talk].directions[1 - party].next, .ack, length: 0, 0)
    }
  }

  private mutating func reset(_ talk: Int, _ party: Int, _ wildness: Int) {
    let number = random.oneIn(3) ? acknowledgment(talk, 1 - party, wildness) : sequence(talk, party, wildness)
    send(talk, party, number, random.oneIn(2) ? .rst : [.rst, .ack], length: random.oneIn(4) ? 6 : 0, wildness)
  }

  private mutating func keepAlive(_ talk: Int, _ party: Int) {
    send(talk, party, talks[talk].directions[party].next &- 1, .ack, length: Int.random(in: 0...1, using: &random), 0)
  }

  /// An earlier packet once more, as it was or changed a little.
  private mutating func again() {
    guard var packet = packets.randomElement(using: &random) else { return }
    if random.oneIn(3) { packet.salt = UInt8.random(in: 0...255, using: &random) }
    if packet.fragment == nil {
      if random.oneIn(3) { packet.length = min(link == .llcSnap ? 1_300 : 64_800, packet.length + Int.random(in: 0...20, using: &random)) }
      if random.oneIn(3) { packet.sequence &+= UInt32(bitPattern: Int32.random(in: -10...10, using: &random)) }
      if random.oneIn(6) { packet.cut = 0 }
    }
    packet.time = time
    packets.append(packet)
    wait()
  }

  /// Three segments behind one another, far from everything: the capture paused.
  private mutating func leap(_ talk: Int, _ party: Int) {
    var number = talks[talk].directions[party].next &+ Numbers.edge(&random)
    for _ in 0..<Int.random(in: 2...4, using: &random) {
      let length = Int.random(in: 1...100, using: &random)
      send(talk, party, number, .ack, length: length, 0)
      number &+= UInt32(length)
      if random.oneIn(8) { number &+= UInt32.random(in: 0...2, using: &random) }
    }
    if random.oneIn(2) { talks[talk].directions[party].next = number }
  }

  /// Segments as far from one another as a window allows, before anybody knows where the stream begins.
  private mutating func stretch(_ talk: Int, _ party: Int) {
    let middle = talks[talk].directions[party].next
    let reach = UInt32(1) << 30
    var places = [0 &- reach, reach, 0, 0 &- reach / 2, reach / 2, reach &+ reach / 2]
    if random.oneIn(2) { places.shuffle(using: &random) } else { places = [0, 0 &- reach, reach, 0].shuffled(using: &random) }
    for place in [0] + places.prefix(Int.random(in: 2...5, using: &random)) {
      let near = random.oneIn(2) ? 0 : UInt32(bitPattern: Int32.random(in: -60...60, using: &random))
      let flags: TCPFlags = random.oneIn(4) ? [.fin, .ack] : .ack
      send(talk, party, middle &+ place &+ near, flags, length: Int.random(in: 0...60, using: &random), 0)
    }
  }

  private mutating func anything(_ talk: Int, _ party: Int) {
    let number = random.oneIn(2) ? Numbers.any(&random) : sequence(talk, party, 3)
    let flags = TCPFlags(rawValue: UInt8.random(in: .min ... .max, using: &random))
    send(talk, party, number, flags, length: Numbers.length(&random, largest: 2_000), 3)
  }

  /// New numbers on the same addresses and ports.
  private mutating func renew(_ talk: Int) {
    for party in 0...1 {
      var direction = HuntTalk.Direction(&random)
      if random.oneIn(3) { direction.isn = sequence(talk, party, 3) }
      direction.next = direction.isn &+ 1
      talks[talk].directions[party].isn = direction.isn
      talks[talk].directions[party].next = direction.next
    }
    if !random.oneIn(4) { handshake(talk) }
  }
}
