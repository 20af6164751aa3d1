extension TCPSegment {
  /// What the checksum of a segment says.
  public enum ChecksumVerdict: Sendable {
    case valid
    /// Damaged on the way, forged, or captured on the sending host before its network card filled the checksum in.
    case invalid
    /// Not all bytes of the segment are there to be summed.
    case partial
  }

  /// Checks the checksum over pseudo header, header and payload (RFC 9293, section 3.1; RFC 8200, section 8.1).
  ///
  /// O(payload).
  ///
  /// The addresses are those of the IP header. A segment on its way along an IPv6 source route, whose sender summed the last destination
  /// instead, counts as `invalid`.
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
