package import Packets

/// The script of one connection: every call adds a segment and lets time go on by `step`.
///
/// Offsets count from the byte after the SYN. What a side has sent and what its peer has acknowledged is kept, so that the usual
/// case needs no numbers: `c.handshake(); c.send(.client, "GET"); c.ack(.server); c.close()`.
package struct Conversation: Sendable {
  package enum Party: Int, Sendable, CaseIterable {
    case client, server
    package var peer: Party { self == .client ? .server : .client }
  }

  /// 2023-11-14 22:13:20 UTC, in nanoseconds.
  package static let epoch: Int64 = 1_700_000_000_000_000_000

  package let endpoints: [Endpoint]
  /// Initial sequence numbers, client and server.
  package private(set) var isn: [UInt32]
  /// Nanoseconds; the next segment is sent at this time.
  package var time: Int64
  /// Nanoseconds between two segments.
  package var step: Int64
  package private(set) var packets: [ScriptedPacket] = []
  /// Offset behind the last byte a party has sent, its FIN included.
  package private(set) var sent: [Int] = [0, 0]

  package init(
    client: Endpoint = Endpoint("10.0.0.1", 40_000), server: Endpoint = Endpoint("10.0.0.2", 80), clientISN: UInt32 = 1_000,
    serverISN: UInt32 = 5_000, start: Int64 = Conversation.epoch, step: Int64 = 1_000_000
  ) {
    endpoints = [client, server]
    isn = [clientISN, serverISN]
    time = start
    self.step = step
  }

  /// The sequence number of an offset; -1 is the SYN.
  package func sequence(_ party: Party, _ offset: Int) -> UInt32 { isn[party.rawValue] &+ 1 &+ UInt32(truncatingIfNeeded: offset) }

  /// Lets time go on without a packet; negative turns the clock back.
  package mutating func wait(seconds: Double) { time += Int64(seconds * 1e9) }

  // MARK: Any segment

  /// A segment with everything stated; the acknowledgment is that of all the peer has sent, unless given.
  ///
  /// The capture lacks `cut` bytes at the end of the payload.
  package mutating func segment(
    from party: Party, offset: Int, _ payload: [UInt8] = [], flags: TCPFlags = [.ack, .psh], acknowledging: Int? = nil, cut: Int = 0
  ) {
    var segment = TestSegment(
      source: endpoints[party.rawValue], destination: endpoints[party.peer.rawValue], sequence: sequence(party, offset),
      acknowledgment: flags.contains(.ack) ? sequence(party.peer, acknowledging ?? sent[party.peer.rawValue]) : 0, flags: flags,
      payload: payload)
    segment.cut = cut
    let length = payload.count + (flags.contains(.fin) && !flags.contains(.syn) ? 1 : 0)
    if !flags.contains(.rst) { sent[party.rawValue] = max(sent[party.rawValue], offset + length) }
    add(segment)
  }

  /// A segment with a text payload at a stated offset.
  package mutating func segment(
    from party: Party, offset: Int, _ text: String, flags: TCPFlags = [.ack, .psh], acknowledging: Int? = nil, cut: Int = 0
  ) {
    segment(from: party, offset: offset, [UInt8](text: text), flags: flags, acknowledging: acknowledging, cut: cut)
  }

  /// Adds a segment as it stands, whatever it is.
  package mutating func add(_ segment: TestSegment) {
    packets.append(ScriptedPacket(time: time, segment: segment))
    time += step
  }

  /// Adds a segment that somebody forged: it changes nothing of what the parties think they sent.
  ///
  /// `sequence` is the raw number of the header.
  package mutating func forge(
    from party: Party, sequence: UInt32, acknowledgment: UInt32 = 0, _ text: String = "", flags: TCPFlags
  ) {
    add(
      TestSegment(
        source: endpoints[party.rawValue], destination: endpoints[party.peer.rawValue], sequence: sequence, acknowledgment: acknowledgment,
        flags: flags, payload: [UInt8](text: text)))
  }

  /// Sends the packet that was added `back` packets ago once more, at the present time.
  package mutating func again(_ back: Int = 1) { add(packets[packets.count - back].segment) }

  /// Changes the segment added last.
  package mutating func changeLast(_ change: (inout TestSegment) -> Void) { change(&packets[packets.count - 1].segment) }

  /// Takes the packet added last out again: it was sent, and not captured.
  package mutating func loseLast() { packets.removeLast() }

  // MARK: The usual ones

  /// A SYN of the client; with `isn`, one with another initial sequence number, which counts from now on.
  package mutating func syn(_ text: String = "", isn other: UInt32? = nil) {
    if let other { restart(.client, isn: other) }
    addSyn(.client, text, flags: .syn, acknowledgment: 0)
  }

  package mutating func synAck(_ text: String = "", isn other: UInt32? = nil, acknowledging: Int? = nil) {
    if let other { restart(.server, isn: other) }
    addSyn(.server, text, flags: [.syn, .ack], acknowledgment: sequence(.client, acknowledging ?? sent[0]))
  }

  package mutating func ack(_ party: Party = .client, acknowledging: Int? = nil) {
    segment(from: party, offset: sent[party.rawValue], flags: .ack, acknowledging: acknowledging)
  }

  package mutating func handshake() {
    syn()
    synAck()
    ack()
  }

  /// The next bytes of a party.
  package mutating func send(_ party: Party, _ payload: [UInt8], flags: TCPFlags = [.ack, .psh]) {
    segment(from: party, offset: sent[party.rawValue], payload, flags: flags)
  }

  package mutating func send(_ party: Party, _ text: String, flags: TCPFlags = [.ack, .psh]) {
    send(party, [UInt8](text: text), flags: flags)
  }

  package mutating func fin(_ party: Party, _ text: String = "") { send(party, text, flags: [.fin, .ack]) }

  /// A reset at the next offset of a party, or at a stated one.
  package mutating func rst(_ party: Party, offset: Int? = nil, _ text: String = "", flags: TCPFlags = [.rst, .ack]) {
    segment(from: party, offset: offset ?? sent[party.rawValue], text, flags: flags)
  }

  /// Both FINs and the last acknowledgment, the client first.
  package mutating func close() {
    fin(.client)
    fin(.server)
    ack(.client)
  }

  /// Starts a new connection on the same addresses and ports: nothing sent yet, other initial sequence numbers.
  package mutating func renew(clientISN: UInt32, serverISN: UInt32) {
    restart(.client, isn: clientISN)
    restart(.server, isn: serverISN)
  }

  private mutating func restart(_ party: Party, isn other: UInt32) {
    isn[party.rawValue] = other
    sent[party.rawValue] = 0
  }

  private mutating func addSyn(_ party: Party, _ text: String, flags: TCPFlags, acknowledgment: UInt32) {
    let payload = [UInt8](text: text)
    add(
      TestSegment(
        source: endpoints[party.rawValue], destination: endpoints[party.peer.rawValue], sequence: isn[party.rawValue],
        acknowledgment: acknowledgment, flags: flags, payload: payload))
    sent[party.rawValue] = max(sent[party.rawValue], payload.count)
  }
}
