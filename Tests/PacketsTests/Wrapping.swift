import Packets
import Testing

/// One way in which the same TCP segment can lie in a packet.
struct Wrapping: CustomTestStringConvertible, Sendable {
  var name: String
  var linkType = LinkType.ethernet
  var frame: [UInt8]
  var layers: [String] = []
  /// A UDP port alone announces the tunnel: cut headers are then no tunnel rather than truncated ones.
  var isGuess = false
  /// Bytes behind the packet that its encapsulation knows to be no part of it.
  var trailer = 0

  var testDescription: String { name }

  /// The innermost packets; IPv6 ones have other addresses.
  static let inner4 = Frame.ipv4(Frame.tcp())
  static let inner6 = Frame.ipv6(Frame.tcp())

  var isIPv6: Bool { name.hasSuffix("6") }

  static let all = links + tagged + tunnels + overUDP + moreLinks + moreTags + moreTunnels + moreOverUDP

  static let links: [Wrapping] = {
    let ip = inner4
    let attributes =
      Frame.attribute(1, [8, 0, 1, 0]) + Frame.attribute(10, Array("prefix".utf8)) + Frame.attribute(9, ip)
    let bigAttributes = Frame.attribute(1, [8, 0, 1, 0], bigEndian: true) + Frame.attribute(9, ip, bigEndian: true)
    var list = [
      Wrapping(name: "ethernet", frame: Frame.ethernet(ip)),
      Wrapping(name: "ethernet 6", frame: Frame.ethernet(inner6, type: 0x86dd)),
      Wrapping(name: "802.3 SNAP", frame: Frame.ethernet(Frame.snap(ip), type: 8 + ip.count)),
      Wrapping(name: "802.3 SNAP, bridged", frame: Frame.ethernet(Frame.snap(ip, last: 0xf8), type: 8 + ip.count)),
      Wrapping(name: "802.3 LLC", frame: Frame.ethernet([6, 6, 3] + ip, type: 3 + ip.count)),
      Wrapping(name: "FDDI", linkType: .fddi, frame: [0x50] + [UInt8](repeating: 2, count: 12) + Frame.snap(ip)),
      Wrapping(name: "raw", linkType: .raw, frame: ip),
      Wrapping(name: "raw, DLT", linkType: .dltRaw, frame: ip),
      Wrapping(name: "raw, OpenBSD 6", linkType: .openBSDRaw, frame: inner6),
      Wrapping(name: "IPv4", linkType: .ipv4, frame: ip),
      Wrapping(name: "IPv6", linkType: .ipv6, frame: inner6),
      Wrapping(name: "null little", linkType: .null, frame: [2, 0, 0, 0] + ip),
      Wrapping(name: "null big", linkType: .null, frame: [0, 0, 0, 2] + ip),
      Wrapping(name: "loop", linkType: .loop, frame: [0, 0, 0, 2] + ip),
      Wrapping(name: "cooked", linkType: .linuxSLL, frame: Frame.sll(ip)),
      Wrapping(name: "cooked 6", linkType: .linuxSLL, frame: Frame.sll(inner6, type: 0x86dd)),
      Wrapping(name: "cooked LLC", linkType: .linuxSLL, frame: Frame.sll(Frame.snap(ip), type: 4)),
      Wrapping(name: "cooked 2", linkType: .linuxSLL2, frame: Frame.sll2(ip)),
      Wrapping(name: "PPP", linkType: .ppp, frame: [0x00, 0x21] + ip),
      Wrapping(name: "PPP framed", linkType: .ppp, frame: [0xff, 0x03, 0x00, 0x21] + ip),
      Wrapping(name: "PPP compressed", linkType: .ppp, frame: [0x21] + ip),
      Wrapping(name: "PPP 6", linkType: .ppp, frame: [0x00, 0x57] + inner6),
      Wrapping(name: "PPP serial", linkType: .pppSerial, frame: [0xff, 0x03, 0x21] + ip),
      Wrapping(name: "Cisco HDLC", linkType: .pppSerial, frame: [0x0f, 0, 8, 0] + ip),
      Wrapping(name: "Cisco HDLC of its own", linkType: .ciscoHDLC, frame: [0x8f, 0, 8, 0] + ip),
      Wrapping(name: "Cisco HDLC of its own, PPP 6", linkType: .ciscoHDLC, frame: [0xff, 0x03, 0x00, 0x57] + inner6),
      Wrapping(
        name: "PPPoE without Ethernet", linkType: .pppEthernet, frame: [0x11, 0, 0x12, 0x34] + Frame.word(2 + ip.count) + [0, 0x21] + ip,
        layers: ["pppoe:4660"]),
      Wrapping(name: "NFLOG", linkType: .nflog, frame: [2, 0, 0, 1] + attributes),
      Wrapping(name: "NFLOG big", linkType: .nflog, frame: [2, 0, 0, 1] + bigAttributes),
    ]
    for family: UInt8 in [10, 24, 28, 30] {
      list.append(Wrapping(name: "null \(family) little 6", linkType: .null, frame: [family, 0, 0, 0] + inner6))
      list.append(Wrapping(name: "loop \(family) 6", linkType: .loop, frame: [0, 0, 0, family] + inner6))
    }
    return list
  }()

