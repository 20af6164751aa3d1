/// Frames of IEEE 802.11.
extension PacketCursor {
  /// Reads an 802.11 frame (IEEE 802.11, clause 9.2).
  ///
  ///     +------+-----+----+----+----+--------+-----+-----+-----+-----------+-----+------+------+
  ///     |  control, 2     | duration, 2 | address 1, 6 | address 2 | address 3 | sequence, 2    |
  ///     +------+-----+----+----+----+--------+-----+-----+-----+-----------+-----+------+------+
  ///     | address 4, with both directions' bits | quality of service, 2 | HT control, 4 |  LLC ...
  ///     +---------------------------------------+-----------------------+---------------+
  ///
  /// Control: version (2 bits), type (2), subtype (4), then to the access point (0x01), from it (0x02), more fragments (0x04), protected
  /// (0x40), HT control in frames with quality of service (0x80). Each frame is read by itself: a fragment of a frame is passed over.
  ///
  /// `isPadded` says that the header is padded to a multiple of four. `controlMayBeSwapped` says that the two control bytes may be in the
  /// other order, as Cisco's access points send them.
  mutating func wirelessLAN(
    in frame: Span<UInt8>, isPadded: Bool = false, controlMayBeSwapped: Bool = false
  ) throws(DecodeError) -> Step {
    let bytes = rest(of: frame)
    guard bytes.count >= 2 else { throw .truncated }
    // A data frame between a station and an access point has one of the two direction bits. No first byte of a data frame has either.
    let isSwapped = controlMayBeSwapped && bytes[1] & 0x0f == 0x08 && bytes[0] & 0x03 != 0
    let control = isSwapped ? bytes[1] : bytes[0]
    let flags = isSwapped ? bytes[0] : bytes[1]
    guard control & 0x03 == 0 else { throw passOver(.wirelessLAN, WirelessFrame.unknown.rawValue, .notIP) }
    switch control >> 2 & 0x03 {
    case 0: throw passOver(.wirelessLAN, WirelessFrame.management.rawValue, .notIP)
    case 1: throw passOver(.wirelessLAN, WirelessFrame.control.rawValue, .notIP)
    case 2: break
    default: throw passOver(.wirelessLAN, WirelessFrame.unknown.rawValue, .notIP)
    }
    guard control & 0x40 == 0 else { throw passOver(.wirelessLAN, WirelessFrame.empty.rawValue, .notIP) }
    let hasQuality = control & 0x80 != 0
    var length = flags & 0x03 == 0x03 ? 30 : 24
    let quality = length
    if hasQuality { length &+= flags & 0x80 == 0 ? 2 : 6 }
    if isPadded { length = (length &+ 3) & ~3 }
    guard bytes.count >= length else { throw .truncated }
    let isAggregate = hasQuality && bytes[quality] & 0x80 != 0
    let mayBeMesh = hasQuality && bytes[quality &+ 1] & 0x01 != 0 && flags & 0x02 != 0
    let isFragment = flags & 0x04 != 0 || bytes[22] & 0x0f != 0
    skip(length)
    if isFragment { throw passOver(.wirelessLAN, WirelessFrame.fragment.rawValue, .notIP) }
    if flags & 0x40 != 0 { try passInitialVector(isAggregate: isAggregate, in: frame) }
    if isAggregate { return .aggregate }
    if mayBeMesh { try passMeshControl(in: frame) }
    return .llc
  }

  /// Passes the initialization vector of a frame that was sent encrypted.
  ///
  /// Many cards decrypt the frame and leave its flag set, and some also leave the 8 bytes before the data. The first bytes of the data
  /// decide: a match of six bytes is no accident.
  private mutating func passInitialVector(isAggregate: Bool, in frame: Span<UInt8>) throws(DecodeError) {
    // In an aggregate the header of the first subframe precedes it.
    let header = isAggregate ? 14 : 0
    for length in [0, 8] where beginsWithLLC(at: header &+ length, in: frame) {
      skip(length)
      return
    }
    guard available >= min(wireLength, header &+ 14) else { throw .truncated }
    throw passOver(.wirelessLAN, WirelessFrame.encrypted.rawValue, .notIP)
  }

  /// Passes a mesh control field: flags (two bits: one or two further addresses), time to live, sequence number (4), addresses.
  ///
  /// Its bit in the header has another meaning outside of mesh networks, so the data must begin behind the field and not before it. IEEE
  /// 802.11, clause 9.2.4.8.3.
  private mutating func passMeshControl(in frame: Span<UInt8>) throws(DecodeError) {
    let bytes = rest(of: frame)
    guard bytes.count >= 1 else { throw .truncated }
    guard bytes[0] < 3 else { return }
    let length = 6 &+ Int(bytes[0]) &* 6
    guard bytes.count >= min(wireLength, length &+ 6) else { throw .truncated }
    if beginsWithLLC(at: length, in: frame), !beginsWithLLC(at: 0, in: frame) { skip(length) }
  }

  /// Whether a SNAP header with an Ethernet type is at an offset.
  private func beginsWithLLC(at offset: Int, in frame: Span<UInt8>) -> Bool {
    let bytes = rest(of: frame)
    guard bytes.count >= offset &+ 6 else { return false }
    return bytes.uint32(at: offset) == 0xaaaa_0300 && bytes[offset &+ 4] == 0 && (bytes[offset &+ 5] == 0 || bytes[offset &+ 5] == 0xf8)
  }
}
