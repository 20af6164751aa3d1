extension TCPSegment {
  /// Result of a checksum verification.
  public enum ChecksumVerdict: Sendable {
    /// The checksum is right.
    case valid
    /// The segment was damaged, forged, or captured on the sending host before its network card filled the checksum in.
    case invalid
    /// The capture lacks bytes of the segment.
    case partial
  }

  /// Verifies the checksum over pseudo header, header and payload (RFC 9293, section 3.1; RFC 8200, section 8.1).
  ///
  /// O(payload).
  ///
  /// The addresses are those of the IP header. A segment on its way along an IPv6 source route counts as `invalid`, because its sender
  /// summed the last destination instead.
  ///
  /// - Returns: the result, `partial` if the capture lacks bytes of the segment.
  public func verifyChecksum() -> ChecksumVerdict {
    guard missingLength == 0, header.count >= 20 else { return .partial }
    var sum = InternetChecksum()
    let source = key.source
    let destination = key.destination
    sum.add(source.high)
    sum.add(source.low)
    sum.add(destination.high)
    sum.add(destination.low)
    sum.add(UInt64(truncatingIfNeeded: header.count &+ payload.count))
    sum.add(6)
    sum.add(header)
    sum.add(payload)
    return sum.value == 0 ? .valid : .invalid
  }
}
