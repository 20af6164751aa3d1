/// Reason why a packet is not a usable TCP segment.
///
/// One byte, free to throw, counted by reason.
public enum DecodeError: UInt8, Error, CaseIterable, Sendable {
  /// The capture holds fewer bytes than the headers need.
  case truncated
  /// A link type that the decoder does not know.
  case unknownLinkType
  /// Neither IPv4 nor IPv6 behind the link-layer headers (ARP, LLDP, ...).
  case notIP
  /// IP, but the payload is not TCP (and no tunnel that is followed).
  case notTCP
  /// A fragment of an IP datagram.
  ///
  /// Decode it as `IPFragment` and pass it to the defragmenter. `IPFragment` itself throws this error for a whole datagram, which
  /// `TCPSegment` decodes.
  case fragment
  /// The version nibble differs from the version that the link layer states.
  case ipVersion
  /// The IPv4 header length is below 20 bytes or beyond the total length.
  case ipHeaderLength
  /// The IP total length is below the header length.
  case ipTotalLength
  /// The IPv6 extension headers do not end, or exceed the packet.
  case ipv6ExtensionHeader
  /// The TCP data offset is below 5 words or beyond the segment.
  case tcpDataOffset
  /// More tags and tunnels around the packet than the decoder follows.
  case tooDeep
  /// Several frames in one packet; `AggregateFrames` returns each of them to be decoded by itself.
  case aggregate
}
