import Packets
import TestSupport

extension Fixture {
  /// What lies between the link layer and TCP.
  static var datagrams: [Fixture] {
    [
      Fixture(
        name: "ipv6-extension-headers", about: "Hop-by-hop, routing, destination and authentication headers before TCP.",
        capture: inIPv6 { header, tcp, _ in
          header.extensions = [.hopByHop, .routing, .destinationOptions, .authentication]
          return [header.packet(tcp)]
        }),
      Fixture(
        name: "fragments-ipv4",
        about: "Every segment in fragments of 16 bytes, options in the first alone, sent last fragment first and each twice.",
        capture: inIPv4 { header, tcp in
          header.options = [7, 7, 4, 0, 0, 0, 0, 0]
          return header.fragments(tcp, size: 16).reversed().flatMap { [$0, $0] }
        }),
      Fixture(
        name: "fragments-ipv6",
        about: "Every segment in fragments of 24 bytes behind a hop-by-hop header, in an odd order; the first one atomic.",
        capture: inIPv6 { header, tcp, number in
          header.extensions = [.hopByHop]
          if number == 0 { return [header.fragment(tcp, at: 0, more: false, identification: 7)] }
          let fragments = header.fragments(tcp, size: 24, identification: UInt32(1_000 + number))
          return fragments.suffix(1) + fragments.dropLast()
        }),
      Fixture(
        name: "fragments-lost", about: "A fragment of one request was not captured: the rest of the stream follows its gap.",
        capture: inIPv4 { header, tcp in
          let fragments = header.fragments(tcp, size: 24)
          return header.identification == 4 ? fragments.dropLast() : fragments
        }),
      Fixture(
        name: "no-defragmentation", about: "The capture of fragments-ipv4 with `--no-defrag`: fragments are counted and nothing else.",
        arguments: ["--no-defrag"],
        capture: inIPv4 { header, tcp in header.fragments(tcp, size: 16) }),
      Fixture(
        name: "offload", about: "Captured on the sender: total length 0, bad checksums, a segment of 30 000 bytes.",
        capture: offloaded()),
      Fixture(
        name: "tunnels",
        about: "One exchange in each of GRE (plain; key, checksum and sequence; Ethernet; in UDP), ERSPAN, IP in IP in four combinations,\n"
          + "VXLAN, Geneve and GTP-U. The index lists the layers; the inner connections stay apart.",
        capture: tunnelled()),
    ]
  }

  private static func inIPv4(_ make: (inout IPv4Header, [UInt8]) -> [[UInt8]]) -> [UInt8] {
    var writer = PcapWriter(linkType: .ethernet)
    for (number, packet) in Conversation.request().packets.enumerated() {
      var header = IPv4Header(
        source: packet.segment.source.address, destination: packet.segment.destination.address, protocol: PacketBuilder.tcpProtocol)
      header.identification = UInt16(number + 1)
      let datagrams = make(&header, PacketBuilder.tcp(packet.segment))
      for (part, datagram) in datagrams.enumerated() {
        writer.add(LinkLayer.ethernet().frame(datagram), time: packet.time + Int64(part) * 1_000)
      }
    }
    return writer.bytes
  }

  private static func inIPv6(_ make: (inout IPv6Header, [UInt8], Int) -> [[UInt8]]) -> [UInt8] {
    let talk = Conversation.request(client: Endpoint("2001:db8::1", 40_000), server: Endpoint("2001:db8:0:1::2", 80))
    var writer = PcapWriter(linkType: .ethernet)
    for (number, packet) in talk.packets.enumerated() {
      var header = IPv6Header(
        source: packet.segment.source.address, destination: packet.segment.destination.address, nextHeader: PacketBuilder.tcpProtocol)
      let datagrams = make(&header, PacketBuilder.tcp(packet.segment), number)
      for (part, datagram) in datagrams.enumerated() {
        writer.add(LinkLayer.ethernet().frame(datagram), time: packet.time + Int64(part) * 1_000)
      }
    }
    return writer.bytes
  }

  private static func offloaded() -> [UInt8] {
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, .letters(30_000))
    talk.ack(.server)
    talk.close()
    var writer = PcapWriter(linkType: .ethernet)
    for packet in talk.packets {
      var header = IPv4Header(
        source: packet.segment.source.address, destination: packet.segment.destination.address, protocol: PacketBuilder.tcpProtocol)
      header.totalLength = packet.segment.payload.isEmpty ? nil : 0
      writer.add(LinkLayer.ethernet().frame(header.packet(PacketBuilder.tcp(packet.segment, badChecksum: true))), time: packet.time)
    }
    return writer.bytes
  }

  private static func tunnelled() -> [UInt8] {
    let outer4 = (Endpoint.address("192.0.2.1"), Endpoint.address("192.0.2.2"))
    let outer6 = (Endpoint.address("2001:db8:ffff::1"), Endpoint.address("2001:db8:ffff::2"))
    let tunnels: [(Tunnel, Bool, Bool)] = [
      (.gre(), false, false), (.gre(key: 7, sequence: 1, hasChecksum: true), false, false), (.greEthernet(key: 8), false, false),
      (.greInUDP, false, false), (.erspan(session: 9), false, false), (.ipInIP, false, false), (.ipInIP, false, true),
      (.ipInIP, true, false), (.ipInIP, true, true), (.vxlan(vni: 4_242), false, false), (.geneve(vni: 4_343, options: 8), true, false),
      (.gtpu(teid: 0xdead), false, false), (.gtpu(teid: 0xbeef, hasSequence: true), false, true),
    ]
    var writer = PcapWriter(linkType: .ethernet)
    for (number, (tunnel, outerIsIPv6, innerIsIPv6)) in tunnels.enumerated() {
      let talk = Conversation.request(
        client: Endpoint(innerIsIPv6 ? "2001:db8::1" : "10.0.0.1", UInt16(40_000 + number)),
        server: Endpoint(innerIsIPv6 ? "2001:db8::2" : "10.0.0.2", 80), start: Conversation.epoch + Int64(number) * 1_000_000_000)
      let (left, right) = outerIsIPv6 ? outer6 : outer4
      for packet in talk.packets {
        let isClient = packet.segment.source == talk.endpoints[0]
        let inner = PacketBuilder.ip(packet.segment)
        let whole = tunnel.wrap(inner, from: isClient ? left : right, to: isClient ? right : left)
        writer.add(LinkLayer.ethernet().frame(whole), time: packet.time)
      }
    }
    return writer.bytes
  }
}
