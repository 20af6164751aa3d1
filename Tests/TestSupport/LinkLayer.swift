package import Packets

/// What stands before the IP packet in a captured frame.
package enum LinkLayer: Sendable {
  /// Ethernet II; tags from the outside in: all but the last of two or more carry 0x88a8.
  case ethernet(vlans: [UInt16] = [])
  /// Ethernet with LLC and SNAP (IEEE 802.3).
  case llcSnap
  /// Labels from the outside in.
  case mpls(labels: [UInt32])
  case pppoe(session: UInt16)
  case linuxSLL
  case linuxSLL2
  /// BSD loopback: the address family in the byte order of the capturing host.
  case null(bigEndian: Bool)
  /// OpenBSD loopback: the address family in network order.
  case loop
  /// PPP, with or without HDLC framing (RFC 1661, RFC 1662).
  case ppp(isFramed: Bool)
  /// Attributes of the netfilter log, the packet among them.
  case nflog
  /// FDDI with LLC and SNAP.
  case fddi
  case raw
  case ipv4
  case ipv6

  package var linkType: LinkType {
    switch self {
    case .ethernet, .llcSnap, .mpls, .pppoe: .ethernet
    case .linuxSLL: .linuxSLL
    case .linuxSLL2: .linuxSLL2
    case .null: .null
    case .loop: .loop
    case .ppp: .ppp
    case .nflog: .nflog
    case .fddi: .fddi
    case .raw: .raw
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  private static let macs: [UInt8] = [0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01]

  /// The frame around an IP packet.
  ///
  /// With `padded`, Ethernet frames have 60 bytes at least, as on the wire.
  package func frame(_ packet: [UInt8], padded: Bool = false) -> [UInt8] {
    let isIPv6 = packet.first.map { $0 >> 4 == 6 } ?? false
    let etherType = bigEndian(UInt16(isIPv6 ? 0x86dd : 0x0800))
    let family = UInt32(isIPv6 ? 24 : 2)
    var bytes: [UInt8]
    switch self {
    case .ethernet(let vlans):
      let tags = vlans.enumerated().flatMap { index, id in
        bigEndian(UInt16(index + 1 < vlans.count ? 0x88a8 : 0x8100)) + bigEndian(id & 0x0fff)
      }
      bytes = Self.macs + tags + etherType + packet
    case .llcSnap:
      bytes = Self.macs + bigEndian(UInt16(8 + packet.count)) + [0xaa, 0xaa, 3, 0, 0, 0] + etherType + packet
    case .mpls(let labels):
      let stack = labels.enumerated().flatMap { index, label in
        bigEndian(label << 12 | (index + 1 == labels.count ? 0x100 : 0) | 64)
      }
      bytes = Self.macs + [0x88, 0x47] + stack + packet
    case .pppoe(let session):
      let ppp = [0x00, isIPv6 ? 0x57 : 0x21] + packet
      bytes = Self.macs + [0x88, 0x64, 0x11, 0] + bigEndian(session) + bigEndian(UInt16(ppp.count)) + ppp
    case .linuxSLL:
      return [0, 0, 0, 1, 0, 6] + Self.macs[0..<6] + [0, 0] + etherType + packet
    case .linuxSLL2:
      return etherType + [0, 0] + bigEndian(UInt32(2)) + [0, 1, 0, 6] + Self.macs[0..<6] + [0, 0] + packet
    case .null(let isBigEndian):
      return (isBigEndian ? bigEndian(family) : littleEndian(family)) + packet
    case .loop:
      return bigEndian(family) + packet
    case .ppp(let isFramed):
      return (isFramed ? [0xff, 0x03] : []) + [0x00, isIPv6 ? 0x57 : 0x21] + packet
    case .nflog:
      let prefix = littleEndian(UInt16(8)) + littleEndian(UInt16(10)) + [0x61, 0x62, 0x63, 0]
      return [isIPv6 ? 10 : 2, 0, 0, 1] + prefix + littleEndian(UInt16(4 + packet.count)) + littleEndian(UInt16(9)) + packet
    case .fddi:
      return [0x50] + Self.macs + [0xaa, 0xaa, 3, 0, 0, 0] + etherType + packet
    case .raw, .ipv4, .ipv6:
      return packet
    }
    if padded && bytes.count < 60 { bytes += [UInt8](repeating: 0xee, count: 60 - bytes.count) }
    return bytes
  }
}
