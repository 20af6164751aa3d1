extension NameTemplate {
  /// A token of a template; the raw value is its letter.
  enum Token: UInt8, CaseIterable {
    case sourceAddress = 0x41
    case sourcePort = 0x61
    case destinationAddress = 0x42
    case destinationPort = 0x62
    case sourceEthernet = 0x45
    case destinationEthernet = 0x65
    case isoTime = 0x54
    case unixTime = 0x74
    case vlanMark = 0x56
    case vlan = 0x76
    case countMark = 0x43
    case countAboveZero = 0x63
    case count = 0x23
    case ones = 0x4e
    case thousands = 0x4b
    case millions = 0x4d
    case billions = 0x47
    case session = 0x53
    case number = 0x49

    /// Token as it is written in a template.
    var text: String { "%\(Character(Unicode.Scalar(rawValue)))" }

    /// All tokens, separated by spaces.
    static var list: String { allCases.map(\.text).joined(separator: " ") }

    /// Meaning of the token.
    var meaning: StaticString {
      switch self {
      case .sourceAddress: "The sender's address: `010.000.000.001`, or RFC 5952 with `_` for `:`."
      case .sourcePort: "The sender's port, five digits."
      case .destinationAddress: "The receiver's address."
      case .destinationPort: "The receiver's port."
      case .sourceEthernet: "The sender's Ethernet address in the connection's first packet; zeros where that was no Ethernet frame."
      case .destinationEthernet: "The receiver's Ethernet address."
      case .isoTime: "Time of the first packet: `2023-11-14T22_13_20Z`."
      case .unixTime: "The same time in seconds since 1970."
      case .vlanMark: "`--` where there is a VLAN, else nothing."
      case .vlan: "The outermost VLAN id of the connection's first packet, where there is one."
      case .countMark: "`c` where `%c` is not empty."
      case .countAboveZero: "How many earlier connections of these addresses and ports wrote a file; nothing where there was none."
      case .count: "The same number, 0 included."
      case .ones: "The connection's `id`, its last three digits."
      case .thousands: "The three digits before those of `%N`."
      case .millions: "The three digits before those of `%K`."
      case .billions: "The three digits before those of `%M`."
      case .session: "The connection's `id`, 20 digits."
      case .number: "The connection's `id`, ten digits or more."
      }
    }

    /// Greatest number of bytes that the token can yield.
    var longest: Int {
      switch self {
      case .sourceAddress, .destinationAddress: 39
      case .sourcePort, .destinationPort: 5
      case .sourceEthernet, .destinationEthernet: 17
      case .isoTime: 20
      case .unixTime: 11
      case .vlanMark: 2
      case .countMark: 1
      case .vlan, .countAboveZero, .count: 10
      case .ones, .thousands, .millions, .billions: 3
      case .session, .number: 20
      }
    }
  }
}
