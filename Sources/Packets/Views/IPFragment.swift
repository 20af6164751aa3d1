/// One fragment of an IP datagram as it lies in a captured packet: a view, nothing is copied.
///
/// For packets of which `TCPSegment` says `.fragment`. Once all fragments of a datagram are there, `appendHeader` and the payloads
/// make one packet of `LinkType.raw`, which is decoded like any other, with the `layers` of a fragment handed on:
///
///     var datagram: [UInt8] = []
///     guard first.appendHeader(forPayloadLength: payload.count, to: &datagram) else { return }
///     datagram += payload
///     let segment = try TCPSegment(
///       decoding: datagram.span, linkType: .raw, originalLength: datagram.count, layers: first.layers)
///
/// What is fragmented may be a tunnel, and what is inside it a fragment again: then the decoding says `.fragment` once more.
public struct IPFragment: ~Escapable, BitwiseCopyable {
  /// Address of the sender.
  public var source: IPAddress
  /// Address of the receiver.
  public var destination: IPAddress
  /// The protocol of the IPv4 header, or the next header of the IPv6 fragment header.
  public var protocolNumber: UInt8
  /// Sixteen bits in IPv4, 32 in IPv6.
  public var identification: UInt32
  /// Where `payload` begins in the payload of the datagram, in bytes: a multiple of 8, at most 65 528.
  public var offset: Int
  /// Whether this is not the last fragment.
  public var moreFragments: Bool
  /// The captured part of the fragment's payload.
  public var payload: Span<UInt8>
  /// Payload bytes that the fragment had on the wire and the capture lacks.
  public var missingLength: Int
  /// VLAN tags, labels and tunnels that the fragment was found in, outermost first.
  public var layers: LayerPath
  /// The headers that are repeated in every fragment: the IPv4 header (in the first fragment with all options), or the IPv6 header and
  /// the extension headers before the fragment header.
  public internal(set) var unfragmentableHeader: Span<UInt8>
  /// Where `unfragmentableHeader` names the protocol of what follows it.
  var protocolIndex: Int

  /// Finds the innermost IP fragment of a captured packet.
  ///
  /// O(length of the headers), no copy, no allocation; no content of `bytes` makes it trap.
  /// - Parameters: as for `TCPSegment.init(decoding:linkType:originalLength:layers:decodeAs:)`.
  /// - Throws: what `TCPSegment` would; `.fragment` where it would find a segment that is none.
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

    // The walk has guarded both headers; the guards here let the compiler know.
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
      // Next header, a reserved byte, offset (13 bits), reserved (2), more (1), identification. RFC 8200, section 4.5.
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
