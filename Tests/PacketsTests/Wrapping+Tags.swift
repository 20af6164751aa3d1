import Packets

/// Tags on Ethernet, and tunnels beside GRE's and UDP's older ones.
extension Wrapping {
  static let moreTags: [Wrapping] = {
    let ip = inner4
    let frame = Frame.ethernet(ip)
    func tag(_ name: String, _ type: Int, _ payload: [UInt8], _ layers: [String] = [], trailer: Int = 0) -> Wrapping {
      Wrapping(name: name, frame: Frame.ethernet(payload, type: type), layers: layers, trailer: trailer)
    }
    let check = [UInt8](repeating: 0xee, count: 16)
    let nsh: [UInt8] = [0x0f, 0xc2, 2, 3, 0, 0, 1, 0xff]
    return [
      tag("802.1ah", 0x88e7, [0, 0, 0x12, 0x34] + frame, ["pbb:4660"]),
      tag("802.1ah in a VLAN", 0x88a8, Frame.vlan([0, 0, 0x12, 0x34] + frame, id: 7, type: 0x88e7), ["vlan:7", "pbb:4660"]),
      tag("VN-Tag, to the host", 0x8926, [0x00, 0x05, 0, 0, 8, 0] + ip, ["vntag:5"]),
      tag("VN-Tag, from the host", 0x8926, [0x80, 0, 0, 5, 8, 0] + ip, ["vntag:5"]),
      tag("VN-Tag and VLAN", 0x8926, [0x80, 0, 0, 5, 0x81, 0] + Frame.vlan(ip, id: 9), ["vntag:5", "vlan:9"]),
      tag("802.1BR", 0x893f, [0x10, 0, 0x10, 1, 0, 2, 8, 0] + ip, ["etag:36865"]),
      tag("Cisco MetaData", 0x8909, [1, 1, 0, 1, 0, 0x10, 8, 0] + ip),
      tag("Cisco MetaData, two options", 0x8909, [1, 2, 0, 1, 0, 0x10, 0, 1, 0, 0x11, 8, 0] + ip),
      tag("Cisco MetaData in a VLAN", 0x8100, Frame.vlan([1, 1, 0, 1, 0, 0x10, 8, 0] + ip, id: 3, type: 0x8909), ["vlan:3"]),
      tag("FabricPath", 0x8903, [0, 0x41] + frame),
      tag("TRILL", 0x22f3, [0, 6, 0, 1, 0, 2] + frame),
      tag("TRILL, options", 0x22f3, [0, 0x86, 0, 1, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8] + frame),
      tag("HSR", 0x892f, [0x10, UInt8(6 + ip.count), 0, 9, 8, 0] + ip),
      tag("802.1CB", 0xf1c1, [0, 0, 0, 9, 8, 0] + ip),
      tag("MACsec", 0x88e5, [0, 0, 0, 0, 0, 1, 8, 0] + ip + check, trailer: 16),
      tag("MACsec, identifier", 0x88e5, [0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 1, 8, 0] + ip + check, trailer: 16),
      tag("NSH, Ethernet", 0x894f, nsh + frame),
      tag("NSH, IPv4", 0x894f, nsh.prefix(3) + [1] + nsh.suffix(4) + ip),
      tag("NSH, IPv6 6", 0x894f, nsh.prefix(3) + [2] + nsh.suffix(4) + inner6),
      tag("NSH, context", 0x894f, [0x0f, 0xc4, 2, 1, 0, 0, 1, 0xff] + [UInt8](repeating: 1, count: 8) + ip),
      tag("NSH in NSH", 0x894f, [0x0f, 0xc2, 2, 4, 0, 0, 1, 0xff] + nsh + frame),
      tag("NSH, MPLS", 0x894f, [0x0f, 0xc2, 2, 5, 0, 0, 1, 0xff] + Frame.label(ip, 1, bottom: true), ["mpls:1"]),
      tag("Arista, 64 bits", 0xd28b, [0, 1, 0, 0x10] + [UInt8](repeating: 1, count: 8) + [8, 0] + ip),
      tag("Arista, 48 bits", 0xd28b, [0, 1, 1, 0x20] + [UInt8](repeating: 1, count: 6) + [8, 0] + ip),
      tag("EDSA in line", 0xdada, [0, 0, 0xc0, 0, 0, 1, 8, 0] + ip),
      tag("Broadcom in line", 0x8874, [0, 0, 0, 1, 8, 0] + ip),
      tag("LLC without a length", 0x8870, Frame.snap(ip)),
      tag("bridged Ethernet", 0x6558, frame),
    ]
  }()

