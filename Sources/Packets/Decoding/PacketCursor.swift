/// Cursor that walks the headers of one packet, from the link layer to the TCP header or the fragment inside.
///
/// Every step checks the `rest` of the frame once for the bytes that its header needs, reads the header, skips it and returns what comes
/// next. No step depends on the layers around it, so the same loop decodes any nesting.
///
/// The cursor holds positions and not the frame. A value with a span among many fields lives in memory and is destroyed by an indirect
/// call, which made decoding half as slow again.
struct PacketCursor {
  /// Kind of the bytes at the cursor.
  enum Step {
    case ethernet
    /// Payload of an Ethernet type, or behind an IEEE 802.3 length in its place.
    case etherType(UInt16)
    case llc
    case ppp
    case mpls
    /// IPv4 or IPv6, as the version nibble states.
    case ip
    case ipv4
    case ipv6
    /// Payload of an IP packet, by its protocol number.
    case ipPayload(UInt8)
    /// Packet of another link type.
    case link(UInt16)
    case segment
    case fragment
    /// Several frames in one: subframes of 802.11.
    case aggregate
  }

  /// Result of a walk.
  enum Destination {
    case segment
    case fragment
    case aggregate
  }

  /// Number of tags and tunnels that are followed at most: no network nests deeper, so more of them are an attack.
  static let maximumDepth = 16

  /// Offset of the next header, at most `end`.
  var offset = 0
  /// End of the captured bytes, as the IP headers passed bound the packet; at most the end of the frame.
  var end: Int
  /// End of the packet on the wire, at least `end`.
  var wireEnd: Int
  /// End that the innermost passed header with a length states.
  private var statedEnd = Int.max
  var layers: LayerPath
  var depth: Int

  /// Offset of the innermost IP header.
  var datagramStart = 0
  /// Offset of the field that names the fragment header, within the headers that every fragment of an IPv6 datagram repeats.
  var protocolIndex: Int32 = 0
  /// Number at which the walk could not go on.
  var stop = PassedOver.nothing

  /// Whether an IP header was passed: anything that is not IP from here on is an IP packet that does not carry TCP.
  var isInsideIP = false
  /// Whether only a UDP port indicates the tunnel that the cursor is in; an IP header inside confirms it.
  var isGuess = false

  @inline(always)
  init(_ frame: Span<UInt8>, originalLength: Int, layers: LayerPath) {
    self.end = frame.count
    self.wireEnd = max(originalLength, frame.count)
    self.layers = layers
    self.depth = layers.count
  }

  /// Number of captured bytes from the cursor on.
  @inline(always) var available: Int { end &- offset }

  /// Number of bytes that the packet had on the wire from the cursor on, at least `available`.
  @inline(always) var wireLength: Int { wireEnd &- offset }

  /// Captured bytes from the cursor on, within the frame by the invariants of `offset` and `end`.
  @inline(always)
  @_lifetime(copy frame)
  func rest(of frame: Span<UInt8>) -> Span<UInt8> { frame.extracting(offset..<end) }

  /// Walks from the link layer to the end of the headers.
  ///
  /// O(length of the headers).
  @inline(always)
  mutating func walk(
    _ frame: Span<UInt8>, from linkType: LinkType, _ decodeAs: DecodeAs
  ) throws(DecodeError) -> Destination {
    do throws(DecodeError) {
      var step = try firstStep(linkType, in: frame)
      while true {
        switch step {
        case .ethernet: step = try ethernet(in: frame)
        case .etherType(let type): step = try etherType(type, in: frame, decodeAs)
        case .llc: step = try llc(in: frame)
        case .ppp: step = try ppp(in: frame)
        case .mpls: step = try mpls(in: frame)
        case .ip: step = try ip(in: frame)
        case .ipv4: step = try ipv4(in: frame)
        case .ipv6: step = try ipv6(in: frame)
        case .ipPayload(let number): step = try ipPayload(number, in: frame, decodeAs)
        case .link(let number): step = try nestedLink(number, in: frame)
        case .segment: return .segment
        case .fragment: return .fragment
        case .aggregate: return .aggregate
        }
      }
    } catch {
      throw reason(for: error)
    }
  }

  /// Returns the addresses of the innermost IP header; zero if there is none.
  ///
  /// They are read after the walk rather than at every header, which keeps them out of memory during the walk.
  @inline(always)
  func addresses(in frame: Span<UInt8>) -> (source: IPAddress, destination: IPAddress) {
    let header = frame.extracting(droppingFirst: datagramStart)
    if header.count >= 20 && header[0] >> 4 == 4 {
      return (IPAddress(v4: header.uint32(at: 12)), IPAddress(v4: header.uint32(at: 16)))
    }
    guard header.count >= 40 else { return (IPAddress(v4: 0), IPAddress(v4: 0)) }
    return (
      IPAddress(high: header.uint64(at: 8), low: header.uint64(at: 16)), IPAddress(high: header.uint64(at: 24), low: header.uint64(at: 32))
    )
  }

  /// Returns the reason to count when an inner step gave up with `error`.
  private func reason(for error: DecodeError) -> DecodeError {
    if isGuess && error != .tooDeep { return .notTCP }
    return isInsideIP && error == .notIP ? .notTCP : error
  }

  /// Moves past the next `count` bytes, which the caller has checked to be available.
  @inline(always)
  mutating func skip(_ count: Int) { offset &+= count }

  /// Sets the length of the packet from here on: cuts off padding, and records what the capture lacks.
  ///
  /// A length beyond that of the layer around it is cut to that one. A length beyond the frame means missing bytes, because a frame states
  /// no length and captures are cut without notice.
  @inline(always)
  mutating func setWireLength(_ length: Int) {
    wireEnd = min(offset &+ length, statedEnd)
    statedEnd = wireEnd
    end = min(end, wireEnd)
  }

  /// Removes a trailer from the packet: a check sequence or an integrity check value.
  mutating func removeTrailer(_ length: Int) {
    wireEnd = max(offset, wireEnd &- length)
    end = min(end, wireEnd)
  }

  /// Records a tag or tunnel that the cursor enters.
  mutating func enter(_ kind: LayerPath.Kind, _ id: UInt32) throws(DecodeError) {
    try nest()
    layers.append(kind, id)
  }

  /// Records a tag or tunnel without a number of its own.
  @inline(__always)
  mutating func nest() throws(DecodeError) {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    depth &+= 1
  }

  /// Records a number at which the cursor cannot go on, and returns the reason to throw.
  ///
  /// Inside a tunnel that only its port indicates, unknown numbers mean that the port has another use.
  mutating func passOver(_ layer: PassedOver.Layer, _ number: UInt32, _ reason: DecodeError) -> DecodeError {
    let other = PassedOver(layer: layer, number: number)
    if !isGuess || other.hasName { stop = other }
    return reason
  }

  /// Skips a header of a fixed length that is not evaluated.
  mutating func fixedHeader(_ length: Int, then step: Step, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    guard available >= length else { throw .truncated }
    skip(length)
    return step
  }
}
