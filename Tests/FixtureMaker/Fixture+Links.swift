import Packets
import TestSupport

extension Fixture {
  private static let v6 = Conversation.request(client: Endpoint("2001:db8::1", 40_000), server: Endpoint("2001:db8::2", 80))
  private static let both = Conversation.request().packets + v6.packets

  /// The same exchange behind every link layer.
  static var links: [Fixture] {
    let pairs: [(String, String, LinkLayer)] = [
      ("link-vlan", "One 802.1Q tag: the VLAN id is in the names and in the index.", .ethernet(vlans: [42])),
      ("link-qinq", "Two tags, the outer one 802.1ad: names carry the outer id, the index lists both.", .ethernet(vlans: [100, 42])),
      ("link-llc-snap", "IEEE 802.3 frames with LLC and SNAP.", .llcSnap),
      ("link-mpls", "Two MPLS labels.", .mpls(labels: [16_001, 77])),
      ("link-pppoe", "A PPPoE session.", .pppoe(session: 0x1234)),
      ("link-sll", "Linux cooked capture, version 1.", .linuxSLL),
      ("link-sll2", "Linux cooked capture, version 2.", .linuxSLL2),
      ("link-null", "BSD loopback written by a big-endian host: the address family is 2 or 24 in its order.", .null(bigEndian: true)),
      ("link-loop", "OpenBSD loopback: the address family in network order.", .loop),
      ("link-raw", "IP packets without any link layer.", .raw),
    ]
    let common = pairs.map { name, about, link in
      Fixture(name: name, about: about + " IPv4 and IPv6, the same exchange in both.", capture: packed(both, on: link))
    }
    return common + [
      Fixture(
        name: "link-ethernet", about: "Ethernet II with frames padded to 60 bytes: the padding is no stream data.",
        capture: packed(both, padded: true)),
      Fixture(name: "link-ipv4", about: "The link type that promises IPv4.", capture: packed(Conversation.request().packets, on: .ipv4)),
      Fixture(name: "link-ipv6", about: "The link type that promises IPv6.", capture: packed(v6.packets, on: .ipv6)),
    ]
  }
}