  static let moreTunnels: [Wrapping] = {
    let ip = inner4
    let frame = Frame.ethernet(ip)
    func outer(_ name: String, _ payload: [UInt8], _ layers: [String], number: UInt8) -> Wrapping {
      Wrapping(name: name, frame: Frame.ethernet(Frame.ipv4(payload, number: number, hosts: (8, 9))), layers: layers)
    }
    let session: [UInt8] = [0, 0, 0, 9]
    return [
      outer("EtherIP", [0x30, 0] + frame, [], number: 97),
      outer("EtherIP, other half", [0x03, 0] + frame, [], number: 97),
      outer("MPLS in IP", Frame.label(ip, 100, bottom: true), ["mpls:100"], number: 137),
      outer("IP in IP of KA9Q", ip, ["ipip:0"], number: 94),
      Wrapping(name: "Ethernet behind IPv6 headers", linkType: .raw, frame: Frame.ipv6(frame, next: 143), layers: ["ipip:0"]),
      outer("L2TPv3", session + frame, ["l2tp:9"], number: 115),
      outer("L2TPv3, sublayer", session + [0x40, 0, 0, 1] + frame, ["l2tp:9"], number: 115),
      outer("L2TPv3, cookie", session + [1, 2, 3, 4, 5, 6, 7, 8] + frame, ["l2tp:9"], number: 115),
      outer("L2TPv3, cookie and sublayer", session + [1, 2, 3, 4, 5, 6, 7, 8, 0x40, 0, 0, 1] + frame, ["l2tp:9"], number: 115),
      outer("L2TPv3, PPP", session + [0xff, 3, 0, 0x21] + ip, ["l2tp:9"], number: 115),
      outer(
        "ERSPAN III, IP",
        Frame.gre([0x20, 0, 0, 0x64] + [0, 0, 0, 1, 0, 0, 8, 0] + ip, flags: 0x1000, type: 0x22eb, fields: Frame.long(1)),
        ["erspan:100"], number: 47),
      outer("EoIP", [0x20, 1, 0x64, 0] + Frame.word(frame.count) + [7, 0] + frame, ["eoip:7"], number: 47),
      outer("GRE of Aruba", Frame.gre(wirelessFrame(ip), type: 0x8210), ["gre:0"], number: 47),
      outer("GRE, Frame Relay", Frame.gre([0x18, 0x41, 3, 0xcc] + ip, type: 0x6559), ["gre:0", "frameRelay:100"], number: 47),
      outer("GRE, NSH", Frame.gre([0x0f, 0xc2, 2, 3, 0, 0, 1, 0xff] + frame, type: 0x894f), ["gre:0"], number: 47),
    ]
  }()

