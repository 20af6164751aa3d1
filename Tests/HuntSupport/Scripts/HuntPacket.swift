package import Packets
package import TestSupport

/// One captured packet: a TCP segment, or a fragment of the packet that would carry it.
package struct HuntPacket: Codable, Hashable, Sendable {
  /// The part of the datagram that this packet is.
  package struct Fragment: Codable, Hashable, Sendable {
    package var identification: UInt16
    package var offset: Int
    package var length: Int
    package var more: Bool
    /// The outermost IP packet is cut, not the one that holds the segment.
    package var isOuter = false
    /// Not 0: the payload bytes in this fragment are others.
    package var salt: UInt8 = 0
  }

  /// Nanoseconds since 1970, a multiple of 1 000: every container can state it.
  package var time: Int64
  package var source: HuntEndpoint
  package var destination: HuntEndpoint
  package var sequence: UInt32
  package var acknowledgment: UInt32 = 0
  package var flags: UInt8
  package var window: UInt16 = 65_535
  package var urgentPointer: UInt16 = 0
  package var tcpOptions: [UInt8] = []
  package var length = 0
  /// 0: the payload that every honest copy has; else another one.
  package var salt: UInt8 = 0
  package var vlans: [UInt16] = []
  package var tunnel: HuntTunnel?
  package var hasBadChecksum = false
  package var isPadded = false
  /// The IPv4 header states a length of 0, as offload leaves it.
  package var statesNoLength = false
  package var fragment: Fragment?
  /// Bytes at the end of the frame that the snap length cut off.
  package var cut = 0

  package init(time: Int64, from source: HuntEndpoint, to destination: HuntEndpoint, sequence: UInt32, flags: TCPFlags) {
    self.time = time
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.flags = flags.rawValue
  }

  package var tcpFlags: TCPFlags { TCPFlags(rawValue: flags) }

  /// The sequence number of the first payload byte: a SYN takes one, unless FIN or RST make it meaningless.
  package var payloadSequence: UInt32 {
    tcpFlags.contains(.syn) && tcpFlags.isDisjoint(with: [.fin, .rst]) ? sequence &+ 1 : sequence
  }

  package var payload: [UInt8] { bytes(salt: salt) }

  /// The payload: a function of the direction and the sequence number, so that a byte at a wrong place shows.
  private func bytes(salt: UInt8) -> [UInt8] {
    let key = UInt32(source.port) &* 0x85eb_ca6b ^ source.host &* 0xc2b2_ae35 ^ UInt32(destination.port)
    let first = payloadSequence
    return (0..<length).map { index in
      let place = first &+ UInt32(truncatingIfNeeded: index)
      let mixed = (place ^ key ^ place >> 15) &* 0x9e37_79b1
      let honest = UInt8(truncatingIfNeeded: mixed >> 24)
      // Two bytes of three differ, so that conflicts have several ranges.
      return salt == 0 || place % 3 == UInt32(salt) % 3 ? honest : honest ^ salt
    }
  }

  package var segment: TestSegment { segment(salt: salt) }

  private func segment(salt: UInt8) -> TestSegment {
    var segment = TestSegment(
      source: source.endpoint, destination: destination.endpoint, sequence: sequence, acknowledgment: acknowledgment, flags: tcpFlags,
      payload: bytes(salt: salt))
    segment.window = window
    segment.urgentPointer = urgentPointer
    segment.options = tcpOptions
    return segment
  }

  // MARK: Bytes

  /// The captured bytes and how many there were on the wire.
  package func frame(_ link: HuntLink) -> (captured: [UInt8], length: Int) {
    let whole = link.layer(vlans: vlans).frame(packet(), padded: isPadded)
    return (Array(whole.dropLast(min(cut, whole.count))), whole.count)
  }

  /// The outermost IP packet.
  private func packet() -> [UInt8] {
    guard let fragment else { return wrapped(innerPacket(salt: salt)) }
    if fragment.isOuter {
      let whole = wrapped(innerPacket(salt: fragment.salt == 0 ? salt : fragment.salt))
      return Self.part(of: whole, fragment)
    }
    return wrapped(Self.part(of: innerPacket(salt: fragment.salt == 0 ? salt : fragment.salt), fragment))
  }

  private func wrapped(_ packet: [UInt8]) -> [UInt8] {
    guard let tunnel else { return packet }
    return tunnel.tunnel.wrap(packet, from: IPAddress(v4: 0x0a09_0001), to: IPAddress(v4: 0x0a09_0002))
  }

  private func innerPacket(salt: UInt8) -> [UInt8] {
    let tcp = PacketBuilder.tcp(segment(salt: salt), badChecksum: hasBadChecksum)
    guard !source.isIPv6 else {
      return IPv6Header(source: source.address, destination: destination.address, nextHeader: PacketBuilder.tcpProtocol).packet(tcp)
    }
    var header = IPv4Header(source: source.address, destination: destination.address, protocol: PacketBuilder.tcpProtocol)
    if statesNoLength, fragment == nil, tunnel == nil, !isPadded { header.totalLength = 0 }
    return header.packet(tcp)
  }

  /// A fragment of a packet without options and extension headers.
  private static func part(of packet: [UInt8], _ fragment: Fragment) -> [UInt8] {
    let isIPv6 = packet[0] >> 4 == 6
    let content = packet[(isIPv6 ? 40 : 20)...]
    let slice = Array(content.dropFirst(fragment.offset).prefix(fragment.length))
    if isIPv6 {
      let header = IPv6Header(source: address(packet[8..<24]), destination: address(packet[24..<40]), nextHeader: packet[6])
      return header.fragment(slice, at: fragment.offset, more: fragment.more, identification: UInt32(fragment.identification))
    }
    var header = IPv4Header(source: address(packet[12..<16]), destination: address(packet[16..<20]), protocol: packet[9])
    header.identification = fragment.identification
    return header.fragment(slice, at: fragment.offset, more: fragment.more)
  }

  private static func address(_ bytes: ArraySlice<UInt8>) -> IPAddress {
    if bytes.count == 4 { return IPAddress(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) }) }
    return IPAddress(
      high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, low: bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// Bytes of the IP packet that is cut into fragments, behind its header.
  package func datagramLength(isOuter: Bool) -> Int {
    let inner = innerPacket(salt: 0)
    let whole = isOuter ? wrapped(inner) : inner
    return whole.count - (whole[0] >> 4 == 6 ? 40 : 20)
  }

  // MARK: What of the payload is in the capture

  /// The range of the payload whose bytes this packet brings, and the bytes.
  package func captured(_ link: HuntLink) -> (range: Range<Int>, bytes: [UInt8]) {
    var unpadded = self
    unpadded.isPadded = false
    let lost = max(0, unpadded.frameLength(link) - frame(link).captured.count)
    guard let fragment else {
      let count = max(0, length - lost)
      return (0..<count, Array(payload.prefix(count)))
    }
    let total = datagramLength(isOuter: fragment.isOuter)
    let end = min(total, fragment.offset + fragment.length) - lost
    let before = total - length
    let start = max(0, fragment.offset - before)
    let range = start..<max(start, end - before)
    return (range, Array(bytes(salt: fragment.salt == 0 ? salt : fragment.salt)[range]))
  }

  private func frameLength(_ link: HuntLink) -> Int {
    var whole = self
    whole.cut = 0
    return whole.frame(link).length
  }
}
