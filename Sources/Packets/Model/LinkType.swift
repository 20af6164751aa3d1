/// Link-layer header type of a packet, by libpcap's number (`DLT_*`, as `pcap_datalink` returns it).
public struct LinkType: BitwiseCopyable, RawRepresentable, Hashable, Sendable {
  /// Number that libpcap assigns to the link type.
  public var rawValue: Int32

  /// Creates a link type from its number.
  @inlinable
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// BSD loopback: the address family in the byte order of the capturing host.
  @inlinable public static var null: LinkType { LinkType(rawValue: 0) }
  /// Ethernet.
  @inlinable public static var ethernet: LinkType { LinkType(rawValue: 1) }
  /// PPP.
  @inlinable public static var ppp: LinkType { LinkType(rawValue: 9) }
  /// FDDI.
  @inlinable public static var fddi: LinkType { LinkType(rawValue: 10) }
  /// Raw IP in files (`LINKTYPE_RAW`); `dltRaw` and `openBSDRaw` are the numbers that systems give to `DLT_RAW`.
  @inlinable public static var raw: LinkType { LinkType(rawValue: 101) }
  /// Raw IP, as most systems number it.
  @inlinable public static var dltRaw: LinkType { LinkType(rawValue: 12) }
  /// Raw IP, as OpenBSD numbers it.
  @inlinable public static var openBSDRaw: LinkType { LinkType(rawValue: 14) }
  /// PPP in HDLC-like framing.
  @inlinable public static var pppSerial: LinkType { LinkType(rawValue: 50) }
  /// PPPoE session packets.
  @inlinable public static var pppEthernet: LinkType { LinkType(rawValue: 51) }
  /// Cisco HDLC.
  @inlinable public static var ciscoHDLC: LinkType { LinkType(rawValue: 104) }
  /// OpenBSD loopback: the address family in network byte order.
  @inlinable public static var loop: LinkType { LinkType(rawValue: 108) }
  /// Linux cooked capture, version 1.
  @inlinable public static var linuxSLL: LinkType { LinkType(rawValue: 113) }
  /// IPv4 without a link layer.
  @inlinable public static var ipv4: LinkType { LinkType(rawValue: 228) }
  /// IPv6 without a link layer.
  @inlinable public static var ipv6: LinkType { LinkType(rawValue: 229) }
  /// Packets of Linux netfilter logging.
  @inlinable public static var nflog: LinkType { LinkType(rawValue: 239) }
  /// Linux cooked capture, version 2.
  @inlinable public static var linuxSLL2: LinkType { LinkType(rawValue: 276) }
}