  static let moreOverUDP: [Wrapping] = {
    let ip = inner4
    let frame = Frame.ethernet(ip)
    func outer(_ name: String, _ payload: [UInt8], from source: Int = 50000, to port: Int, _ layers: [String] = []) -> Wrapping {
      let packet = Frame.ipv4(Frame.udp(payload, from: source, to: port), number: 17, hosts: (8, 9))
      return Wrapping(name: name, frame: Frame.ethernet(packet), layers: layers, isGuess: true)
    }
    let generic: [UInt8] = [0x0c, 0, 0]
    let capwap: [UInt8] = [0, 0x10, 2, 0, 0, 0, 0, 0]
    let native: [UInt8] = [0, 0x10, 3, 0, 0, 0, 0, 0]
    let radio = wirelessFrame(ip)
    func record(_ payload: [UInt8]) -> [UInt8] {
      Frame.long(1) + Frame.long(2) + Frame.long(UInt32(payload.count)) + Frame.long(UInt32(payload.count)) + payload
    }
    let l2tp: [UInt8] = [0, 1, 0, 2]
    return [
      outer("VXLAN from its port", Frame.vxlan(frame, 5), from: 4789, to: 50000, ["vxlan:5"]),
      outer("VXLAN of Cisco", Frame.vxlan(frame, 5), to: 48879, ["vxlan:5"]),
      outer("VXLAN-GPE", generic + [3, 0, 0, 5, 0] + frame, to: 4790, ["vxlan:5"]),
      outer("VXLAN-GPE, IPv4", generic + [1, 0, 0, 5, 0] + ip, to: 4790, ["vxlan:5"]),
      outer("VXLAN-GPE 6", generic + [2, 0, 0, 5, 0] + inner6, to: 4790, ["vxlan:5"]),
      outer("VXLAN-GPE, NSH", generic + [4, 0, 0, 5, 0, 0x0f, 0xc2, 2, 3, 0, 0, 1, 0xff] + frame, to: 4790, ["vxlan:5"]),
      outer("VXLAN-GPE without P", [8, 0, 0, 0, 0, 0, 5, 0] + frame, to: 4790, ["vxlan:5"]),
      outer("GUE", [0, 4, 0, 0] + ip, to: 6080, ["ipip:0"]),
      outer("GUE, options", [1, 4, 0, 0, 1, 2, 3, 4] + ip, to: 6080, ["ipip:0"]),
      outer("GUE, IPv6 6", [0, 41, 0, 0] + inner6, to: 6080, ["ipip:0"]),
      outer("GUE, variant 1", ip, to: 6080),
      outer("GUE, variant 1 6", inner6, to: 6080),
      outer("Teredo 6", inner6, to: 3544),
      outer("Teredo from its port 6", inner6, from: 3544, to: 50000),
      outer("Teredo, origin 6", [0, 0, 1, 2, 3, 4, 5, 6] + inner6, to: 3544),
      outer(
        "Teredo, authentication and origin 6",
        [0, 1, 1, 2, 9, 9, 9] + [UInt8](repeating: 5, count: 9) + [0, 0, 1, 2, 3, 4, 5, 6] + inner6,
        to: 3544),
      outer("L2TP", [0, 2] + l2tp + [0xff, 3, 0, 0x21] + ip, to: 1701, ["l2tp:65538"]),
      outer("L2TP, length", [0x40, 2] + Frame.word(8 + 4 + ip.count) + l2tp + [0xff, 3, 0, 0x21] + ip, to: 1701, ["l2tp:65538"]),
      outer("L2TP, sequence and offset", [0x0a, 2] + l2tp + [0, 1, 0, 2, 0, 3, 9, 9, 9, 0x21] + ip, to: 1701, ["l2tp:65538"]),
      outer("L2TPv3 over UDP", [0, 3, 0, 0, 0, 0, 0, 9] + frame, to: 1701, ["l2tp:9"]),
      outer("CAPWAP", capwap + frame, to: 5247),
      outer("CAPWAP, 802.11", native + radio, to: 5247),
      outer("CAPWAP, 802.11 swapped", native + [radio[1], radio[0]] + radio.dropFirst(2), from: 5247, to: 50000),
      outer("CAPWAP, long header", [0, 0x20, 2, 0x20, 0, 0, 0, 0, 6, 2, 2, 2, 2, 2, 2, 0] + frame, to: 5247),
      outer("TZSP", [1, 0, 0, 1, 0, 10, 2, 1, 1, 1] + frame, to: 37008),
      outer("TZSP, 802.11", [1, 1, 0, 18, 1] + radio, to: 37008),
      outer("LISP", [0x80, 0, 0, 1, 0, 0, 0, 0] + ip, to: 4341, ["lisp:0"]),
      outer("LISP, instance, 6", [0x88, 0, 0, 1, 0, 1, 2, 0] + inner6, to: 4341, ["lisp:258"]),
      outer("LISP, next protocol", [0x0c, 0, 0, 3, 0, 1, 2, 0] + frame, to: 4341, ["lisp:258"]),
      outer("GTP-U, Ethernet", Frame.gtp(frame, 9), to: 2152, ["gtpu:9"]),
      outer("GTP-U, Ethernet that begins like IP", Frame.gtp([0x46] + frame.dropFirst(), 9), to: 2152, ["gtpu:9"]),
      outer("HP ERM", [UInt8](repeating: 0, count: 12) + frame, to: 7932),
      outer("Aruba ERM", record(radio), to: 5555),
      outer("Aruba ERM, radiotap", record([0, 0, 8, 0, 0, 0, 0, 0] + radio), to: 5555),
      outer("Aruba ERM, PPI", [0, 0, 8, 0, 105, 0, 0, 0] + radio, to: 5555),
      outer("Geneve, PPP", Frame.geneve([0xff, 3, 0, 0x21] + ip, 9, type: 0x880b), to: 6081, ["geneve:9"]),
    ]
  }()
}
