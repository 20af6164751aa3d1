/// Link types by libpcap's numbers, sorted (`DLT_*`, as `pcap_datalink` returns them on Linux).
enum LinkTypes {
  static let multiprotocolATM: UInt16 = 11
  static let serialLine: UInt16 = 50
  static let wirelessLAN: UInt16 = 105
  static let frameRelay: UInt16 = 107
  static let prism: UInt16 = 119
  static let radiotap: UInt16 = 127
  static let avs: UInt16 = 163
  static let perPacketInformation: UInt16 = 192

  static let rows: [Encapsulation] = [
    Encapsulation(0, "NULL") { (cursor, frame) throws(DecodeError) in try cursor.addressFamily(in: frame) },
    Encapsulation(1, "Ethernet") { (_, _) throws(DecodeError) in .ethernet },
    Encapsulation(6, "token ring") { (cursor, frame) throws(DecodeError) in try cursor.tokenRing(in: frame) },
    Encapsulation(8, "SLIP") { (cursor, frame) throws(DecodeError) in try cursor.fixedHeader(16, then: .ip, in: frame) },
    // A PPP link can carry Cisco HDLC; the first byte distinguishes them.
    Encapsulation(9, "PPP") { (cursor, frame) throws(DecodeError) in try cursor.serialLine(in: frame) },
    Encapsulation(10, "FDDI") { (cursor, frame) throws(DecodeError) in try cursor.fddi(in: frame) },
    Encapsulation(11, "RFC 1483 ATM") { (cursor, frame) throws(DecodeError) in try cursor.multiprotocolATM(in: frame) },
    Encapsulation(12, "raw IP") { (_, _) throws(DecodeError) in .ip },
    Encapsulation(14, "raw IP") { (_, _) throws(DecodeError) in .ip },
    Encapsulation(50, "PPP") { (cursor, frame) throws(DecodeError) in try cursor.serialLine(in: frame) },
    Encapsulation(51, "PPPoE") { (cursor, frame) throws(DecodeError) in try cursor.pppoe(in: frame) },
    Encapsulation(100, "RFC 1483 ATM") { (cursor, frame) throws(DecodeError) in try cursor.multiprotocolATM(in: frame) },
    Encapsulation(101, "raw IP") { (_, _) throws(DecodeError) in .ip },
    Encapsulation(104, "Cisco HDLC") { (cursor, frame) throws(DecodeError) in try cursor.serialLine(in: frame) },
    Encapsulation(105, "802.11") { (cursor, frame) throws(DecodeError) in try cursor.wirelessLAN(in: frame) },
    Encapsulation(107, "Frame Relay") { (cursor, frame) throws(DecodeError) in try cursor.frameRelay(in: frame) },
    Encapsulation(108, "LOOP") { (cursor, frame) throws(DecodeError) in try cursor.addressFamily(in: frame) },
    Encapsulation(109, "OpenBSD ENC") { (cursor, frame) throws(DecodeError) in try cursor.fixedHeader(12, then: .ip, in: frame) },
    Encapsulation(113, "Linux cooked") { (cursor, frame) throws(DecodeError) in try cursor.linuxCooked(in: frame) },
    Encapsulation(117, "PFLOG") { (cursor, frame) throws(DecodeError) in try cursor.packetFilterLog(in: frame) },
    Encapsulation(119, "Prism") { (cursor, frame) throws(DecodeError) in try cursor.prism(in: frame) },
    Encapsulation(122, "IP over Fibre Channel") { (cursor, frame) throws(DecodeError) in
      try cursor.fixedHeader(16, then: .llc, in: frame)
    },
    Encapsulation(127, "radiotap") { (cursor, frame) throws(DecodeError) in try cursor.radiotap(in: frame) },
    // DLT_USER2, which Apple's systems use for PKTAP in files.
    Encapsulation(149, "PKTAP") { (cursor, frame) throws(DecodeError) in try cursor.packetTap(in: frame) },
    Encapsulation(163, "AVS") { (cursor, frame) throws(DecodeError) in try cursor.avs(in: frame) },
    Encapsulation(166, "PPP of pppd") { (cursor, frame) throws(DecodeError) in try cursor.fixedHeader(2, then: .ppp, in: frame) },
    Encapsulation(178, "Juniper Ethernet") { (cursor, frame) throws(DecodeError) in try cursor.juniper(in: frame) },
    Encapsulation(192, "PPI") { (cursor, frame) throws(DecodeError) in try cursor.perPacketInformation(in: frame) },
    Encapsulation(197, "ERF") { (cursor, frame) throws(DecodeError) in try cursor.extensibleRecord(in: frame) },
    Encapsulation(204, "PPP with direction") { (cursor, frame) throws(DecodeError) in
      try cursor.fixedHeader(1, then: .ppp, in: frame)
    },
    Encapsulation(205, "Cisco HDLC with direction") { (cursor, frame) throws(DecodeError) in
      _ = try cursor.fixedHeader(1, then: .ppp, in: frame)
      return try cursor.serialLine(in: frame)
    },
    Encapsulation(206, "Frame Relay with direction") { (cursor, frame) throws(DecodeError) in
      _ = try cursor.fixedHeader(1, then: .ppp, in: frame)
      return try cursor.frameRelay(in: frame)
    },
    Encapsulation(219, "MPLS") { (_, _) throws(DecodeError) in .mpls },
    Encapsulation(228, "raw IP") { (_, _) throws(DecodeError) in .ipv4 },
    Encapsulation(229, "raw IP") { (_, _) throws(DecodeError) in .ipv6 },
    Encapsulation(239, "NFLOG") { (cursor, frame) throws(DecodeError) in try cursor.nflog(in: frame) },
    Encapsulation(240, "netANALYZER") { (cursor, frame) throws(DecodeError) in
      try cursor.checkedFrame(behind: 4, in: frame)
    },
    // A preamble of 7 bytes and a start delimiter precede the frame.
    Encapsulation(241, "netANALYZER") { (cursor, frame) throws(DecodeError) in
      try cursor.checkedFrame(behind: 12, in: frame)
    },
    Encapsulation(242, "IP over InfiniBand") { (cursor, frame) throws(DecodeError) in try cursor.infiniband(in: frame) },
    Encapsulation(258, "PKTAP") { (cursor, frame) throws(DecodeError) in try cursor.packetTap(in: frame) },
    Encapsulation(274, "mPacket") { (cursor, frame) throws(DecodeError) in try cursor.mPacket(in: frame) },
    Encapsulation(276, "Linux cooked") { (cursor, frame) throws(DecodeError) in try cursor.linuxCooked2(in: frame) },
    Encapsulation(281, "Broadcom switch tag") { (cursor, frame) throws(DecodeError) in
      try cursor.broadcomTag(in: frame)
    },
    Encapsulation(282, "Broadcom switch tag") { (cursor, frame) throws(DecodeError) in
      try cursor.fixedHeader(4, then: .ethernet, in: frame)
    },
    Encapsulation(284, "Marvell DSA") { (cursor, frame) throws(DecodeError) in
      _ = try cursor.fixedHeader(12, then: .ethernet, in: frame)
      return try cursor.marvellTag(in: frame)
    },
    // The EtherType does not matter: the driver of the switch chooses it.
    Encapsulation(285, "Marvell DSA") { (cursor, frame) throws(DecodeError) in
      _ = try cursor.fixedHeader(14, then: .ethernet, in: frame)
      return try cursor.marvellEthernetTag(in: frame)
    },
  ]
}
