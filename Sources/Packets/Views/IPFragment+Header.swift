extension IPFragment {
  /// Appends the header of the whole datagram to `packet`.
  ///
  /// Take it from the fragment at offset 0: only that one has all IPv4 options, and its next header is the one that counts (RFC 8200,
  /// section 4.5). IPv4: total length, no fragment offset or flag, checksum. IPv6: the headers before the fragment header, the last of
  /// which now names what follows it, and the payload length. O(length of the header).
  /// - Parameters:
  ///   - payloadLength: bytes of all fragments' payloads together.
  ///   - packet: where the header goes; the payload must follow it.
  /// - Returns: whether the length fits into the header; if not, nothing was appended.
  public func appendHeader(forPayloadLength payloadLength: Int, to packet: inout [UInt8]) -> Bool {
    let header = unfragmentableHeader
    let isIPv6 = source.family == .v6
    let fixedLength = isIPv6 ? 40 : 20
    guard header.count >= fixedLength, payloadLength >= 0, payloadLength <= 0xffff else { return false }
    // IPv6 does not count its first 40 bytes.
    let length = payloadLength &+ header.count &- (isIPv6 ? 40 : 0)
    guard length <= 0xffff else { return false }

    let start = packet.count
    packet.reserveCapacity(start + header.count + payloadLength)
    for index in 0..<header.count { packet.append(header[index]) }
    let lengthIndex = start + (isIPv6 ? 4 : 2)
    packet[lengthIndex] = UInt8(truncatingIfNeeded: length >> 8)
    packet[lengthIndex + 1] = UInt8(truncatingIfNeeded: length)
    if isIPv6 {
      packet[start + protocolIndex] = protocolNumber
      return true
    }
    // Don't-fragment stays as it was; the reserved bit too.
    packet[start + 6] &= 0xc0
    packet[start + 7] = 0
    packet[start + 10] = 0
    packet[start + 11] = 0
    var sum = InternetChecksum()
    sum.add(packet.span.extracting(start..<(start + header.count)))
    packet[start + 10] = UInt8(truncatingIfNeeded: sum.value >> 8)
    packet[start + 11] = UInt8(truncatingIfNeeded: sum.value)
    return true
  }
}
