extension FlowKey {
  /// Creates the key of a plain frame: Ethernet, an IPv4 header without options, a TCP header.
  ///
  /// The result is nil for any other frame. A key is no promise that the frame holds a segment. O(1).
  @inlinable @inline(always)
  package init?(quickParsing frame: Span<UInt8>, linkType: LinkType) {
    guard linkType == .ethernet, frame.count >= 38, Self.isPlain(frame) else { return nil }
    self.init(v4Source: frame.uint32(at: 26), destination: frame.uint32(at: 30), ports: frame.uint32(at: 34))
  }

  /// Whether an Ethernet frame of 38 bytes or more has nothing but an IPv4 header without options before a TCP header.
  @inlinable @inline(always)
  static func isPlain(_ frame: Span<UInt8>) -> Bool { frame.uint16(at: 12) == 0x0800 && frame[14] == 0x45 && frame[23] == 6 }

  /// Returns a number that the frames of both directions of a connection share, and that other connections rarely have.
  ///
  /// It is 0 for a frame that is not plain. It is cheaper than a key. O(1).
  ///
  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - linkType: the link type of the frame.
  /// - Returns: the fingerprint; 0 if the frame is not plain.
  @inlinable @inline(always)
  package static func fingerprint(quickParsing frame: Span<UInt8>, linkType: LinkType) -> UInt64 {
    guard linkType == .ethernet, frame.count >= 38 else { return 0 }
    let ports = frame.uint32(at: 34)
    return UInt64(frame.uint32(at: 26) ^ frame.uint32(at: 30)) << 32 | UInt64(ports &+ (ports << 16 | ports >> 16))
  }
}
