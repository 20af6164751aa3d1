package import Packets

/// An IP packet around another one.
package enum Tunnel: Sendable {
  /// IP in IP in any combination of versions (RFC 2003, RFC 4213, RFC 2473).
  case ipInIP
  /// GRE (RFC 2784, RFC 2890).
  case gre(key: UInt32? = nil, sequence: UInt32? = nil, hasChecksum: Bool = false)
  /// GRE with an Ethernet frame in it.
  case greEthernet(key: UInt32)
  /// GRE in UDP (RFC 8086).
  case greInUDP
  /// VXLAN with an Ethernet frame in it (RFC 7348).
  case vxlan(vni: UInt32)
  /// Geneve with an Ethernet frame in it and `options` bytes of options (RFC 8926).
  case geneve(vni: UInt32, options: Int = 0)
  /// GTP-U (3GPP TS 29.281); some senders use its port as the source alone.
  case gtpu(teid: UInt32, hasSequence: Bool = false, isSourcePort: Bool = false)
  /// ERSPAN type II in GRE.
  case erspan(session: UInt16)

  /// The outer IP packet around `packet`.
  package func wrap(_ packet: [UInt8], from source: IPAddress, to destination: IPAddress) -> [UInt8] {
    let isIPv6 = packet.first.map { $0 >> 4 == 6 } ?? false
    let etherType = UInt16(isIPv6 ? 0x86dd : 0x0800)
    let frame = LinkLayer.ethernet().frame(packet)
    switch self {
    case .ipInIP:
      return outer(packet, isIPv6 ? 41 : 4, source, destination)
    case .gre(let key, let sequence, let hasChecksum):
      return outer(gre(packet, etherType, key, sequence, hasChecksum), 47, source, destination)
    case .greEthernet(let key):
      return outer(gre(frame, 0x6558, key, nil, false), 47, source, destination)
    case .greInUDP:
      return datagram(gre(packet, etherType, nil, nil, false), 4754, source, destination)
    case .vxlan(let vni):
      return datagram([0x08, 0, 0, 0] + bigEndian(vni << 8) + frame, 4789, source, destination)
    case .geneve(let vni, let options):
      let option = options == 0 ? [] : [0x01, 0x02, 0x03, UInt8(options / 4 - 1)] + [UInt8](repeating: 7, count: options - 4)
      return datagram([UInt8(options / 4), 0, 0x65, 0x58] + bigEndian(vni << 8) + option + frame, 6081, source, destination)
    case .gtpu(let teid, let hasSequence, let isSourcePort):
      let optional: [UInt8] = hasSequence ? [0, 1, 0, 0] : []
      let length = bigEndian(UInt16(optional.count + packet.count))
      let message = [hasSequence ? 0x32 : 0x30, 0xff] + length + bigEndian(teid) + optional + packet
      return datagram(message, isSourcePort ? 49_152 : 2152, source, destination, from: isSourcePort ? 2152 : 49_152)
    case .erspan(let session):
      let header = [0x10, 0] + bigEndian(session & 0x3ff) + [0, 0, 0, 0]
      return outer(gre(header + frame, 0x88be, nil, 1, false), 47, source, destination)
    }
  }

  private func gre(_ inner: [UInt8], _ type: UInt16, _ key: UInt32?, _ sequence: UInt32?, _ hasChecksum: Bool) -> [UInt8] {
    let bits = (hasChecksum ? 0x80 : 0) | (key == nil ? 0 : 0x20) | (sequence == nil ? 0 : 0x10)
    var bytes = [UInt8(bits), 0] + bigEndian(type) + (hasChecksum ? [0, 0, 0, 0] : [])
    bytes += key.map { bigEndian($0) } ?? []
    bytes += sequence.map { bigEndian($0) } ?? []
    bytes += inner
    if hasChecksum { bytes.replaceSubrange(4..<6, with: bigEndian(PacketBuilder.checksum(bytes))) }
    return bytes
  }

  private func datagram(
    _ payload: [UInt8], _ port: UInt16, _ source: IPAddress, _ destination: IPAddress, from sourcePort: UInt16 = 49_152
  ) -> [UInt8] {
    outer(
      PacketBuilder.udp(payload, from: Endpoint(source, sourcePort), to: Endpoint(destination, port)), PacketBuilder.udpProtocol, source,
      destination)
  }

  private func outer(_ payload: [UInt8], _ number: UInt8, _ source: IPAddress, _ destination: IPAddress) -> [UInt8] {
    switch source.family {
    case .v4: IPv4Header(source: source, destination: destination, protocol: number).packet(payload)
    case .v6: IPv6Header(source: source, destination: destination, nextHeader: number).packet(payload)
    }
  }
}
