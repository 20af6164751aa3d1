/// Result of assembling one segment, for tests and traces.
public struct Disposition: Hashable, Sendable {
  /// Result by kind.
  public enum Kind: String, Sendable, CaseIterable {
    /// Bytes of the segment went to the stream.
    case delivered
    /// The payload lies above the expected offset and was copied into pages.
    case queued
    /// Every byte repeats a byte that was delivered or is queued.
    case repeated
    /// The segment has no payload, and no effect that has a kind of its own.
    case control
    /// A SYN or SYN-ACK made a connection.
    case opened
    /// A SYN may begin the next connection of these addresses and ports.
    case pendingSYN
    /// A FIN gave the end of its direction.
    case finished
    /// A reset was accepted, or waits until the stream reaches it.
    case reset
    /// A reset answered the SYN.
    case refused
    /// The only byte lies right before the expected offset.
    case keepAlive
    /// The payload lies below offset 0.
    case beforeStart
    /// The payload lies in a gap that was reported.
    case late
    /// The payload lies at or beyond the FIN.
    case beyondFin
    /// The payload lies more than 2^30 bytes from the expected offset.
    case outOfWindow
    /// The stream or an option rejected the segment.
    case rejected
    /// A reset does not count.
    case rstIgnored
    /// A FIN does not count.
    case finIgnored
    /// A SYN-ACK has another number than the one that counts.
    case synAckIgnored
    /// The segment belongs to no connection and makes none.
    case stray
    /// The segment belongs to a connection in time-wait.
    case straggler
    /// The IP fragment waits for the rest of its datagram.
    case fragment
    /// The segment belongs to a connection of another shard.
    case foreign
  }

  /// Kind of the result.
  public var kind: Kind
  /// Id of the connection; 0 if there is none.
  public var connection: UInt64

  /// Creates a result of a kind for the connection with an id.
  public init(kind: Kind, connection: UInt64 = 0) {
    self.kind = kind
    self.connection = connection
  }
}