  static let tagged: [Wrapping] = {
    let ip = inner4
    let pppoe: [UInt8] = [0x11, 0, 0x12, 0x34] + Frame.word(2 + ip.count) + [0, 0x21]
    let oneLabel = Frame.label(ip, 77, bottom: true)
    let pseudowire = Frame.ethernet(ip)
    let lowAddress = [0x00] + Frame.ethernet(ip).dropFirst()
    var list = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300].map {
      Wrapping(name: "VLAN \(String($0, radix: 16))", frame: Frame.ethernet(Frame.vlan(ip, id: 42), type: $0), layers: ["vlan:42"])
    }
    list += [
      Wrapping(
        name: "QinQ", frame: Frame.ethernet(Frame.vlan(Frame.vlan(ip, id: 7), id: 4095, type: 0x8100), type: 0x88a8),
        layers: ["vlan:4095", "vlan:7"]),
      Wrapping(
        name: "VLAN LLC", frame: Frame.ethernet(Frame.vlan(Frame.snap(ip), id: 5, type: 8 + ip.count), type: 0x8100), layers: ["vlan:5"]),
      Wrapping(name: "MPLS", frame: Frame.ethernet(oneLabel, type: 0x8847), layers: ["mpls:77"]),
      Wrapping(
        name: "MPLS multicast 6",
        frame: Frame.ethernet(Frame.label(Frame.label(inner6, 2, bottom: true), 0xfffff, bottom: false), type: 0x8848),
        layers: ["mpls:1048575", "mpls:2"]),
      Wrapping(
        name: "pseudowire, control word", frame: Frame.ethernet(Frame.label([0, 0, 0, 9] + pseudowire, 3, bottom: true), type: 0x8847),
        layers: ["mpls:3"]),
      Wrapping(
        name: "pseudowire", frame: Frame.ethernet(Frame.label([0x22] + pseudowire.dropFirst(), 3, bottom: true), type: 0x8847),
        layers: ["mpls:3"]),
      Wrapping(
        name: "pseudowire, address with 0", frame: Frame.ethernet(Frame.label(lowAddress, 3, bottom: true), type: 0x8847),
        layers: ["mpls:3"]),
      Wrapping(name: "PPPoE", frame: Frame.ethernet(pppoe + ip, type: 0x8864), layers: ["pppoe:4660"]),
      Wrapping(name: "PPP MPLS", linkType: .ppp, frame: [0x02, 0x81] + oneLabel, layers: ["mpls:77"]),
    ]
    return list
  }()

  static let tunnels: [Wrapping] = {
    let ip = inner4
    func outer(_ name: String, _ payload: [UInt8], _ layers: [String], number: UInt8 = 47) -> Wrapping {
      Wrapping(name: name, frame: Frame.ethernet(Frame.ipv4(payload, number: number, hosts: (8, 9))), layers: layers)
    }
    let mirrored = Frame.ethernet(ip)
    let authentication: [UInt8] = [0, 4, 0, 0] + [UInt8](repeating: 7, count: 20)
    func authenticated(_ next: UInt8) -> [UInt8] { [next] + authentication.dropFirst() }
    let call = Frame.word(4 + ip.count) + Frame.word(99)
    return [
      outer("4 in 4", ip, ["ipip:0"], number: 4),
      outer("6 in 4, 6", inner6, ["ipip:0"], number: 41),
      Wrapping(name: "IPv6 around IPv4", linkType: .raw, frame: Frame.ipv6(ip, next: 4), layers: ["ipip:0"]),
      Wrapping(name: "6 in 6", linkType: .raw, frame: Frame.ipv6(inner6, next: 41), layers: ["ipip:0"]),
      outer("AH", authenticated(6) + Frame.tcp(), [], number: 51).replacingHosts(),
      outer("AH and 4 in 4", authenticated(4) + ip, ["ipip:0"], number: 51),
      outer("GRE", Frame.gre(ip), ["gre:0"]),
      outer("GRE checksum", Frame.gre(ip, flags: 0x8000, fields: [1, 2, 0, 0]), ["gre:0"]),
      outer("GRE key", Frame.gre(ip, flags: 0x2000, fields: Frame.long(0xdead_beef)), ["gre:3735928559"]),
      outer("GRE all", Frame.gre(ip, flags: 0xb000, fields: [1, 2, 0, 0] + Frame.long(5) + Frame.long(1)), ["gre:5"]),
      outer("GRE 6", Frame.gre(inner6, type: 0x86dd), ["gre:0"]),
      outer("GRE Ethernet", Frame.gre(mirrored, type: 0x6558), ["gre:0"]),
      outer("GRE MPLS", Frame.gre(Frame.label(ip, 1, bottom: true), type: 0x8847), ["gre:0", "mpls:1"]),
      outer("GRE in GRE", Frame.gre(Frame.ipv4(Frame.gre(ip), number: 47)), ["gre:0", "gre:0"]),
      outer("WCCP 1", Frame.gre(ip, type: 0x883e), ["gre:0"]),
      outer("WCCP 2", Frame.gre([0, 1, 2, 3] + ip, type: 0x883e), ["gre:0"]),
      outer("PPTP", Frame.gre([0xff, 3, 0, 0x21] + ip, flags: 0x3001, type: 0x880b, fields: call + Frame.long(1)), ["gre:99"]),
      outer(
        "PPTP acknowledgment", Frame.gre([0x21] + ip, flags: 0x3081, type: 0x880b, fields: call + Frame.long(1) + Frame.long(1)), ["gre:99"]
      ),
      outer("ERSPAN I", Frame.gre(mirrored, type: 0x88be), ["erspan:0"]),
      outer(
        "ERSPAN II", Frame.gre([0x10, 0, 0x04, 0x64, 0, 0, 0, 0] + mirrored, flags: 0x1000, type: 0x88be, fields: Frame.long(1)),
        ["erspan:100"]),
      outer(
        "ERSPAN III",
        Frame.gre([0x20, 0, 0, 0x64] + [UInt8](repeating: 0, count: 8) + mirrored, flags: 0x1000, type: 0x22eb, fields: Frame.long(1)),
        ["erspan:100"]),
      outer(
        "ERSPAN III, subheader",
        Frame.gre(
          [0x20, 0, 0, 0x64] + [UInt8](repeating: 0, count: 7) + [1] + Frame.long(0) + Frame.long(0) + mirrored, flags: 0x1000,
          type: 0x22eb,
          fields: Frame.long(1)), ["erspan:100"]),
    ]
  }()

  static let overUDP: [Wrapping] = {
    let ip = inner4
    let frame = Frame.ethernet(ip)
    func outer(_ name: String, _ payload: [UInt8], from source: Int = 50000, to port: Int, _ layers: [String]) -> Wrapping {
      let packet = Frame.ipv4(Frame.udp(payload, from: source, to: port), number: 17, hosts: (8, 9))
      return Wrapping(name: name, frame: Frame.ethernet(packet), layers: layers, isGuess: true)
    }
    let extended = Frame.gtp(ip, 0x5555, flags: 0x34, fields: [0, 0, 0, 0x85, 1, 0x10, 9, 0xc0, 2, 1, 2, 3, 4, 5, 6, 0])
    return [
      outer("VXLAN", Frame.vxlan(frame, 0xabcdef), to: 4789, ["vxlan:11259375"]),
      outer("VXLAN, old port", Frame.vxlan(frame, 1), to: 8472, ["vxlan:1"]),
      outer("Geneve", Frame.geneve(frame, 9), to: 6081, ["geneve:9"]),
      outer("Geneve options, 6", Frame.geneve(inner6, 9, type: 0x86dd, options: [0, 1, 2, 1, 5, 6, 7, 8]), to: 6081, ["geneve:9"]),
      outer("GRE in UDP", Frame.gre(ip), to: 4754, ["gre:0"]),
      outer("MPLS in UDP", Frame.label(ip, 16, bottom: true), to: 6635, ["mpls:16"]),
      outer("GTP-U", Frame.gtp(ip, 0x1234_5678), to: 2152, ["gtpu:305419896"]),
      outer("GTP-U, source port", Frame.gtp(ip, 1), from: 2152, to: 60000, ["gtpu:1"]),
      outer("GTP-U sequence", Frame.gtp(ip, 1, flags: 0x32, fields: [0, 1, 0, 0]), to: 2152, ["gtpu:1"]),
      outer("GTP-U extensions", extended, to: 2152, ["gtpu:21845"]),
      outer(
        "all in one", Frame.vxlan(Frame.ethernet(Frame.vlan(Frame.ipv6(ip, next: 4), id: 1, type: 0x86dd), type: 0x8100), 2), to: 4789,
        ["vxlan:2", "vlan:1", "ipip:0"]),
    ]
  }()

  /// The packet of a transport that hides nothing: the outer addresses are the segment's own.
  private func replacingHosts() -> Wrapping {
    var copy = self
    copy.frame[29] = 1
    copy.frame[33] = 2
    return copy
  }
}
