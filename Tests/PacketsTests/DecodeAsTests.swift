import Packets
import Testing

/// Numbers with a meaning of the user's own.
@Suite struct DecodeAsTests {
  private func rules(
    _ table: DecodeAs.Table, _ numbers: ClosedRange<UInt16>, skipping: Int = 0, as name: String
  ) -> DecodeAs {
    var rules = DecodeAs()
    let isKnown = rules.add(table, numbers, skipping: skipping, as: name)
    #expect(isKnown)
    return rules
  }

  private func decoded(_ frame: [UInt8], _ rules: DecodeAs, _ linkType: LinkType = .raw) throws -> Decoded {
    Decoded(try TCPSegment(decoding: frame.span, linkType: linkType, originalLength: frame.count, decodeAs: rules))
  }

  private let frame = Frame.ethernet(Wrapping.inner4)

  private func udp(_ payload: [UInt8], from source: Int = 50000, to port: Int) -> [UInt8] {
    Frame.ipv4(Frame.udp(payload, from: source, to: port), number: 17)
  }

  @Test func aTunnelOnAPortOfOnesOwn() throws {
    let rules = rules(.udpPort, 4788...4788, as: "vxlan")
    #expect(try decoded(udp(Frame.vxlan(frame, 5), to: 4788), rules).layers == ["vxlan:5"])
    #expect(try decoded(udp(Frame.vxlan(frame, 5), from: 4788, to: 9), rules).payload == Frame.payload)
    #expect(reason(udp(Frame.vxlan(frame, 5), to: 4788), .raw) == .notTCP)
    #expect(throws: DecodeError.notTCP) { try decoded(udp(Frame.vxlan(frame, 5), to: 4787), rules) }
  }

  @Test func beforeTheTables() throws {
    let datagram = udp(frame, to: 4789)
    #expect(reason(datagram, .raw) == .notTCP)
    #expect(try decoded(datagram, rules(.udpPort, 4789...4789, as: "eth")).payload == Frame.payload)
  }

  @Test func theLastRuleCounts() throws {
    var rules = rules(.udpPort, 1...65535, as: "gre")
    let isKnown = rules.add(.udpPort, 9000...9009, as: "eth")
    #expect(isKnown)
    #expect(try decoded(udp(frame, to: 9009), rules).layers == [])
    #expect(try decoded(udp(Frame.gre(Wrapping.inner4), to: 9010), rules).layers == ["gre:0"])
  }

  @Test func bytesArePassedOver() throws {
    let rules = rules(.ipProtocol, 115...115, skipping: 16, as: "eth")
    let packet = Frame.ipv4([UInt8](repeating: 7, count: 16) + frame, number: 115)
    #expect(try decoded(packet, rules).payload == Frame.payload)
    for length in 0..<(packet.count - Frame.payload.count) {
      #expect(throws: DecodeError.truncated) {
        let cut = Array(packet.prefix(length))
        _ = try TCPSegment(decoding: cut.span, linkType: .raw, originalLength: packet.count, decodeAs: rules).sequence
      }
    }
  }

  @Test func typesOfEthernet() throws {
    let rules = rules(.etherType, 0x9999...0x9999, as: "vlan")
    let tagged = Frame.ethernet(Frame.vlan(Wrapping.inner4, id: 8), type: 0x9999)
    #expect(try decoded(tagged, rules, .ethernet).layers == ["vlan:8"])
    #expect(try decoded(Frame.ethernet(Frame.vlan(Wrapping.inner4, id: 8), type: 0x8100), rules, .ethernet).layers == ["vlan:8"])
  }

  @Test func everyNameIsTaken() {
    for name in DecodeAs.names {
      var rules = DecodeAs()
      let isKnown = rules.add(.udpPort, 1...1, as: name)
      #expect(isKnown && !rules.isEmpty)
    }
    var rules = DecodeAs()
    let isKnown = rules.add(.udpPort, 1...1, as: "no such thing")
    #expect(!isKnown && rules.isEmpty)
  }

  @Test func whatNamesItselfEnds() {
    let packet = (0..<20).reduce(Wrapping.inner4) { inner, _ in udp(inner, to: 9) }
    #expect(throws: DecodeError.tooDeep) { try decoded(packet, rules(.udpPort, 9...9, as: "ip")) }
  }

  @Test func fragmentsAndWhatIsPassedOver() throws {
    let rules = rules(.udpPort, 9...9, as: "ip")
    let packet = udp(Frame.ipv4(Frame.tcp(), fragment: 0x2000), to: 9)
    let fragment = try IPFragment(decoding: packet.span, linkType: .raw, originalLength: packet.count, decodeAs: rules)
    #expect(fragment.protocolNumber == 6)
    let other = udp(Frame.ipv4(Frame.tcp(), number: 50), to: 9)
    let found = PassedOver(decoding: other.span, linkType: .raw, originalLength: other.count, decodeAs: rules)
    #expect(found == PassedOver(layer: .ipProtocol, number: 50))
  }
}
