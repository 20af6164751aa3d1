/// Header of a whole datagram, copied from the fragment at offset 0 and kept until all fragments are there.
///
/// Only that fragment has all IPv4 options, and only its next header counts (RFC 8200, section 4.5).
package struct DatagramHeader: Sendable {
  /// Headers that every fragment repeats.
  package let bytes: [UInt8]
  private let isIPv6: Bool
  private let protocolIndex: Int
  private let protocolNumber: UInt8

  /// Copies the header of a fragment.
  ///
  /// O(length of the header).
  package init(_ fragment: IPFragment) {
    let header = fragment.unfragmentableHeader
    var copy: [UInt8] = []
    copy.reserveCapacity(header.count)
    for index in 0..<header.count { copy.append(header[index]) }
    bytes = copy
    isIPv6 = fragment.source.family == .v6
    protocolIndex = fragment.protocolIndex
    protocolNumber = fragment.protocolNumber
  }

  /// Appends the header to `packet`, as the header of a datagram that was never fragmented.
  ///
  /// In IPv4, the total length and the checksum are set, and the fragment offset and the more-fragments flag are cleared. In IPv6, these
  /// are the headers before the fragment header: the last of them names the protocol behind it, and the payload length is set.
  /// O(length of the header).
  ///
  /// - Parameters:
  ///   - payloadLength: the payload bytes of all fragments together.
  ///   - packet: the packet that the header is appended to; the payload must follow it.
  /// - Returns: whether the length fits into the header; if not, nothing was appended.
  package func append(forPayloadLength payloadLength: Int, to packet: inout [UInt8]) -> Bool {
    let fixedLength = isIPv6 ? 40 : 20
    guard bytes.count >= fixedLength, payloadLength >= 0, payloadLength <= 0xffff else { return false }
    // The length field of IPv6 excludes the first 40 bytes.
    let length = payloadLength &+ bytes.count &- (isIPv6 ? 40 : 0)
    guard length <= 0xffff else { return false }

    let start = packet.count
    packet.reserveCapacity(start + bytes.count + payloadLength)
    packet.append(contentsOf: bytes)
    let lengthIndex = start + (isIPv6 ? 4 : 2)
    packet[lengthIndex] = UInt8(truncatingIfNeeded: length >> 8)
    packet[lengthIndex + 1] = UInt8(truncatingIfNeeded: length)
    if isIPv6 {
      packet[start + protocolIndex] = protocolNumber
      return true
    }
    // The don't-fragment flag and the reserved bit are kept.
    packet[start + 6] &= 0xc0
    packet[start + 7] = 0
    packet[start + 10] = 0
    packet[start + 11] = 0
    var sum = InternetChecksum()
    sum.add(packet.span.extracting(start..<(start + bytes.count)))
    packet[start + 10] = UInt8(truncatingIfNeeded: sum.value >> 8)
    packet[start + 11] = UInt8(truncatingIfNeeded: sum.value)
    return true
  }
}
