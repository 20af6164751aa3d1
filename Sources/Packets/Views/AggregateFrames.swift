/// The frames that one captured packet holds, for packets of which `TCPSegment` says `.aggregate`: subframes of an A-MSDU of IEEE 802.11.
///
///     +----------------+-----------+-----------+-----------------+---------+
///     | destination, 6 | source, 6 | length, 2 | LLC and payload | padding |  the next one, at a multiple of four
///     +----------------+-----------+-----------+-----------------+---------+
///
/// Each is decoded by itself:
///
///     var frames = try AggregateFrames(decoding: bytes, linkType: linkType, originalLength: length)
///     while let frame = frames.next() {
///       let segment = try TCPSegment(
///         decoding: frame.bytes, linkType: AggregateFrames.linkType, originalLength: frame.originalLength, layers: frames.layers)
///     }
public struct AggregateFrames: ~Escapable, BitwiseCopyable {
  /// One of the frames, from its LLC header on.
  public struct Frame: ~Escapable, BitwiseCopyable {
    /// The captured bytes.
    public var bytes: Span<UInt8>
    /// Bytes that it had on the wire.
    public var originalLength: Int

    @_lifetime(copy bytes)
    init(bytes: Span<UInt8>, originalLength: Int) {
      self.bytes = bytes
      self.originalLength = originalLength
    }
  }

  /// What each frame is to be decoded as: packets of this link type begin with LLC.
  public static var linkType: LinkType { LinkType(rawValue: 11) }

  /// VLAN tags, labels and tunnels around all of them, outermost first.
  public var layers: LayerPath
  private var rest: Span<UInt8>

  /// Finds the innermost aggregate of a captured packet. O(length of the headers).
  /// - Parameters: as for `TCPSegment.init(decoding:linkType:originalLength:layers:decodeAs:)`.
  /// - Throws: what `TCPSegment` would; `.fragment` where it would find a segment or a fragment.
  @_lifetime(copy bytes)
  public init(
    decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath = LayerPath(), decodeAs: DecodeAs = .none
  ) throws(DecodeError) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: layers)
    guard try cursor.walk(bytes, from: linkType, decodeAs) == .aggregate else { throw .fragment }
    self.layers = cursor.layers
    rest = cursor.rest(of: bytes)
  }

  /// The next frame; nil at the end of what was captured. O(1).
  @_lifetime(copy self)
  public mutating func next() -> Frame? {
    guard rest.count > 14 else { return nil }
    let length = Int(rest.uint16(at: 12))
    let padded = (14 &+ length &+ 3) & ~3
    let frame = Frame(bytes: rest.extracting(14..<min(rest.count, 14 &+ length)), originalLength: length)
    rest = rest.extracting(droppingFirst: padded)
    return frame
  }
}
