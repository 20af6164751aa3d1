import Testing

@testable import Packets

/// A length that an inner header states cannot reach beyond the one that the layer around it states.
@Suite struct EnclosingLengthTests {
  /// What a frame's segment has and lacks, in bytes.
  private func lengths(_ frame: [UInt8], _ linkType: LinkType = .ethernet) throws -> (captured: Int, missing: Int) {
    let segment = try TCPSegment(decoding: frame.span, linkType: linkType, originalLength: frame.count)
    return (segment.payload.count, segment.missingLength)
  }

  /// Concentrators were seen that count Ethernet padding into the total length.
  @Test func paddingInsideTheTotalLengthEndsWithPPPoE() throws {
    let ip = Frame.ipv4(Frame.tcp([]), totalLength: 46)
    let frame = Frame.ethernet([0x11, 0, 0x12, 0x34] + Frame.word(2 + 40) + [0, 0x21] + ip + [0, 0, 0, 0, 0, 0], type: 0x8864)
    let found = try lengths(frame)
    #expect(found.captured == 0)
    #expect(found.missing == 0)
  }

  @Test func anInnerPacketEndsWithTheOuterOne() throws {
    let inner = Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 60)
    let frame = Frame.ethernet(Frame.ipv4(inner, number: 4) + [9, 9, 9, 9])
    let found = try lengths(frame)
    #expect(found.captured == 4)
    #expect(found.missing == 0)
  }

  /// The frame states no length of its own: what the capture lacks of the total length is missing.
  @Test func aFrameCutWithoutAWordLacksBytes() throws {
    let ip = Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 50)
    let found = try lengths(Frame.ethernet(ip))
    #expect(found.captured == 4)
    #expect(found.missing == 6)
  }

  // MARK: decoys

  struct Decoy: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var linkType = LinkType.ethernet
    var frame: [UInt8]
  }

  /// The segment's payload is 1 2 3 4, and the IP header counts the four bytes behind it too, which the layer around it does not.
  static let decoys: [Decoy] = {
    let decoy: [UInt8] = [9, 9, 9, 9]
    let ip = Frame.ipv4(Frame.tcp([1, 2, 3, 4] + decoy))
    let ip6 = Frame.ipv6(Frame.tcp([1, 2, 3, 4] + decoy))
    let length = ip.count - decoy.count
    let frame = Frame.ethernet(ip)
    func udp(_ payload: [UInt8], _ port: Int, length: Int) -> [UInt8] {
      Frame.ipv4(
        Frame.word(50000) + Frame.word(port) + Frame.word(8 + length) + [0, 0] + payload, number: 17, hosts: (8, 9))
    }
    func outer(_ name: String, _ payload: [UInt8]) -> Decoy { Decoy(testDescription: name, frame: Frame.ethernet(payload)) }
    let inVXLAN = Frame.vxlan(frame, 1)
    var record: [UInt8] = [UInt8](repeating: 0, count: 8)
    record += [2, 4] + Frame.word(16 + 2 + frame.count) + [0, 0] + Frame.word(frame.count - 4) + [0, 0] + frame
    return [
      outer("UDP", udp(inVXLAN, 4789, length: inVXLAN.count - 4)),
      outer("UDP, IPv6 inside", udp(Frame.geneve(ip6, 1, type: 0x86dd), 6081, length: 8 + ip6.count - 4)),
      Decoy(
        testDescription: "UDP over IPv6",
        frame: Frame.ethernet(
          Frame.ipv6(Frame.word(50000) + Frame.word(4789) + Frame.word(8 + inVXLAN.count - 4) + [0, 0] + inVXLAN, next: 17), type: 0x86dd)),
      outer("GTP-U", udp([0x30, 0xff] + Frame.word(length) + [0, 0, 0, 9] + ip, 2152, length: 8 + ip.count)),
      outer(
        "GTP-U, extended", udp([0x32, 0xff] + Frame.word(4 + length) + [0, 0, 0, 9, 0, 1, 0, 0] + ip, 2152, length: 12 + ip.count)),
      outer("L2TP", udp([0x40, 2] + Frame.word(8 + 2 + length) + [0, 1, 0, 2, 0, 0x21] + ip, 1701, length: 10 + ip.count)),
      outer(
        "PPTP",
        Frame.ipv4(
          Frame.gre([0, 0x21] + ip, flags: 0x3001, type: 0x880b, fields: Frame.word(2 + length) + [0, 9, 0, 0, 0, 1]), number: 47)),
      outer("EoIP", Frame.ipv4([0x20, 1, 0x64, 0] + Frame.word(frame.count - 4) + [7, 0] + frame, number: 47)),
      Decoy(testDescription: "802.3", frame: Frame.ethernet(Frame.snap(ip), type: 8 + length)),
      Decoy(testDescription: "802.3, LLC", frame: Frame.ethernet([6, 6, 3] + ip, type: 3 + length)),
      Decoy(testDescription: "802.3 in a VLAN", frame: Frame.ethernet(Frame.vlan(Frame.snap(ip), id: 1, type: 8 + length), type: 0x8100)),
      outer("802.3 in VXLAN", udp(Frame.vxlan(Frame.ethernet(Frame.snap(ip), type: 8 + length), 1), 4789, length: 8 + 14 + 8 + ip.count)),
      Decoy(testDescription: "HSR", frame: Frame.ethernet([0x10, UInt8(6 + length), 0, 1, 8, 0] + ip, type: 0x892f)),
      Decoy(
        testDescription: "MACsec, short length",
        frame: Frame.ethernet(
          [0, 46, 0, 0, 0, 1, 8, 0] + Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 48) + decoy, type: 0x88e5)),
      Decoy(testDescription: "ERF", linkType: LinkType(rawValue: 197), frame: record),
      Decoy(
        testDescription: "NFLOG", linkType: .nflog,
        frame: [2, 0, 0, 0, UInt8(4 + length), 0, 9, 0] + ip),
    ]
  }()

  @Test(arguments: decoys)
  func bytesBehindAnOuterLengthAreNoneOfThePacket(_ decoy: Decoy) throws {
    let segment = try Decoded(decoy.frame, decoy.linkType)
    #expect(segment.payload == [1, 2, 3, 4])
    #expect(segment.missingLength == 0)
  }

  /// 0 is a jumbogram's, or left to the card.
  @Test func aLengthOfZeroGoesAsFarAsTheLayerAround() throws {
    let inner = Frame.vxlan(Frame.ethernet(Frame.ipv4(Frame.tcp())), 1)
    let header = Frame.word(50000) + Frame.word(4789) + [0, 0, 0, 0]
    #expect(try Decoded(Frame.ipv4(header + inner, number: 17) + [9, 9], .raw).payload == Frame.payload)
    let long = Frame.vxlan(Frame.ethernet(Frame.ipv4(Frame.tcp([UInt8](repeating: 5, count: 70_000)), totalLength: 0)), 1)
    let jumbo = Frame.ipv6([17, 0, 0xc2, 4] + Frame.long(UInt32(16 + long.count)) + header + long, next: 0, payloadLength: 0)
    #expect(try Decoded(jumbo + [9, 9, 9, 9], .raw).payload.count == 70_000)
    let gtp = Frame.udp([0x30, 0xff, 0, 0, 0, 0, 0, 9] + Frame.ipv4(Frame.tcp()), to: 2152)
    #expect(try Decoded(Frame.ipv4(gtp, number: 17), .raw).payload == Frame.payload)
  }

  @Test(arguments: 1..<8) func aDatagramShorterThanItsHeaderIsNone(_ length: Int) {
    let inner = Frame.vxlan(Frame.ethernet(Frame.ipv4(Frame.tcp())), 1)
    let datagram = Frame.word(50000) + Frame.word(4789) + Frame.word(length) + [0, 0] + inner
    #expect(reason(Frame.ipv4(datagram, number: 17), .raw) == .notTCP)
  }

  /// Its 12 bits have no room for more than 4095.
  @Test func aJumboFrameOfHSRIsNotCut() throws {
    let ip = Frame.ipv4(Frame.tcp([UInt8](repeating: 5, count: 5_000)))
    let frame = Frame.ethernet([0x10 | UInt8((6 + ip.count) >> 8 & 0x0f), UInt8((6 + ip.count) & 0xff), 0, 1, 8, 0] + ip, type: 0x892f)
    #expect(try Decoded(frame).payload.count == 5_000)
  }

  // MARK: check sequences

  /// IP states no length, as where a card cuts the packet; the encapsulation knows its trailer.
  static let trailers: [Decoy] = {
    let ip = Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 0)
    let ip6 = Frame.ipv6(Frame.tcp([1, 2, 3, 4]), payloadLength: 0)
    let frame = Frame.ethernet(ip)
    let check: [UInt8] = [1, 2, 3, 4]
    func link(_ name: String, _ number: Int32, _ frame: [UInt8]) -> Decoy {
      Decoy(testDescription: name, linkType: LinkType(rawValue: number), frame: frame + check)
    }
    func erf(_ payload: [UInt8]) -> [UInt8] {
      [UInt8](repeating: 0, count: 8) + [2, 4] + Frame.word(18 + payload.count) + [0, 0] + Frame.word(payload.count) + [0, 0] + payload
    }
    let preamble: [UInt8] = [0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5]
    let time: [UInt8] = [0, 0, 17, 0, 3, 0, 0, 0] + [UInt8](repeating: 9, count: 8) + [0x10]
    let common: [UInt8] = [2, 0, 20, 0] + [UInt8](repeating: 0, count: 8) + [1, 0] + [UInt8](repeating: 0, count: 10)
    return [
      link("radiotap", 127, [0, 0, 9, 0, 2, 0, 0, 0, 0x10] + Wrapping.wirelessFrame(ip)),
      link("radiotap, time", 127, time + Wrapping.wirelessFrame(ip)),
      link("radiotap 6", 127, time + Wrapping.wirelessFrame(ip6, type: 0x86dd)),
      link("PPI", 192, [0, 0, 32, 0, 105, 0, 0, 0] + common + Wrapping.wirelessFrame(ip)),
      link("netANALYZER", 240, [0, 0, 0, 0] + frame),
      link("netANALYZER, transparent", 241, [0, 0, 0, 0] + preamble + frame),
      link("mPacket", 274, preamble + frame),
      Decoy(testDescription: "ERF", linkType: LinkType(rawValue: 197), frame: erf(frame + check)),
      Decoy(
        testDescription: "ERF, VLAN", linkType: LinkType(rawValue: 197),
        frame: erf(Frame.ethernet(Frame.vlan(ip, id: 1), type: 0x8100) + check)),
      Decoy(
        testDescription: "MACsec",
        frame: Frame.ethernet([0, 0, 0, 0, 0, 1, 8, 0] + ip + [UInt8](repeating: 0xee, count: 16), type: 0x88e5)),
      Decoy(
        testDescription: "bridged Ethernet", linkType: LinkType(rawValue: 107),
        frame: [0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 1] + frame + check),
      Decoy(
        testDescription: "PKTAP", linkType: LinkType(rawValue: 258),
        frame: [108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 36) + [4, 0, 0, 0]
          + [UInt8](repeating: 0, count: 56) + frame + check),
    ]
  }()

  @Test(arguments: trailers)
  func aCheckSequenceIsNoPayload(_ trailer: Decoy) throws {
    let segment = try Decoded(trailer.frame, trailer.linkType)
    #expect(segment.payload == [1, 2, 3, 4])
    #expect(segment.missingLength == 0)
  }

  /// Whatever IP says: a total length that counts the check sequence does not make it payload.
  @Test func aTotalLengthIntoTheCheckSequenceLacksThoseBytes() throws {
    let ip = Frame.ipv4(Frame.tcp([1, 2, 3, 4]), totalLength: 48)
    let found = try lengths([0, 0, 0, 0] + Frame.ethernet(ip) + [9, 9, 9, 9], LinkType(rawValue: 240))
    #expect(found.captured == 4)
    #expect(found.missing == 4)
  }
}
