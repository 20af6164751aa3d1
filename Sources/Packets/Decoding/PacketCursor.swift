/// Walks the headers of one packet, from the link layer to the TCP header or the fragment inside.
///
/// Every step looks at `bytes`, guards once for what its header needs, reads it, skips it and answers what comes next. So no step
/// knows what stands around it, and any nesting is decoded by the same loop.
struct PacketCursor: ~Escapable, BitwiseCopyable {
  /// What the bytes at the cursor are.
  enum Step {
    case ethernet
    case etherType(UInt16)
    case ppp
    case mpls
    /// IPv4 or IPv6: the version nibble tells.
    case ip
    case ipv4
    case ipv6
    /// The payload of an IP packet, by its protocol number.
    case ipPayload(UInt8)
    case segment
    case fragment
  }

  /// What a walk ended at.
  enum Destination {
    case segment
    case fragment
  }

  /// Tags and tunnels that are followed. More are no network but an attack on whoever decodes them.
  static let maximumDepth = 16

  /// The captured bytes from the next header on, as far as the IP headers passed say that the packet goes.
  var bytes: Span<UInt8>
  /// How many bytes the packet had on the wire from the next header on. Never below `bytes.count`.
  var wireLength: Int
  var layers: LayerPath
  var depth: Int

  /// The captured bytes from the innermost IP header on.
  var datagram: Span<UInt8>
  var fragmentFields = FragmentFields()

  /// An IP header was passed: what is not IP from here on is an IP packet that does not carry TCP.
  var isInsideIP = false
  /// A UDP port is all that speaks for the tunnel that the cursor is in; an IP header inside settles it.
  var isGuess = false

  @inline(always)
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, originalLength: Int, layers: LayerPath) {
    self.bytes = bytes
    self.datagram = bytes
    self.wireLength = max(originalLength, bytes.count)
    self.layers = layers
    self.depth = layers.count
  }

  /// Goes on from the link layer until the walk ends. O(length of the headers).
  @inline(always)
  @_lifetime(self: copy self)
  mutating func walk(from linkType: LinkType) throws(DecodeError) -> Destination {
    do throws(DecodeError) {
      var step = try firstStep(linkType)
      while true {
        switch step {
        case .ethernet: step = try ethernet()
        case .etherType(let type): step = try etherType(type)
        case .ppp: step = try ppp()
        case .mpls: step = try mpls()
        case .ip: step = try ip()
        case .ipv4: step = try ipv4()
        case .ipv6: step = try ipv6()
        case .ipPayload(let number): step = try ipPayload(number)
        case .segment: return .segment
        case .fragment: return .fragment
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
  var addresses: (source: IPAddress, destination: IPAddress) {
    let header = datagram
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

  /// Moves behind the next `count` bytes.
  ///
  /// The caller has guarded that `bytes` holds them; since `wireLength` is never below, it cannot become negative.
  @inline(always)
  @_lifetime(self: copy self)
  mutating func skip(_ count: Int) {
    bytes = bytes.extracting(droppingFirst: count)
    wireLength &-= count
  }

  /// Takes the packet to be `length` bytes long from here: cuts off padding, and knows what the capture lacks.
  ///
  /// A length that promises more than the layer around it never widens `bytes`.
  @inline(always)
  @_lifetime(self: copy self)
  mutating func setWireLength(_ length: Int) {
    wireLength = length
    if length < bytes.count { bytes = bytes.extracting(first: length) }
  }

  /// Notes a tag or tunnel that the cursor enters.
  @_lifetime(self: copy self)
  mutating func enter(_ kind: LayerPath.Kind, _ id: UInt32) throws(DecodeError) {
    guard depth < Self.maximumDepth else { throw .tooDeep }
    depth &+= 1
    layers.append(kind, id)
  }
}
