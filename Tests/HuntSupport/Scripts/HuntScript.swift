package import Packets
internal import TestSupport

/// Packets, and the options that they are read with.
///
/// It says everything itself: from its text alone every run of it can be made again.
package struct HuntScript: Codable, Equatable, Sendable {
  /// What the packets must come to.
  package enum Kind: String, Codable, Sendable {
    /// Anything at all: only laws hold.
    case hostile
    /// Conversations between honest ends, captured with losses: the reference model knows the streams.
    case faithful
  }

  package var number: UInt64
  package var kind: Kind
  package var link: HuntLink
  package var options: HuntOptions
  package var packets: [HuntPacket]

  package init(number: UInt64, kind: Kind, link: HuntLink, options: HuntOptions, packets: [HuntPacket]) {
    self.number = number
    self.kind = kind
    self.link = link
    self.options = options
    self.packets = packets
  }

  package var hasFragments: Bool { packets.contains { $0.fragment != nil } }
}

/// What stands before the IP packets of a capture.
package enum HuntLink: String, Codable, CaseIterable, Sendable {
  case ethernet, llcSnap, mpls, pppoe, linuxSLL, linuxSLL2, nullLittle, nullBig, loop, ppp, pppFramed, nflog, fddi, raw

  /// Returns the link layer; only Ethernet has the tags `vlans`.
  func layer(vlans: [UInt16]) -> LinkLayer {
    switch self {
    case .ethernet: .ethernet(vlans: vlans)
    case .llcSnap: .llcSnap
    case .mpls: .mpls(labels: [17, 18])
    case .pppoe: .pppoe(session: 9)
    case .linuxSLL: .linuxSLL
    case .linuxSLL2: .linuxSLL2
    case .nullLittle: .null(bigEndian: false)
    case .nullBig: .null(bigEndian: true)
    case .loop: .loop
    case .ppp: .ppp(isFramed: false)
    case .pppFramed: .ppp(isFramed: true)
    case .nflog: .nflog
    case .fddi: .fddi
    case .raw: .raw
    }
  }

  var linkType: LinkType { layer(vlans: []).linkType }
}

/// What an IP packet is carried in.
package enum HuntTunnel: String, Codable, CaseIterable, Sendable {
  case ipInIP, gre, greKey, greEthernet, greInUDP, vxlan, geneve, gtpu, erspan

  var tunnel: Tunnel {
    switch self {
    case .ipInIP: .ipInIP
    case .gre: .gre(hasChecksum: true)
    case .greKey: .gre(key: 7, sequence: 3)
    case .greEthernet: .greEthernet(key: 9)
    case .greInUDP: .greInUDP
    case .vxlan: .vxlan(vni: 42)
    case .geneve: .geneve(vni: 43, options: 8)
    case .gtpu: .gtpu(teid: 44, hasSequence: true)
    case .erspan: .erspan(session: 5)
    }
  }
}

/// An address and a port in a form that a text can hold.
package struct HuntEndpoint: Codable, Hashable, Sendable {
  package var isIPv6: Bool
  package var host: UInt32
  package var port: UInt16

  package init(isIPv6: Bool, host: UInt32, port: UInt16) {
    self.isIPv6 = isIPv6
    self.host = host
    self.port = port
  }

  package var address: IPAddress {
    isIPv6 ? IPAddress(high: 0x2001_0db8_0000_0000, low: UInt64(host)) : IPAddress(v4: host)
  }

  package var endpoint: Endpoint { Endpoint(address, port) }
}
