import Packets
import Testing

/// What packets without a TCP segment hold instead, by name.
@Suite struct PassedOverTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var linkType: LinkType
    var frame: [UInt8]
    var mayHoldTCP: Bool

    init(_ description: String, _ frame: [UInt8], _ number: Int32 = 1, mayHoldTCP: Bool = false) {
      testDescription = description
      linkType = LinkType(rawValue: number)
      self.frame = frame
      self.mayHoldTCP = mayHoldTCP
    }
  }

  static let cases: [Case] = {
    let ip = Wrapping.inner4
    let nothing = [UInt8](repeating: 0, count: 46)
    func udp(_ payload: [UInt8], from source: Int = 50000, to port: Int) -> [UInt8] {
      Frame.ethernet(Frame.ipv4(Frame.udp(payload, from: source, to: port), number: 17))
    }
    func radio(_ control: UInt8, _ flags: UInt8, sequence: UInt8 = 0, _ payload: [UInt8]) -> [UInt8] {
      [control, flags] + Wrapping.wireless.dropFirst(2).dropLast(2) + [sequence, 0] + payload
    }
    let snap = Frame.snap(ip)
    return [
      Case("EtherType 0x0806, ARP", Frame.ethernet(nothing, type: 0x0806)),
      Case("EtherType 0x88cc, LLDP", Frame.ethernet(nothing, type: 0x88cc)),
      Case("EtherType 0x88cc, LLDP", Frame.ethernet(Frame.vlan(nothing, id: 1, type: 0x88cc), type: 0x8100)),
      Case("EtherType 0xbeef", Frame.ethernet(nothing, type: 0xbeef), mayHoldTCP: true),
      Case("EtherType 0x88e5, MACsec without encryption", Frame.ethernet([0x0c] + nothing, type: 0x88e5), mayHoldTCP: true),
      Case("EtherType 0x8909, Cisco MetaData", Frame.ethernet([2, 1] + nothing, type: 0x8909), mayHoldTCP: true),
      Case("LLC 0x42, spanning tree", Frame.ethernet([0x42, 0x42, 3] + nothing, type: 38)),
      Case("LLC 0xaa, SNAP of another organisation", Frame.ethernet([0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0] + nothing, type: 54)),
      Case("IP protocol 17, UDP", udp([1, 2, 3], to: 53)),
      Case("IP protocol 1, ICMP", Frame.ethernet(Frame.ipv4(nothing, number: 1))),
      Case("IP protocol 50, ESP", Frame.ethernet(Frame.ipv4(nothing, number: 50)), mayHoldTCP: true),
      Case("IP protocol 200", Frame.ethernet(Frame.ipv4(nothing, number: 200)), mayHoldTCP: true),
      Case("IP protocol 47, GRE", Frame.ethernet(Frame.ipv4([0x40, 0] + nothing, number: 47)), mayHoldTCP: true),
      Case("UDP port 51820, WireGuard", udp([1, 2, 3], from: 51820, to: 40000), mayHoldTCP: true),
      Case("UDP port 51820, WireGuard", udp([1, 2, 3], from: 40000, to: 51820), mayHoldTCP: true),
      Case("UDP port 4789, VXLAN", udp(Array("what is this?".utf8), to: 4789), mayHoldTCP: true),
      Case("UDP port 4789, VXLAN", udp(Frame.vxlan(Frame.ethernet(nothing, type: 0xbeef), 1), to: 4789), mayHoldTCP: true),
      Case("EtherType 0x0806, ARP", udp(Frame.vxlan(Frame.ethernet(nothing, type: 0x0806), 1), to: 4789)),
      Case("IP protocol 58, ICMPv6", udp(Frame.vxlan(Frame.ethernet(Frame.ipv6(nothing, next: 58), type: 0x86dd), 1), to: 4789)),
      Case("UDP port 5247, CAPWAP", udp([1, 0, 0, 0] + nothing, to: 5247), mayHoldTCP: true),
      Case("PPP protocol 0xc021, LCP", [0xff, 3, 0xc0, 0x21] + nothing, 9),
      Case("PPP protocol 0x003d, multilink", [0xff, 3, 0, 0x3d] + nothing, 9, mayHoldTCP: true),
      Case("MPLS payload 0x1, associated channel", Frame.ethernet(Frame.label([0x10, 0, 0, 0] + nothing, 1, bottom: true), type: 0x8847)),
      Case("802.11, management frames", [0x80, 0] + nothing, 105),
      Case("802.11, control frames", [0xb4, 0] + nothing, 105),
      Case("802.11, frames without data", radio(0x48, 1, []), 105),
      Case("802.11, encrypted frames", radio(8, 0x41, [1, 0, 0, 0x20, 0, 0, 0, 0] + nothing), 105, mayHoldTCP: true),
      Case("802.11, fragments of frames", radio(8, 0x05, snap), 105, mayHoldTCP: true),
      Case("802.11, fragments of frames", radio(8, 0x01, sequence: 0x11, snap), 105, mayHoldTCP: true),
      Case("802.11, frames of another version", [0x09, 1] + nothing, 105),
      Case("802.11, damaged frames", [0, 0, 9, 0, 2, 0, 0, 0, 0x50] + radio(8, 1, snap), 127, mayHoldTCP: true),
      Case("802.11, encrypted frames", radio(0x88, 0x41, [0x80, 0] + nothing), 105, mayHoldTCP: true),
      Case("link type 147", nothing, 147, mayHoldTCP: true),
      Case("link type 239, NFLOG", [2, 0, 0, 0] + Frame.attribute(1, [1, 2, 3, 4]), 239, mayHoldTCP: true),
      Case("link type 274, mPacket", [UInt8](repeating: 0x55, count: 7) + [0x61] + nothing, 274, mayHoldTCP: true),
      Case(
        "link type 274, mPacket", [UInt8](repeating: 0x55, count: 7) + [0xe6] + Frame.ethernet(ip) + [1, 2, 3, 4], 274, mayHoldTCP: true),
      Case("IP protocol 17, UDP", Frame.ethernet(Frame.ipv4(nothing, number: 17, fragment: 0x2000))),
    ]
  }()

  @Test(arguments: cases)
  func isNamed(_ example: Case) {
    let found = PassedOver(decoding: example.frame.span, linkType: example.linkType, originalLength: example.frame.count)
    #expect(found?.description == example.testDescription)
    #expect(found?.mayHoldTCP == example.mayHoldTCP)
  }

  @Test func segmentsAndBrokenPacketsAreNot() {
    let whole = Frame.ethernet(Wrapping.inner4)
    for frame in [whole, Array(whole.prefix(20)), Frame.ethernet(Frame.ipv4(Frame.tcp(offset: 1)))] {
      let found = PassedOver(decoding: frame.span, linkType: .ethernet, originalLength: frame.count)
      #expect(found == nil)
    }
  }

  @Test func numbersThatAreTooLargeAreOne() {
    #expect(PassedOver(layer: .linkType, number: .max).number == 0x00ff_ffff)
    #expect(PassedOver(layer: .etherType, number: 0x8909).number == 0x8909)
    for layer in PassedOver.Layer.allCases { #expect(PassedOver(layer: layer, number: 7).layer == layer) }
  }

  /// A frame that may be interrupted and was not has the check sequence of a whole one.
  @Test func aWholeInterruptibleFrameIsRead() throws {
    let frame = Frame.ethernet(Wrapping.inner4)
    let check = crc(frame)
    let bytes = [UInt8](repeating: 0x55, count: 7) + [0xe6] + frame + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: check >> $0) }
    #expect(try Decoded(bytes, LinkType(rawValue: 274)).payload == Frame.payload)
  }

  /// By the definition: polynomial division, bit by bit.
  private func crc(_ bytes: [UInt8]) -> UInt32 {
    var remainder: UInt32 = .max
    for byte in bytes {
      for bit in 0..<8 {
        let carry = (remainder & 1) ^ UInt32(byte >> UInt8(bit) & 1)
        remainder = remainder >> 1 ^ (carry == 0 ? 0 : 0xedb8_8320)
      }
    }
    return ~remainder
  }
}
