/// Payloads of IP packets by protocol number, sorted.
///
/// An ICMP error also holds the start of another packet, but only as a quotation: the quoted packet was not sent here.
enum IPProtocols {
  static let rows: [Encapsulation] = [
    Encapsulation(1, "ICMP", .noTCP),
    Encapsulation(2, "IGMP", .noTCP),
    Encapsulation(4, "IP in IP") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.ipip, 0)
      return .ipv4
    },
    Encapsulation(8, "EGP", .noTCP),
    Encapsulation(9, "IGRP", .noTCP),
    Encapsulation(17, "UDP", .noTCP),
    Encapsulation(33, "DCCP", .noTCP),
    Encapsulation(41, "IP in IP") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.ipip, 0)
      return .ipv6
    },
    Encapsulation(46, "RSVP", .noTCP),
    Encapsulation(47, "GRE") { (cursor, frame) throws(DecodeError) in try cursor.gre(in: frame) },
    Encapsulation(50, "ESP", .unread),
    Encapsulation(51, "AH") { (cursor, frame) throws(DecodeError) in try cursor.authenticationHeader(in: frame) },
    Encapsulation(55, "minimal encapsulation", .unread),
    Encapsulation(58, "ICMPv6", .noTCP),
    Encapsulation(59, "no next header", .noTCP),
    Encapsulation(88, "EIGRP", .noTCP),
    Encapsulation(89, "OSPF", .noTCP),
    // The number of KA9Q, and the number for any private scheme: both were used for IP in IP.
    Encapsulation(94, "IP in IP") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.ipip, 0)
      return .ip
    },
    Encapsulation(97, "EtherIP") { (cursor, frame) throws(DecodeError) in try cursor.etherIP(in: frame) },
    Encapsulation(103, "PIM", .noTCP),
    Encapsulation(108, "IPComp", .unread),
    Encapsulation(112, "VRRP", .noTCP),
    Encapsulation(115, "L2TPv3") { (cursor, frame) throws(DecodeError) in try cursor.layer2TunnelOverIP(in: frame) },
    Encapsulation(132, "SCTP", .noTCP),
    Encapsulation(135, "mobility header", .noTCP),
    Encapsulation(136, "UDP-Lite", .noTCP),
    Encapsulation(137, "MPLS") { (_, _) throws(DecodeError) in .mpls },
    Encapsulation(139, "HIP", .noTCP),
    Encapsulation(143, "Ethernet in IPv6") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.ipip, 0)
      return .ethernet
    },
  ]
}

/// Payloads with a GRE type that Ethernet lacks or uses differently, sorted; the reader starts behind the GRE header.
enum GRETypes {
  static let rows: [Encapsulation] = [
    Encapsulation(0x22eb, "ERSPAN") { (cursor, frame) throws(DecodeError) in try cursor.erspan3(in: frame) },
    Encapsulation(0x8200, "802.11 of Aruba") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.gre, 0)
      return .link(LinkTypes.wirelessLAN)
    },
    Encapsulation(0x883e, "WCCP") { (cursor, frame) throws(DecodeError) in try cursor.webCacheRedirect(in: frame) },
    // Type I has no header.
    Encapsulation(0x88be, "ERSPAN") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.erspan, 0)
      return .ethernet
    },
    Encapsulation(0x1_22eb, "ERSPAN") { (cursor, frame) throws(DecodeError) in try cursor.erspan3(in: frame) },
    Encapsulation(0x1_8200, "802.11 of Aruba") { (cursor, _) throws(DecodeError) in
      try cursor.enter(.gre, 0)
      return .link(LinkTypes.wirelessLAN)
    },
    Encapsulation(0x1_883e, "WCCP") { (cursor, frame) throws(DecodeError) in try cursor.webCacheRedirect(in: frame) },
    Encapsulation(0x1_88be, "ERSPAN") { (cursor, frame) throws(DecodeError) in try cursor.erspan2(in: frame) },
  ]

  /// Payloads of version 1, whose readers start at the GRE header because its content after the type differs.
  static let enhanced: [Encapsulation] = [
    Encapsulation(0x6400, "MikroTik EoIP") { (cursor, frame) throws(DecodeError) in try cursor.mikrotikEthernet(in: frame) },
    Encapsulation(0x880b, "PPTP") { (cursor, frame) throws(DecodeError) in try cursor.pointToPointTunnel(in: frame) },
  ]

  /// Returns the number of a row for a GRE type.
  ///
  /// Packets with a sequence number have a number of their own. The types that number tunnels of Aruba's radios (0x8200, 0x8210, ...
  /// 0x8370) share one.
  static func number(_ type: UInt16, isNumbered: Bool) -> UInt32 {
    let isAruba = type >= 0x8200 && type <= 0x8370 && type & 0x000f == 0
    return UInt32(isAruba ? 0x8200 : type) | (isNumbered ? 0x1_0000 : 0)
  }
}
