import Packets
import Testing

/// Fields of single headers: what they mean at their limits, and the reason when they are wrong.
struct HeaderTests {
  struct Refusal: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var frame: [UInt8]
    var reason: DecodeError
    var linkType = LinkType.raw

    init(_ name: String, _ frame: [UInt8], _ reason: DecodeError, _ linkType: LinkType = .raw) {
      testDescription = name
      self.frame = frame
      self.reason = reason
      self.linkType = linkType
    }
  }

  private static func udp(_ payload: [UInt8], _ port: Int) -> [UInt8] { Frame.ipv4(Frame.udp(payload, to: port), number: 17) }
  private static func gre(_ payload: [UInt8]) -> [UInt8] { Frame.ipv4(payload, number: 47) }

  static let refusals: [Refusal] = {
    let tcp = Frame.tcp()
    let ip = Wrapping.inner4
    let frame = Frame.ethernet(ip)
    return [
      Refusal("version 5", [0x55] + ip.dropFirst(), .ipVersion),
      Refusal("IPv6 where IPv4 is promised", Frame.ethernet(Wrapping.inner6), .ipVersion, .ethernet),
      Refusal("IPv4 where IPv6 is promised", Frame.ethernet(ip, type: 0x86dd), .ipVersion, .ethernet),
      Refusal("IPv4, 4 words", Frame.ipv4(tcp, words: 4), .ipHeaderLength),
      Refusal("IPv4, header beyond total length", Frame.ipv4(tcp, totalLength: 24, words: 7), .ipHeaderLength),
      Refusal("IPv4, total length 19", Frame.ipv4(tcp, totalLength: 19), .ipTotalLength),
      Refusal("IPv4, total length 1", Frame.ipv4(tcp, totalLength: 1), .ipTotalLength),
      Refusal("IPv4, no room for TCP", Frame.ipv4(tcp, totalLength: 39), .tcpDataOffset),
      Refusal("TCP, 4 words", Frame.ipv4(Frame.tcp(offset: 4)), .tcpDataOffset),
      Refusal("TCP, 0 words", Frame.ipv4(Frame.tcp(offset: 0)), .tcpDataOffset),
      Refusal("TCP, header beyond segment", Frame.ipv4(Frame.tcp([1, 2, 3], offset: 6)), .tcpDataOffset),
      Refusal("IPv6, no room for TCP", Frame.ipv6(tcp, payloadLength: 19), .tcpDataOffset),
      Refusal("IPv6, endless extension", Frame.ipv6([6, 200] + [UInt8](repeating: 0, count: 60), next: 0), .ipv6ExtensionHeader),
      Refusal("IPv6, extension without room", Frame.ipv6([6, 0, 0, 0], next: 60), .ipv6ExtensionHeader),
      Refusal("IPv6, no next header", Frame.ipv6([], next: 59), .notTCP),
      Refusal("IPv6, mobility", Frame.ipv6([59, 0, 0, 0, 0, 0, 0, 0], next: 135), .notTCP),
      Refusal("ICMP that quotes TCP", Frame.ipv4([3, 1, 0, 0, 0, 0, 0, 0] + ip, number: 1), .notTCP),
      Refusal("ICMPv6 that quotes TCP", Frame.ipv6([1, 0, 0, 0, 0, 0, 0, 0] + Wrapping.inner6, next: 58), .notTCP),
      Refusal("ESP", Frame.ipv4([UInt8](repeating: 0, count: 40), number: 50), .notTCP),
      Refusal("UDP", udp(ip, 53), .notTCP),
      Refusal("UDP, cut", Frame.ipv4([1, 2, 3], number: 17), .notTCP),
      Refusal("ARP", Frame.ethernet([UInt8](repeating: 0, count: 46), type: 0x0806), .notIP, .ethernet),
      Refusal("LLC, spanning tree", Frame.ethernet([0x42, 0x42, 3] + [UInt8](repeating: 0, count: 43), type: 38), .notIP, .ethernet),
      Refusal("SNAP, Cisco", Frame.ethernet([0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0] + ip, type: 60), .notIP, .ethernet),
      Refusal("SNAP in SNAP", Frame.ethernet(Frame.snap(Frame.snap(ip), type: 60), type: 60), .notIP, .ethernet),
      Refusal("LLC, numbered", Frame.ethernet([0xaa, 0xaa, 0] + Frame.snap(ip), type: 60), .notIP, .ethernet),
      Refusal("PPPoE discovery", Frame.ethernet([0x11, 9, 0, 0, 0, 0], type: 0x8863), .notIP, .ethernet),
      Refusal("PPPoE, code", Frame.ethernet([0x11, 7, 0, 0, 0, 0, 0, 0x21] + ip, type: 0x8864), .notIP, .ethernet),
      Refusal("PPP LCP", [0xc0, 0x21] + ip, .notIP, .ppp),
      Refusal("MPLS, channel", Frame.ethernet(Frame.label([0x10, 0, 0, 0] + ip, 1, bottom: true), type: 0x8847), .notIP, .ethernet),
      Refusal("null, AppleTalk", [16, 0, 0, 0] + ip, .notIP, .null),
      Refusal("netlink", Frame.sll(ip, device: 824), .notIP, .linuxSLL),
      Refusal("netlink 2", Frame.sll2(ip, device: 824), .notIP, .linuxSLL2),
      Refusal("FDDI, station management", [0x41] + [UInt8](repeating: 2, count: 12) + Frame.snap(ip), .notIP, .fddi),
      Refusal("NFLOG without packet", [2, 0, 0, 0] + Frame.attribute(1, [1, 2, 3, 4]), .notIP, .nflog),
      Refusal("NFLOG, attribute length", [2, 0, 0, 0, 3, 0, 1, 0] + ip, .notIP, .nflog),
      Refusal("GRE version 2", gre(Frame.gre(ip, flags: 2)), .notTCP),
      Refusal("GRE, source route", gre(Frame.gre(ip, flags: 0x4000, fields: [0, 0, 0, 0, 0, 0, 0, 0])), .notTCP),
      Refusal("GRE, ARP", gre(Frame.gre(ip, type: 0x0806)), .notTCP),
      Refusal("PPTP without payload", gre(Frame.gre([], flags: 0x2081, type: 0x880b, fields: [0, 0, 0, 9, 0, 0, 0, 1])), .notTCP),
      Refusal(
        "ERSPAN II, version", gre(Frame.gre([0, 0, 0, 0, 0, 0, 0, 0] + frame, flags: 0x1000, type: 0x88be, fields: Frame.long(1))), .notTCP),
      Refusal("VXLAN, no identifier", udp([0, 0, 0, 0, 0, 0, 1, 0] + frame, 4789), .notTCP),
      Refusal("VXLAN, ARP", udp(Frame.vxlan(Frame.ethernet(ip, type: 0x0806), 1), 4789), .notTCP),
      Refusal("Geneve, version", udp([0x40, 0] + Frame.geneve(frame, 1).dropFirst(2), 6081), .notTCP),
      Refusal("GTP version 2", udp(Frame.gtp(ip, 1, flags: 0x48), 2152), .notTCP),
      Refusal("GTP'", udp(Frame.gtp(ip, 1, flags: 0x20), 2152), .notTCP),
      Refusal("GTP, no packet", udp([0x30, 1] + Frame.gtp(ip, 1).dropFirst(2), 2152), .notTCP),
      Refusal("GTP, extension of no length", udp(Frame.gtp(ip, 1, flags: 0x34, fields: [0, 0, 0, 1, 0, 0, 0, 0]), 2152), .notTCP),
      Refusal("a tunnel's port used for something else", udp(Array("what is this?".utf8), 4789), .notTCP),
      Refusal("an empty packet", [], .truncated),
      Refusal(
        "a tunnel with a broken segment", udp(Frame.vxlan(Frame.ethernet(Frame.ipv4(Frame.tcp(offset: 1))), 1), 4789), .tcpDataOffset),
    ]
  }()

  @Test(arguments: refusals)
  func refusal(_ case: Refusal) {
    #expect(reason(`case`.frame, `case`.linkType) == `case`.reason)
  }

  @Test(arguments: [0, 4, 20, 36, 40])
  func ipv4Options(_ count: Int) throws {
    let segment = try Decoded(Frame.ipv4(Frame.tcp(), options: [UInt8](repeating: 1, count: count)), .raw)
    #expect(segment.payload == Frame.payload)
  }

  @Test(arguments: [0, 4, 12, 40])
  func tcpOptions(_ count: Int) throws {
    let options = (0..<count).map { UInt8($0) }
    let frame = Frame.ipv4(Frame.tcp(options: options))
    let segment = try Decoded(frame, .raw)
    #expect(segment.options == options)
    #expect(segment.payload == Frame.payload)
    // Cut inside the options: what the fixed header says is known, and all of the payload is missing.
    for length in 40..<(40 + count) {
      let cut = try Decoded(Array(frame.prefix(length)), .raw, originalLength: frame.count)
      #expect(cut.options == Array(options.prefix(length - 40)))
      #expect(cut.payload == [])
      #expect(cut.missingLength == Frame.payload.count)
      #expect(cut.sequence == segment.sequence)
    }
    for length in 0..<40 { #expect(reason(Array(frame.prefix(length)), .raw, originalLength: frame.count) == .truncated, "\(length)") }
  }

  /// Left to the network card: the packet goes as far as the frame did on the wire.
  @Test
  func lengthZero() throws {
    let tcp = Frame.tcp()
    for frame in [
      Frame.ipv4(tcp, totalLength: 0), Frame.ipv6(tcp, payloadLength: 0),
      Frame.ipv4(Frame.ipv6(tcp, payloadLength: 0), number: 41, totalLength: 0),
    ] {
      #expect(try Decoded(frame, .raw).payload == Frame.payload)
      #expect(try Decoded(frame, .raw, originalLength: frame.count + 70000).missingLength == 70000)
    }
  }

  /// A jumbogram of RFC 2675: the length stands in a hop-by-hop option, the frame says it too.
  @Test
  func jumbogram() throws {
    let frame = Frame.ipv6([6, 0, 0xc2, 4, 0, 1, 0x11, 0x8c] + Frame.tcp([UInt8](repeating: 5, count: 70_000)), next: 0, payloadLength: 0)
    #expect(try Decoded(frame, .raw).payload.count == 70_000)
    // What a card or a switch leaves behind the packet is no stream data, wherever the option stands among others.
    #expect(try Decoded(Frame.ethernet(frame + [9, 9, 9, 9], type: 0x86dd)).payload.count == 70_000)
    let padded = Frame.ipv6(
      [6, 1, 0, 1, 1, 0, 0xc2, 4, 0, 1, 0x11, 0x94, 1, 2, 0, 0] + Frame.tcp([UInt8](repeating: 5, count: 70_000)), next: 0,
      payloadLength: 0)
    #expect(try Decoded(padded + [9, 9, 9, 9], .raw).payload.count == 70_000)
    #expect(try Decoded(Array(frame.prefix(1_000)), .raw, originalLength: frame.count + 4).missingLength == frame.count - 1_000)
  }

  /// Options that say nothing of use: the packet goes as far as the frame.
  @Test(arguments: [
    [0xc2, 4, 0, 0, 0x11, 0x70], [0xc2, 3, 0, 1, 0, 0], [0xc2, 4, 0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0, 0, 0xc2], [1, 255, 0, 0, 0, 0],
  ])
  func jumboLengthsThatCannotBe(_ options: [UInt8]) throws {
    let frame = Frame.ipv6([6, 0] + options + Frame.tcp(), next: 0, payloadLength: 0)
    let segment = try Decoded(frame, .raw)
    #expect(segment.payload == Frame.payload)
    #expect(segment.missingLength == 0)
  }

  @Test(arguments: [Int.min, -1, 0, 10, Int.max])
  func originalLengthsThatCannotBe(_ length: Int) throws {
    #expect(try Decoded(Wrapping.inner4, .raw, originalLength: length).payload == Frame.payload)
    _ = try Decoded(Frame.ipv4(Frame.tcp(), totalLength: 0), .raw, originalLength: length)
  }

  static let extensions: [[(UInt8, [UInt8])]] = [
    [(0, [0, 1, 4, 0, 0, 0, 0])],
    [(43, [1] + [UInt8](repeating: 3, count: 14))],
    [(60, [0, 0, 0, 0, 0, 0, 0])],
    [(51, [4] + [UInt8](repeating: 3, count: 22))],
    [(44, [0, 0, 0, 0, 0, 0, 9])],
    [
      (0, [0, 0, 0, 0, 0, 0, 0]), (60, [0, 0, 0, 0, 0, 0, 0]), (43, [0, 0, 0, 0, 0, 0, 0]), (44, [0, 0, 0, 1, 2, 3, 4]),
      (60, [0, 0, 0, 0, 0, 0, 0]),
    ],
  ]

  @Test(arguments: extensions.indices)
  func ipv6Extensions(_ index: Int) throws {
    let chain = Self.extensions[index]
    var bytes: [UInt8] = []
    for (position, header) in chain.enumerated() {
      bytes += [position + 1 < chain.count ? chain[position + 1].0 : 6] + header.1
    }
    let frame = Frame.ipv6(bytes + Frame.tcp(), next: chain[0].0)
    #expect(try Decoded(frame, .raw).payload == Frame.payload)
    for length in 0..<(frame.count - Frame.payload.count) {
      #expect(reason(Array(frame.prefix(length)), .raw, originalLength: frame.count) == .truncated, "\(length)")
    }
  }
}
