/// Tags, labels and framing between the link layer and IP.
extension PacketCursor {
  @inline(always)
  mutating func etherType(_ type: UInt16, in frame: Span<UInt8>, _ decodeAs: DecodeAs) throws(DecodeError) -> Step {
    if type == 0x0800 { return .ipv4 }
    return type == 0x86dd ? .ipv6 : try otherEtherType(type, in: frame, decodeAs)
  }

  @inline(never)
  private mutating func otherEtherType(_ type: UInt16, in frame: Span<UInt8>, _ decodeAs: DecodeAs) throws(DecodeError) -> Step {
    if type < 0x0600 {
      // A number up to 1500 is a length (IEEE 802.3, clause 3.2.6). The bytes behind it are padding, or a decoy.
      if type != 0, type <= 1500 { setWireLength(Int(type)) }
      return .llc
    }
    // The most common type needs no lookup.
    if type == 0x8100, decodeAs.isEmpty { return try vlan(in: frame) }
    if !decodeAs.isEmpty, let step = try decodeAs.step(.etherType, type, &self, in: frame) { return step }
    guard let reader = EtherTypes.rows.reader(UInt32(type)) else { throw passOver(.etherType, UInt32(type), .notIP) }
    return try reader(&self, frame)
  }

  /// Returns the step for an Ethernet type in a header that has no length in its place.
  mutating func named(_ type: UInt16) throws(DecodeError) -> Step {
    guard type >= 0x0600 else { throw passOver(.etherType, UInt32(type), .notIP) }
    return .etherType(type)
  }

  /// Skips a tag of a fixed length that is not evaluated, and reads the Ethernet type at its end.
  mutating func tag(_ length: Int, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= length &+ 2 else { throw .truncated }
    let type = bytes.uint16(at: length)
    try nest()
    skip(length &+ 2)
    return .etherType(type)
  }

  /// Reads a VLAN tag of IEEE 802.1Q, behind its type: priority (3 bits), drop eligible (1), VLAN id (12), type of the payload.
  mutating func vlan(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    try enter(.vlan, UInt32(bytes.uint16(at: 0) & 0x0fff))
    let type = bytes.uint16(at: 2)
    skip(4)
    return .etherType(type)
  }

  /// Reads one entry of the MPLS label stack: label (20 bits), traffic class (3), bottom of stack (1), time to live (8).
  ///
  /// RFC 3032, section 2.1.
  @inline(never)
  mutating func mpls(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 4 else { throw .truncated }
    let entry = bytes.uint32(at: 0)
    try enter(.mpls, entry >> 12)
    skip(4)
    return entry & 0x100 == 0 ? .mpls : try mplsPayload(in: frame)
  }

  /// Recognizes the payload behind the bottom label by its first nibble, because nothing names it (RFC 4928, section 3).
  ///
  /// 4 and 6 are IP, 1 is a channel of the network itself, 0 is the control word of a pseudowire. Anything else is the Ethernet frame of a
  /// pseudowire without a control word. Such a frame can begin with 0 too, as many addresses do, so known types at either place decide
  /// first.
  private mutating func mplsPayload(in frame: Span<UInt8>) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    switch bytes[0] >> 4 {
    case 4: return .ipv4
    case 6: return .ipv6
    case 1: throw passOver(.mpls, 1, .notIP)
    case 0:
      guard bytes.count >= 4 else { throw .truncated }
      if !isKnownType(at: 16, in: frame) && isKnownType(at: 12, in: frame) { return .ethernet }
      skip(4)
      return .ethernet
    default: return .ethernet
    }
  }

  /// Whether the bytes at an offset are an Ethernet type that the decoder reads.
  func isKnownType(at offset: Int, in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    guard bytes.count >= offset &+ 2 else { return false }
    return EtherTypes.rows.reader(UInt32(bytes.uint16(at: offset))) != nil
  }
}
