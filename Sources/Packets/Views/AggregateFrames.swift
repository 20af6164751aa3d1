/// Frames inside one captured packet that `TCPSegment` rejects with `.aggregate`: subframes of an IEEE 802.11 A-MSDU.
///
///     +----------------+-----------+-----------+-----------------+---------+
///     | destination, 6 | source, 6 | length, 2 | LLC and payload | padding |  the next one, at a multiple of four
///     +----------------+-----------+-----------+-----------------+---------+
///
/// Each frame is decoded by itself:
///
///     var frames = try AggregateFrames(decoding: bytes, linkType: linkType, originalLength: length)
///     while let frame = frames.next() {
///       let segment = try TCPSegment(
///         decoding: frame.bytes, linkType: AggregateFrames.linkType, originalLength: frame.originalLength, layers: frames.layers)
///     }
public struct AggregateFrames: ~Escapable, BitwiseCopyable {
  /// One of the frames, LLC header first.
  public struct Frame: ~Escapable, BitwiseCopyable {
    /// Captured bytes.
    public var bytes: Span<UInt8>
    /// Number of bytes that the frame had on the wire.
    public var originalLength: Int

    @_lifetime(copy bytes)
    init(bytes: Span<UInt8>, originalLength: Int) {
      self.bytes = bytes
      self.originalLength = originalLength
    }
  }

  /// Link type that each frame is decoded as, whose packets begin with LLC.
  public static var linkType: LinkType { LinkType(rawValue: 11) }

  /// VLAN tags, labels and tunnels around all of the frames, outermost first.
  public var layers: LayerPath
  private var rest: Span<UInt8>

  /// Finds the innermost aggregate of a captured packet.
  ///
  /// O(length of the headers). The parameters are those of `TCPSegment.init(decoding:linkType:originalLength:layers:decodeAs:)`.
  ///
  /// - Throws: the errors of `TCPSegment`; `.fragment` if `TCPSegment` would find a segment or a fragment.
  @_lifetime(copy bytes)
  public init(
    decoding bytes: Span<UInt8>, linkType: LinkType, originalLength: Int, layers: LayerPath = LayerPath(), decodeAs: DecodeAs = .none
  ) throws(DecodeError) {
    var cursor = PacketCursor(bytes, originalLength: originalLength, layers: layers)
    guard try cursor.walk(bytes, from: linkType, decodeAs) == .aggregate else { throw .fragment }
    self.layers = cursor.layers
    rest = cursor.rest(of: bytes)
  }

  /// Returns the next frame; nil at the end of the captured bytes.
  ///
  /// O(1).
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
