/// What the first bytes of a packet are: libpcap's link-layer header type (`DLT_*`, as `pcap_datalink` answers it).
public struct LinkType: BitwiseCopyable, RawRepresentable, Hashable, Sendable {
  public var rawValue: Int32

  @inlinable
  public init(rawValue: Int32) { self.rawValue = rawValue }

  @inlinable public static var null: LinkType { LinkType(rawValue: 0) }
  @inlinable public static var ethernet: LinkType { LinkType(rawValue: 1) }
  @inlinable public static var ppp: LinkType { LinkType(rawValue: 9) }
  @inlinable public static var fddi: LinkType { LinkType(rawValue: 10) }
  /// Raw IP as files write it (`LINKTYPE_RAW`); `dltRaw` and `openBSDRaw` are the numbers `DLT_RAW` has on systems.
  @inlinable public static var raw: LinkType { LinkType(rawValue: 101) }
  @inlinable public static var dltRaw: LinkType { LinkType(rawValue: 12) }
  @inlinable public static var openBSDRaw: LinkType { LinkType(rawValue: 14) }
  @inlinable public static var pppSerial: LinkType { LinkType(rawValue: 50) }
  @inlinable public static var pppEthernet: LinkType { LinkType(rawValue: 51) }
  @inlinable public static var ciscoHDLC: LinkType { LinkType(rawValue: 104) }
  @inlinable public static var loop: LinkType { LinkType(rawValue: 108) }
  @inlinable public static var linuxSLL: LinkType { LinkType(rawValue: 113) }
  @inlinable public static var ipv4: LinkType { LinkType(rawValue: 228) }
  @inlinable public static var ipv6: LinkType { LinkType(rawValue: 229) }
  @inlinable public static var nflog: LinkType { LinkType(rawValue: 239) }
  @inlinable public static var linuxSLL2: LinkType { LinkType(rawValue: 276) }
}
