/// End of a connection that sent bytes.
public enum Sender: UInt8, Hashable, Sendable, CaseIterable {
  /// The end that sent the first captured packet.
  case originator = 0
  /// The other end.
  case responder = 1

  /// The opposite end.
  @inlinable public var other: Sender { self == .originator ? .responder : .originator }
}

/// Origin of bytes: the packet that brought them.
public struct ByteStamp: Hashable, Sendable {
  /// Capture time, in nanoseconds since 1970-01-01 00:00 UTC.
  public var nanoseconds: Int64
  /// Number of the packet, counted from 1 in its input.
  public var packet: UInt64
  /// Index of the input, counted from 0.
  public var input: UInt32
  /// Number of bytes of the other end's stream that the packet acknowledged; nil if that is not known.
  public var acknowledged: Int64?

  /// Creates a stamp from its parts.
  @inlinable
  public init(nanoseconds: Int64, packet: UInt64, input: UInt32 = 0, acknowledged: Int64? = nil) {
    self.nanoseconds = nanoseconds
    self.packet = packet
    self.input = input
    self.acknowledged = acknowledged
  }

  /// The same stamp for bytes of a layer above, of which it is not known which the packet acknowledges.
  package var withoutAcknowledgment: ByteStamp { ByteStamp(nanoseconds: nanoseconds, packet: packet, input: input) }
}

/// Reason why a direction of a stream ends.
public enum StreamEnd: String, Hashable, Sendable, CaseIterable {
  /// The sender closed its direction: a FIN, or close_notify in TLS.
  case finished
  /// The connection was reset.
  case reset
  /// The capture has nothing more of the connection, or its memory was needed: what the sender sent after this is not known.
  case unknown
}

/// One step of reading what a connection carries: bytes of both directions go in, in order.
///
/// A stage neither knows nor cares whether TCP, TLS or a tunnel feeds it. One object serves both directions of one connection. For each
/// sender, ``bytes(_:at:stamp:from:)`` and ``gap(at:length:isExact:from:)`` come in the order of offsets and leave nothing out, and
/// ``end(_:from:)`` comes once, as the last call for that sender.
public protocol Stage: AnyObject {
  /// Takes note that the beginning of one direction was not captured: offset 0 is somewhere in what its sender sent.
  ///
  /// It comes before the first call for that sender, or not at all.
  ///
  /// - Parameter sender: the end whose direction begins in the middle.
  func beginsMidstream(from sender: Sender)

  /// Takes the next bytes of one direction.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call; never empty.
  ///   - offset: stream offset of the first byte.
  ///   - stamp: the packet that brought the bytes.
  ///   - sender: the end that sent them.
  func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender)

  /// Takes note of bytes that the capture lacks.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first missing byte.
  ///   - length: number of missing bytes.
  ///   - isExact: whether `length` is exact; if not, the offsets behind the gap are those of a stream in which it is.
  ///   - sender: the end that sent them.
  func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender)

  /// Takes note that two captured copies of bytes differ; the bytes may have come already, or come later.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first disputed byte.
  ///   - length: number of disputed bytes.
  ///   - sender: the end that sent them.
  func disputed(at offset: Int64, length: Int64, from sender: Sender)

  /// Takes note that nothing more comes of one direction.
  ///
  /// - Parameters:
  ///   - end: the reason.
  ///   - sender: the end whose direction ends.
  func end(_ end: StreamEnd, from sender: Sender)
}
