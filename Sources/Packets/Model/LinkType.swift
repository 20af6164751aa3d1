/// What the first bytes of a packet are: libpcap's link-layer header type (`DLT_*`, as `pcap_datalink` answers it).
public struct LinkType: BitwiseCopyable, RawRepresentable, Hashable, Sendable {
  public var rawValue: Int32

  @inlinable
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let null = LinkType(rawValue: 0)
  public static let ethernet = LinkType(rawValue: 1)
  public static let ppp = LinkType(rawValue: 9)
  public static let fddi = LinkType(rawValue: 10)
  /// Raw IP as files write it (`LINKTYPE_RAW`); `dltRaw` and `openBSDRaw` are the numbers `DLT_RAW` has on systems.
  public static let raw = LinkType(rawValue: 101)
  public static let dltRaw = LinkType(rawValue: 12)
  public static let openBSDRaw = LinkType(rawValue: 14)
  public static let pppSerial = LinkType(rawValue: 50)
  public static let pppEthernet = LinkType(rawValue: 51)
  public static let ciscoHDLC = LinkType(rawValue: 104)
  public static let loop = LinkType(rawValue: 108)
  public static let linuxSLL = LinkType(rawValue: 113)
  public static let ipv4 = LinkType(rawValue: 228)
  public static let ipv6 = LinkType(rawValue: 229)
  public static let nflog = LinkType(rawValue: 239)
  public static let linuxSLL2 = LinkType(rawValue: 276)
}
