/// Walks the headers of one packet, from the link layer to the TCP header or the fragment inside.
///
/// Every step looks at the `rest` of the frame, guards once for what its header needs, reads it, skips it and answers what comes next.
/// So no step knows what stands around it, and any nesting is decoded by the same loop.
///
/// The cursor holds positions and not the frame: a value with a span among many fields lives in memory and is destroyed by an
/// indirect call, which made decoding half as slow again.
struct PacketCursor {
  /// What the bytes at the cursor are.
  enum Step {
    case ethernet
    /// What stands behind an Ethernet type, or behind a length of IEEE 802.3 in its place.
    case etherType(UInt16)
    case llc
    case ppp
    case mpls
    /// IPv4 or IPv6: the version nibble tells.
    case ip
    case ipv4
    case ipv6
    /// The payload of an IP packet, by its protocol number.
    case ipPayload(UInt8)
    /// The packet of another link type.
    case link(UInt16)
    case segment
    case fragment
    /// Several frames in one: subframes of 802.11.
    case aggregate
  }

  /// What a walk ended at.
  enum Destination {
    case segment
    case fragment
    case aggregate
  }

  /// Tags and tunnels that are followed. More are no network but an attack on whoever decodes them.
  static let maximumDepth = 16

  /// Where the next header begins. Never beyond `end`.
  var offset = 0
  /// Where the captured bytes end, as far as the IP headers passed say that the packet goes. Never beyond the frame.
  var end: Int
  /// Where the packet ended on the wire. Never before `end`.
  var wireEnd: Int
  /// Where the innermost header passed that states a length says that it ends.
  private var statedEnd = Int.max
  var layers: LayerPath
  var depth: Int

  /// Where the innermost IP header begins.
  var datagramStart = 0
  /// Where, in the headers that every fragment of an IPv6 datagram repeats, the fragment header is named.
  var protocolIndex: Int32 = 0
  /// What the walk could not go on from.
  var stop = PassedOver.nothing

  /// An IP header was passed: what is not IP from here on is an IP packet that does not carry TCP.
  var isInsideIP = false
  /// A UDP port is all that speaks for the tunnel that the cursor is in; an IP header inside settles it.
  var isGuess = false

  @inline(always)
  init(_ frame: Span<UInt8>, originalLength: Int, layers: LayerPath) {
    self.end = frame.count
    self.wireEnd = max(originalLength, frame.count)
    self.layers = layers
    self.depth = layers.count
  }

  /// Captured bytes from here on.
  @inline(always) var available: Int { end &- offset }

  /// Bytes that the packet had on the wire from here on. Never below `available`.
  @inline(always) var wireLength: Int { wireEnd &- offset }

  /// The captured bytes from here on. In bounds by what `offset` and `end` promise.
  @inline(always)
  @_lifetime(copy frame)
  func rest(of frame: Span<UInt8>) -> Span<UInt8> { frame.extracting(offset..<end) }

  /// Goes on from the link layer until the walk ends. O(length of the headers).
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

  /// The addresses of the innermost IP header; zero before there is one.
  ///
  /// Read when the walk is over rather than at every header, which keeps them out of memory on the way.
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

  /// The reason to count when a step inside gave up with `error`.
  private func reason(for error: DecodeError) -> DecodeError {
    if isGuess && error != .tooDeep { return .notTCP }
    return isInsideIP && error == .notIP ? .notTCP : error
  }

  /// Moves behind the next `count` bytes. The caller has guarded that they are available.
  @inline(always)
  mutating func skip(_ count: Int) { offset &+= count }

  /// Takes the packet to be `length` bytes long from here: cuts off padding, and knows what the capture lacks.
  ///
  /// A length that promises more than the layer around it stated is cut to that one; more than the frame has is missing from it, since a
  /// frame states no length and captures are cut without a word.
  @inline(always)
  mutating func setWireLength(_ length: Int) {
    wireEnd = min(offset &+ length, statedEnd)
    statedEnd = wireEnd
    end = min(end, wireEnd)
  }

  /// Leaves a trailer of so many bytes out: a check sequence, an integrity check value.
  mutating func removeTrailer(_ length: Int) {
    wireEnd = max(offset, wireEnd &- length)
    end = min(end, wireEnd)
  }

  /// Notes a tag or tunnel that the cursor enters.
  mutating func enter(_ kind: LayerPath.Kind, _ id: UInt32) throws(DecodeError) {
    try nest()
    layers.append(kind, id)
  }

  /// Notes a tag or tunnel without a number of its own.
  @inline(__always)
  mutating func nest() throws(DecodeError) {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    depth &+= 1
  }

  /// Notes what the cursor cannot go on from, and gives back the reason to throw.
  ///
  /// Inside a tunnel that is only guessed at by its port, numbers that nobody has named speak for another use of the port.
  mutating func passOver(_ layer: PassedOver.Layer, _ number: UInt32, _ reason: DecodeError) -> DecodeError {
    let other = PassedOver(layer: layer, number: number)
    if !isGuess || other.hasName { stop = other }
    return reason
  }

  /// A header of a fixed length that says nothing of use.
  mutating func fixedHeader(_ length: Int, then step: Step, in frame: Span<UInt8>) throws(DecodeError) -> Step {
    guard available >= length else { throw .truncated }
    skip(length)
    return step
  }
}
