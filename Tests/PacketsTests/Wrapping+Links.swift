import Packets

/// Link types whose headers are small formats of their own.
extension Wrapping {
  static let wireless: [UInt8] = [8, 1, 0, 0] + [UInt8](repeating: 2, count: 18) + [0x10, 0]

  /// A data frame of 802.11, from the station to the access point.
  static func wirelessFrame(_ payload: [UInt8], type: Int = 0x0800) -> [UInt8] { wireless + Frame.snap(payload, type: type) }

  static let moreLinks: [Wrapping] = {
    let ip = inner4
    let frame = Frame.ethernet(ip)
    let addresses = Array(frame.prefix(12))
    let snap = Frame.snap(ip)
    func link(_ name: String, _ number: Int32, _ frame: [UInt8], _ layers: [String] = [], trailer: Int = 0) -> Wrapping {
      Wrapping(name: name, linkType: LinkType(rawValue: number), frame: frame, layers: layers, trailer: trailer)
    }
    func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    let pktap: [UInt8] =
      [108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0] + Array("en0".utf8) + zeros(21) + [1, 0, 0, 0, 2, 0, 0, 0, 14, 0, 0, 0] + zeros(60)
    let pktapRaw: [UInt8] = [0, 0, 0, 108, 0, 0, 0, 1, 0, 0, 0, 12] + zeros(96)
    func erf(_ type: UInt8, _ payload: [UInt8], pad: [UInt8] = [], extensions: [UInt8] = []) -> [UInt8] {
      zeros(8) + [type, 4] + Frame.word(16 + extensions.count + pad.count + payload.count) + [0, 0] + Frame.word(payload.count)
        + extensions + pad + payload
    }
    let ring: [UInt8] = [0x10, 0x40] + [UInt8](repeating: 2, count: 6)
    return [
      link("token ring", 6, ring + [UInt8](repeating: 2, count: 6) + snap),
      link("token ring, source route", 6, ring + [0x82, 2, 2, 2, 2, 2, 0x06, 0x30, 0, 1, 0, 2] + snap),
      link("SLIP", 8, [0, 0x45] + zeros(14) + ip),
      link("SLIP 6", 8, zeros(16) + inner6),
      link("PPP, Cisco HDLC", 9, [0x0f, 0, 8, 0] + ip),
      link("RFC 1483", 11, snap),
      link("RFC 1483, file's number", 100, snap),
      link("RFC 1483, NLPID", 11, [0xfe, 0xfe, 3, 0xcc] + ip),
      link("RFC 1483, NLPID 6", 11, [0xfe, 0xfe, 3, 0x8e] + inner6),
      link("RFC 1483, PPP", 11, [0xfe, 0xfe, 3, 0xcf, 0, 0x21] + ip),
      link("RFC 1483, bridged", 11, [0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0] + frame),
      link("RFC 1483, bridged with check", 11, [0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 1, 0, 0] + frame + [1, 2, 3, 4], trailer: 4),
      link("RFC 1483, IP alone", 11, ip),
      link("802.11", 105, wirelessFrame(ip)),
      link("802.11 6", 105, wirelessFrame(inner6, type: 0x86dd)),
      link("802.11, quality of service", 105, [0x88] + wireless.dropFirst() + [5, 0] + snap),
      link("802.11, HT control", 105, [0x88, 0x81] + wireless.dropFirst(2) + [5, 0, 1, 2, 3, 4] + snap),
      link("802.11, four addresses", 105, [8, 3] + wireless.dropFirst(2) + [2, 2, 2, 2, 2, 2] + snap),
      link("802.11, four addresses and quality", 105, [0x88, 3] + wireless.dropFirst(2) + [2, 2, 2, 2, 2, 2, 0, 0] + snap),
      link("802.11, mesh", 105, [0x88, 3] + wireless.dropFirst(2) + [2, 2, 2, 2, 2, 2, 0, 1, 0, 31, 1, 0, 0, 0] + snap),
      link(
        "802.11, mesh, six addresses", 105,
        [0x88, 3] + wireless.dropFirst(2) + [2, 2, 2, 2, 2, 2, 0, 1, 2, 31, 1, 0, 0, 0] + [UInt8](repeating: 7, count: 12) + snap),
      link("802.11, not mesh", 105, [0x88, 2] + wireless.dropFirst(2) + [0, 1] + snap),
      link("802.11, decrypted by the card", 105, [8, 0x41] + wireless.dropFirst(2) + snap),
      link("802.11, decrypted, vector left", 105, [8, 0x41] + wireless.dropFirst(2) + [1, 0, 0, 0x20, 0, 0, 0, 0] + snap),
      link("Frame Relay", 107, [0x18, 0x41, 3, 0xcc] + ip, ["frameRelay:100"]),
      link("Frame Relay, padded", 107, [0x18, 0x41, 3, 0, 0xcc] + ip, ["frameRelay:100"]),
      link("Frame Relay, three bytes 6", 107, [0x18, 0x40, 0x03, 3, 0x8e] + inner6, ["frameRelay:12801"]),
      link("Frame Relay, SNAP", 107, [0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0] + ip, ["frameRelay:100"]),
      link("Frame Relay, bridged", 107, [0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7] + frame, ["frameRelay:100"]),
      link("Frame Relay, Cisco", 107, [0x18, 0x41, 8, 0] + ip, ["frameRelay:100"]),
      link("Frame Relay, PPP", 107, [0x18, 0x41, 3, 0xcf, 0, 0x21] + ip, ["frameRelay:100"]),
      link("ENC", 109, [2, 0, 0, 0] + zeros(8) + ip),
      link("ENC 6", 109, [24, 0, 0, 0] + zeros(8) + inner6),
      link("cooked 802.11", 113, Frame.sll(wirelessFrame(ip), type: 0, device: 801)),
      link("cooked radiotap", 113, Frame.sll([0, 0, 8, 0, 0, 0, 0, 0] + wirelessFrame(ip), type: 0, device: 803)),
      link("cooked Prism", 113, Frame.sll([0, 0, 0, 0x44] + zeros(140) + wirelessFrame(ip), type: 0, device: 802)),
      link("cooked Frame Relay", 113, Frame.sll([0x18, 0x41, 3, 0xcc] + ip, type: 0, device: 770), ["frameRelay:100"]),
      link("cooked PPP", 113, Frame.sll([0xff, 3, 0, 0x21] + ip, type: 7)),
      link("PFLOG", 117, [61, 2] + zeros(62) + ip),
      link("PFLOG 6", 117, [100, 24] + zeros(98) + inner6),
      link("Prism", 119, [0, 0, 0, 0x44, 0, 0, 0, 144] + zeros(136) + wirelessFrame(ip)),
      link("AVS as Prism", 119, [0x80, 0x21, 0x10, 1, 0, 0, 0, 64] + zeros(56) + wirelessFrame(ip)),
      link("IP over Fibre Channel", 122, zeros(16) + snap),
      link("radiotap", 127, [0, 0, 8, 0, 0, 0, 0, 0] + wirelessFrame(ip)),
      link("radiotap, check sequence", 127, [0, 0, 9, 0, 2, 0, 0, 0, 0x10] + wirelessFrame(ip) + [1, 2, 3, 4], trailer: 4),
      link(
        "radiotap, time and check sequence", 127,
        [0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0] + zeros(8) + [0x10] + wirelessFrame(ip) + [1, 2, 3, 4], trailer: 4),
      link(
        "radiotap, padded", 127,
        [0, 0, 9, 0, 2, 0, 0, 0, 0x20, 0x88] + wireless.dropFirst() + [0, 0, 0, 0] + snap),
      link("PKTAP", 258, pktap + frame),
      link("PKTAP of Apple", 149, pktap + frame),
      link("PKTAP, big-endian, raw", 258, pktapRaw + ip),
      link("AVS", 163, [0x80, 0x21, 0x10, 2, 0, 0, 0, 8] + wirelessFrame(ip)),
      link("PPP of pppd", 166, [1, 0, 0, 0x21] + ip),
      link("Juniper Ethernet", 178, [0x4d, 0x47, 0x43, 0x80, 0, 3, 1, 1, 4] + frame),
      link("Juniper Ethernet, no extension", 178, [0x4d, 0x47, 0x43, 1] + frame),
      link("Juniper without link layer", 178, [0x4d, 0x47, 0x43, 0x82, 0, 0, 2, 0, 0, 0] + ip),
      link("PPI", 192, [0, 0, 8, 0, 105, 0, 0, 0] + wirelessFrame(ip)),
      link("PPI, Ethernet", 192, [0, 0, 8, 0, 1, 0, 0, 0] + frame),
      link(
        "PPI, check sequence", 192,
        [0, 1, 40, 0, 105, 0, 0, 0, 9, 0, 1, 0, 7, 0, 0, 0, 2, 0, 20, 0] + zeros(8) + [1, 0] + zeros(10) + wirelessFrame(ip)
          + [1, 2, 3, 4], trailer: 4),
      link("ERF Ethernet", 197, erf(2, frame, pad: [0, 0])),
      link("ERF extensions", 197, erf(0x82, frame, pad: [0, 0], extensions: [0x80] + zeros(7) + zeros(8))),
      link("ERF HDLC", 197, erf(1, [0xff, 3, 0, 0x21] + ip)),
      link("ERF channel, Cisco HDLC", 197, erf(5, [0x0f, 0, 8, 0] + ip, pad: [0, 0, 0, 0])),
      link("ERF AAL5", 197, erf(4, snap, pad: [0, 0, 0, 0])),
      link("ERF channel, AAL5", 197, erf(9, snap, pad: zeros(8))),
      link("ERF IPv4", 197, erf(22, ip)),
      link("ERF IPv6 6", 197, erf(23, inner6)),
      link("PPP with direction", 204, [1, 0xff, 3, 0, 0x21] + ip),
      link("Cisco HDLC with direction", 205, [0, 0x0f, 0, 8, 0] + ip),
      link("Frame Relay with direction", 206, [0, 0x18, 0x41, 3, 0xcc] + ip, ["frameRelay:100"]),
      link("MPLS alone", 219, Frame.label(ip, 5, bottom: true), ["mpls:5"]),
      link("netANALYZER", 240, zeros(4) + frame + [1, 2, 3, 4], trailer: 4),
      link("netANALYZER, transparent", 241, zeros(4) + [UInt8](repeating: 0x55, count: 7) + [0xd5] + frame + [1, 2, 3, 4], trailer: 4),
      link("IP over InfiniBand", 242, zeros(40) + [8, 0, 0, 0] + ip),
      link("mPacket", 274, [UInt8](repeating: 0x55, count: 7) + [0xd5] + frame + [1, 2, 3, 4], trailer: 4),
      link("Broadcom tag", 281, addresses + [0, 0, 0, 2, 8, 0] + ip),
      link("Broadcom tag, prepended", 282, [0, 0, 0, 2] + frame),
      link("Marvell DSA", 284, addresses + [0xc0, 0, 0, 1, 8, 0] + ip),
      link("Marvell DSA, tagged", 284, addresses + [0xe0, 0, 0x20, 42, 8, 0] + ip, ["vlan:42"]),
      link("Marvell EDSA", 285, addresses + [0x91, 0x91, 0, 0, 0xc0, 0, 0, 1, 8, 0] + ip),
    ]
  }()
}
