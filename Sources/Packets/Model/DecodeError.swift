/// Why a packet is not a TCP segment that can be used.
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
  /// A fragment of an IP datagram: decode it as `IPFragment` and hand it to the defragmenter. `IPFragment` itself throws it for a
  /// whole datagram, which `TCPSegment` decodes.
  case fragment
  /// Another version nibble than the link layer promised.
  case ipVersion
  /// IPv4 header length below 20 bytes or beyond the total length.
  case ipHeaderLength
  /// IP total length below the header length.
  case ipTotalLength
  /// IPv6 extension headers that do not end, or exceed the packet.
  case ipv6ExtensionHeader
  /// TCP data offset below 5 words or beyond the segment.
  case tcpDataOffset
  /// More tags and tunnels around the packet than are followed.
  case tooDeep
  /// Several frames in one, each of which `AggregateFrames` hands out to be decoded by itself.
  case aggregate
}
