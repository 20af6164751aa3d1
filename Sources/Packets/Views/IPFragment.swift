/// One fragment of an IP datagram, as a view into a captured packet: nothing is copied.
///
/// For packets that `TCPSegment` rejects with `.fragment`. Once all fragments of a datagram are there, `appendHeader` and the payloads make
/// one packet of `LinkType.raw`. It is decoded like any other, with the `layers` of a fragment:
///
///     var datagram: [UInt8] = []
///     guard first.appendHeader(forPayloadLength: payload.count, to: &datagram) else { return }
///     datagram += payload
///     let segment = try TCPSegment(
///       decoding: datagram.span, linkType: .raw, originalLength: datagram.count, layers: first.layers)
///
/// The fragmented packet may be a tunnel with a fragment inside. Decoding the datagram then throws `.fragment` again.
public struct IPFragment: ~Escapable, BitwiseCopyable {
  /// Address of the sender.
  public var source: IPAddress
  /// Address of the receiver.
  public var destination: IPAddress
  /// Protocol of the IPv4 header, or next header of the IPv6 fragment header.
  public var protocolNumber: UInt8
  /// Identification: 16 bits in IPv4, 32 in IPv6.
  public var identification: UInt32
  /// Offset in bytes of `payload` in the payload of the datagram: a multiple of 8, at most 65 528.
  public var offset: Int
  /// Whether more fragments follow this one.
  public var moreFragments: Bool
  /// Captured part of the fragment's payload.
  public var payload: Span<UInt8>
  /// Number of payload bytes that the fragment had on the wire and that the capture lacks.
  public var missingLength: Int
  /// VLAN tags, labels and tunnels around the fragment, outermost first.
  public var layers: LayerPath
  /// Headers that every fragment repeats.
  ///
  /// In IPv4 this is the IP header (in the first fragment with all options). In IPv6 it is the IP header and the extension headers before
  /// the fragment header.
  public internal(set) var unfragmentableHeader: Span<UInt8>
  /// Offset in `unfragmentableHeader` of the field that names the next protocol.
  var protocolIndex: Int

  /// Finds the innermost IP fragment of a captured packet.
  ///
  /// O(length of the headers), no copy, no allocation; no content of `bytes` makes it trap. The parameters are those of
  /// `TCPSegment.init(decoding:linkType:originalLength:layers:decodeAs:)`.
  ///
  /// - Throws: the errors of `TCPSegment`; `.fragment` if `TCPSegment` would find a segment that is no fragment.
  @_lifetime(copy bytes)
  public init(
    decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath = LayerPath(), decodeAs: DecodeAs = .none
  ) throws(DecodeError) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: layers)
    let arrival = try cursor.walk(bytes, from: linkType, decodeAs)
    guard arrival == .fragment else { throw arrival == .segment ? .fragment : .aggregate }
    (source, destination) = cursor.addresses(in: bytes)
    payload = cursor.rest(of: bytes)
    missingLength = cursor.wireLength &- cursor.available
    self.layers = cursor.layers

    // The walk has checked both headers; these guards let the compiler know it.
    let headers = bytes.extracting(cursor.datagramStart..<cursor.offset)
    if source.family == .v4 {
      guard headers.count >= 20 else { throw .truncated }
      unfragmentableHeader = headers
      protocolIndex = 9
      protocolNumber = headers[9]
      identification = UInt32(headers.uint16(at: 4))
      offset = Int(headers.uint16(at: 6) & 0x1fff) << 3
      moreFragments = headers[6] & 0x20 != 0
    } else {
      guard headers.count >= 48 else { throw .truncated }
      // Next header, a reserved byte, offset (13 bits), reserved (2), more fragments (1), identification (RFC 8200, section 4.5).
      let header = headers.extracting(last: 8)
      unfragmentableHeader = headers.extracting(droppingLast: 8)
      protocolIndex = Int(cursor.protocolIndex)
      protocolNumber = header[0]
      identification = header.uint32(at: 4)
      offset = Int(header.uint16(at: 2) & 0xfff8)
      moreFragments = header[3] & 1 != 0
    }
  }
}
