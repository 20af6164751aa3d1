/// Names of payloads inside an encapsulation that is read, which are themselves not read, sorted by number.
enum OtherNumbers {
  /// Destination service access points of IEEE 802.2.
  static let serviceAccessPoints: [Encapsulation] = [
    Encapsulation(0x00, "null SAP", .noTCP),
    Encapsulation(0x42, "spanning tree", .noTCP),
    Encapsulation(0xaa, "SNAP of another organisation", .noTCP),
    Encapsulation(0xe0, "IPX", .noTCP),
    Encapsulation(0xf0, "NetBIOS", .noTCP),
    Encapsulation(0xfe, "ISO network layer", .noTCP),
    Encapsulation(0xff, "IPX without LLC", .noTCP),
  ]

  static let pppProtocols: [Encapsulation] = [
    Encapsulation(0x002d, "VJ-compressed TCP", .unread),
    Encapsulation(0x002f, "VJ-uncompressed TCP", .unread),
    Encapsulation(0x003d, "multilink", .unread),
    Encapsulation(0x0053, "encrypted", .unread),
    Encapsulation(0x00fd, "compressed", .unread),
    Encapsulation(0x8021, "IPCP", .noTCP),
    Encapsulation(0x8053, "ECP", .noTCP),
    Encapsulation(0x8057, "IPv6CP", .noTCP),
    Encapsulation(0x80fd, "CCP", .noTCP),
    Encapsulation(0xc021, "LCP", .noTCP),
    Encapsulation(0xc023, "PAP", .noTCP),
    Encapsulation(0xc025, "LQR", .noTCP),
    Encapsulation(0xc223, "CHAP", .noTCP),
    Encapsulation(0xc227, "EAP", .noTCP),
  ]

  /// First four bits behind the MPLS labels (RFC 4928, section 3).
  static let labelledPayloads: [Encapsulation] = [Encapsulation(1, "associated channel", .noTCP)]

  static let wirelessFrames: [Encapsulation] = [
    Encapsulation(WirelessFrame.management.rawValue, "management frames", .noTCP),
    Encapsulation(WirelessFrame.control.rawValue, "control frames", .noTCP),
    Encapsulation(WirelessFrame.empty.rawValue, "frames without data", .noTCP),
    Encapsulation(WirelessFrame.encrypted.rawValue, "encrypted frames", .unread),
    Encapsulation(WirelessFrame.fragment.rawValue, "fragments of frames", .unread),
    Encapsulation(WirelessFrame.damaged.rawValue, "damaged frames", .unread),
    Encapsulation(WirelessFrame.unknown.rawValue, "frames of another version", .noTCP),
  ]
}

/// Kinds of 802.11 frames that are not read, numbered only by this library.
enum WirelessFrame: UInt32 {
  case management = 0
  case control, empty, encrypted, fragment, damaged, unknown
}
