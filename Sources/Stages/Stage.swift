/// End of a connection that sent bytes.
public enum Sender: UInt8, Hashable, Sendable, CaseIterable {
  /// The end that sent the first captured packet.
  case originator = 0
  /// The other end.
  case responder = 1

  /// The opposite end.
  @inlinable public var other: Sender { self == .originator ? .responder : .originator }
}

/// Packet that brought bytes.
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

  /// The same stamp without `acknowledged`, for bytes of an upper layer: the packet acknowledges bytes of TCP, not bytes of that layer.
  package var withoutAcknowledgment: ByteStamp { ByteStamp(nanoseconds: nanoseconds, packet: packet, input: input) }
}

/// Reason why a direction of a stream ends.
public enum StreamEnd: String, Hashable, Sendable, CaseIterable {
  /// The sender closed its direction: a FIN, or close_notify in TLS.
  case finished
  /// The connection was reset.
  case reset
  /// The rest of the direction is not known: the capture has no more of the connection, or the engine closed it to free memory.
  case unknown
}

/// Layer that reads the bytes of both directions of a connection, such as TLS or HTTP.
///
/// A stage does not depend on what feeds it: TCP, TLS or a tunnel. One object serves both directions of one connection. For each sender,
/// ``bytes(_:at:stamp:from:)`` and ``gap(at:length:isExact:from:)`` are called in the order of offsets, without omissions, and
/// ``end(_:from:)`` is called once, as the last call for that sender.
public protocol Stage: AnyObject {
  /// Whether the stage needs only the number of further bytes of a direction, at least until the next call for the other one.
  ///
  /// While that is so, ``passed(_:at:from:)`` may be called instead of ``bytes(_:at:stamp:from:)``.
  ///
  /// - Parameter sender: the end that sends the bytes.
  /// - Returns: whether the bytes themselves do not matter.
  func needsOnlyCount(from sender: Sender) -> Bool

  /// Called if the capture lacks the beginning of one direction: offset 0 is a position inside the sender's stream.
  ///
  /// This is the first call for that sender.
  ///
  /// - Parameter sender: the end whose direction begins midstream.
  func beginsMidstream(from sender: Sender)

  /// Called with the next bytes of one direction.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call; never empty.
  ///   - offset: stream offset of the first byte.
  ///   - stamp: the packet that brought the bytes.
  ///   - sender: the end that sent them.
  func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender)

  /// Called with the number of the next bytes of one direction, if ``needsOnlyCount(from:)`` returned true.
  ///
  /// - Parameters:
  ///   - count: number of bytes.
  ///   - offset: stream offset of the first one.
  ///   - sender: the end that sent them.
  func passed(_ count: Int64, at offset: Int64, from sender: Sender)

  /// Called for bytes that the capture lacks.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first missing byte.
  ///   - length: number of missing bytes.
  ///   - isExact: whether `length` is exact. If it is not, the offsets after the gap assume that it is.
  ///   - sender: the end that sent the missing bytes.
  func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender)

  /// Called if two captured copies of the same bytes differ.
  ///
  /// The call may precede or follow the delivery of those bytes.
  ///
  /// - Parameters:
  ///   - offset: stream offset of the first disputed byte.
  ///   - length: number of disputed bytes.
  ///   - sender: the end that sent the disputed bytes.
  func disputed(at offset: Int64, length: Int64, from sender: Sender)

  /// Called once when one direction ends.
  ///
  /// - Parameters:
  ///   - end: the reason.
  ///   - sender: the end whose direction ends.
  func end(_ end: StreamEnd, from sender: Sender)
}

extension Stage {
  /// Whether the stage needs only the number of further bytes of a direction.
  ///
  /// - Parameter sender: the end that sends the bytes.
  /// - Returns: false unless a stage says otherwise.
  public func needsOnlyCount(from sender: Sender) -> Bool { false }

  /// Does nothing; a stage that may need only numbers implements it.
  ///
  /// - Parameters:
  ///   - count: number of bytes.
  ///   - offset: stream offset of the first one.
  ///   - sender: the end that sent them.
  public func passed(_ count: Int64, at offset: Int64, from sender: Sender) {}
}
