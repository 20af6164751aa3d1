import Foundation
import Packets
import Paths
import TestSupport
import Testing

@testable import FlowFiles
@testable import Reassembly

/// The same conversation in every wrapping, whole and in fragments: the same bytes and, but for the VLAN token, the same names.
@Suite struct WrappedConversationTests {
  /// What stands around the IP packet of a segment.
  struct Around: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var link = LinkLayer.ethernet()
    var tunnel: Tunnel?
    var outerIsIPv6 = false
    /// nil where either goes.
    var innerIsIPv6: Bool?

    init(_ name: String, _ link: LinkLayer = .ethernet(), _ tunnel: Tunnel? = nil, outerIsIPv6: Bool = false, innerIsIPv6: Bool? = nil) {
      testDescription = name
      self.link = link
      self.tunnel = tunnel
      self.outerIsIPv6 = outerIsIPv6
      self.innerIsIPv6 = innerIsIPv6
    }

    /// The packet in its tunnel.
    func tunnelled(_ packet: [UInt8], fromClient: Bool) -> [UInt8] {
      guard let tunnel else { return packet }
      let (left, right) = outerIsIPv6 ? ("2001:db8:ffff::1", "2001:db8:ffff::2") : ("192.0.2.1", "192.0.2.2")
      return tunnel.wrap(packet, from: Endpoint.address(fromClient ? left : right), to: Endpoint.address(fromClient ? right : left))
    }
  }

  private static let links: [Around] = [
    Around("Ethernet"), Around("802.3", .llcSnap), Around("VLAN", .ethernet(vlans: [42])), Around("QinQ", .ethernet(vlans: [42, 7])),
    Around("MPLS", .mpls(labels: [16])), Around("two labels", .mpls(labels: [16, 17])), Around("PPPoE", .pppoe(session: 9)),
    Around("cooked", .linuxSLL), Around("cooked 2", .linuxSLL2), Around("null", .null(bigEndian: false)),
    Around("null, big-endian", .null(bigEndian: true)), Around("loop", .loop), Around("raw", .raw),
    Around("IPv4", .ipv4, innerIsIPv6: false), Around("IPv6", .ipv6, innerIsIPv6: true), Around("PPP", .ppp(isFramed: false)),
    Around("PPP, framed", .ppp(isFramed: true)), Around("NFLOG", .nflog), Around("FDDI", .fddi),
  ]

  private static let tunnels: [Around] = [false, true].flatMap { outer in
    [
      Around("IP in IP", .ethernet(), .ipInIP, outerIsIPv6: outer), Around("GRE", .ethernet(), .gre(), outerIsIPv6: outer),
      Around("GRE with checksum", .ethernet(), .gre(hasChecksum: true), outerIsIPv6: outer),
      Around("GRE with key", .ethernet(), .gre(key: 5), outerIsIPv6: outer),
      Around("GRE with sequence", .ethernet(), .gre(sequence: 5), outerIsIPv6: outer),
      Around("GRE with all", .ethernet(), .gre(key: 5, sequence: 6, hasChecksum: true), outerIsIPv6: outer),
      Around("Ethernet in GRE", .ethernet(), .greEthernet(key: 5), outerIsIPv6: outer),
      Around("GRE in UDP", .ethernet(), .greInUDP, outerIsIPv6: outer), Around("VXLAN", .ethernet(), .vxlan(vni: 5), outerIsIPv6: outer),
      Around("Geneve", .ethernet(), .geneve(vni: 5, options: 8), outerIsIPv6: outer),
      Around("GTP-U", .ethernet(), .gtpu(teid: 5), outerIsIPv6: outer),
      Around("GTP-U with sequence", .ethernet(), .gtpu(teid: 5, hasSequence: true), outerIsIPv6: outer),
      Around("GTP-U by its source port", .ethernet(), .gtpu(teid: 5, isSourcePort: true), outerIsIPv6: outer),
      Around("ERSPAN II", .ethernet(), .erspan(session: 5), outerIsIPv6: outer),
      Around("VXLAN behind a VLAN tag", .ethernet(vlans: [42]), .vxlan(vni: 5), outerIsIPv6: outer),
    ]
  }

  private static func conversation(_ isIPv6: Bool) -> Conversation {
    var talk = Conversation(
      client: Endpoint(isIPv6 ? "2001:db8::1" : "10.0.0.1", 40_000), server: Endpoint(isIPv6 ? "2001:db8::2" : "10.0.0.2", 80))
    talk.handshake()
    talk.send(.client, "GET / HTTP/1.0\r\n\r\n")
    talk.send(.server, "HTTP/1.0 200 OK\r\n\r\nhello there\n")
    talk.close()
    return talk
  }

  /// Where a packet is cut, and in which order its fragments come.
  enum Cut: Hashable {
    case whole
    /// At one place, a multiple of eight.
    case at(Int)
    /// At every multiple of eight.
    case everywhere
  }

  /// The IP packet of the tunnel or the segment in fragments.
  private static func fragments(of packet: [UInt8], _ cut: Cut, isReversed: Bool, identification: UInt16) -> [[UInt8]] {
    let isIPv6 = packet[0] >> 4 == 6
    let payload = Array(packet[(isIPv6 ? 40 : 20)...])
    let places: [Int] =
      switch cut {
      case .whole: []
      case .at(let place): place < payload.count ? [place] : []
      case .everywhere: Array(stride(from: 8, to: payload.count, by: 8))
      }
    if places.isEmpty { return [packet] }
    let bounds = [0] + places + [payload.count]
    let pieces = zip(bounds, bounds.dropFirst()).map { start, end -> [UInt8] in
      let bytes = Array(payload[start..<end])
      if isIPv6 {
        let header = IPv6Header(source: v6(packet, 8), destination: v6(packet, 24), nextHeader: packet[6])
        return header.fragment(bytes, at: start, more: end < payload.count, identification: UInt32(identification))
      }
      var header = IPv4Header(source: v4(packet, 12), destination: v4(packet, 16), protocol: packet[9])
      header.identification = identification
      return header.fragment(bytes, at: start, more: end < payload.count)
    }
    return isReversed ? pieces.reversed() : pieces
  }

  private static func v4(_ bytes: [UInt8], _ start: Int) -> IPAddress {
    IPAddress(v4: bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) })
  }

  private static func v6(_ bytes: [UInt8], _ start: Int) -> IPAddress {
    func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
    return IPAddress(high: word(start), low: word(start + 8))
  }

  /// Every file that a run writes: its bytes by its name, less the VLAN token.
  private static func files(_ around: Around, isIPv6: Bool, _ cut: Cut, isReversed: Bool, cutsOuter: Bool) throws -> [String: String] {
    let place = try TemporaryDirectory()
    let factory = try FlowFileFactory(directory: OutputDirectory(path: FilePath(place.output), force: false))
    var assembler = Assembler(factory: factory)
    var number: UInt64 = 0
    let talk = conversation(isIPv6)
    for packet in talk.packets {
      let fromClient = packet.segment.source == talk.endpoints[0]
      let identification = UInt16(number + 1)
      let inner = PacketBuilder.ip(packet.segment)
      let datagrams: [[UInt8]]
      if cutsOuter {
        datagrams = fragments(
          of: around.tunnelled(inner, fromClient: fromClient), cut, isReversed: isReversed, identification: identification)
      } else {
        datagrams = fragments(of: inner, cut, isReversed: isReversed, identification: identification)
          .map { around.tunnelled($0, fromClient: fromClient) }
      }
      for datagram in datagrams {
        number += 1
        let frame = around.link.frame(datagram)
        let info = CaptureInfo(
          time: Timestamp(nanoseconds: packet.time), capturedLength: frame.count, originalLength: frame.count, packetNumber: number)
        try assembler.assemble(packet: frame.span, linkType: around.link.linkType, info: info)
      }
    }
    assembler.flushAll()
    // Files are complete once the other thread has closed them, which this waits for.
    factory.flushBuffers()
    var found: [String: String] = [:]
    for name in place.names() {
      let bare = name.hasSuffix("--42") ? String(name.dropLast(4)) : name
      found[bare] = place.text(name)
    }
    return found
  }

  @Test(arguments: links + tunnels)
  func theSameBytesAndNames(around: Around) throws {
    for isIPv6 in [false, true] where around.innerIsIPv6 ?? isIPv6 == isIPv6 {
      let expected: [String: String] =
        isIPv6
        ? [
          "2001_db8__1.40000-2001_db8__2.00080": "GET / HTTP/1.0\r\n\r\n",
          "2001_db8__2.00080-2001_db8__1.40000": "HTTP/1.0 200 OK\r\n\r\nhello there\n",
        ]
        : [
          "010.000.000.001.40000-010.000.000.002.00080": "GET / HTTP/1.0\r\n\r\n",
          "010.000.000.002.00080-010.000.000.001.40000": "HTTP/1.0 200 OK\r\n\r\nhello there\n",
        ]
      // The longest payload of an IP packet here: TCP header and text, or all that with tunnel and inner header around.
      let innerCuts = [Cut.whole, .everywhere] + stride(from: 8, to: 52, by: 8).map { Cut.at($0) }
      let outerCuts = around.tunnel == nil ? [] : [Cut.everywhere] + stride(from: 8, to: 160, by: 8).map { Cut.at($0) }
      for (cuts, cutsOuter) in [(innerCuts, false), (outerCuts, true)] {
        for cut in cuts {
          for isReversed in [false, true] {
            let made = try Self.files(around, isIPv6: isIPv6, cut, isReversed: isReversed, cutsOuter: cutsOuter)
            #expect(made == expected, "\(isIPv6 ? "IPv6" : "IPv4"), \(cut), reversed: \(isReversed), outer: \(cutsOuter)")
          }
        }
      }
    }
  }
}
