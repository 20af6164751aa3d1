/// What became of a segment: for tests and for a trace.
public struct Disposition: Hashable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Its bytes, or some of them, went to the stream.
    case delivered
    /// Ahead of the expected offset: copied into pages.
    case queued
    /// Every byte was there before.
    case repeated
    /// No payload and no effect worth a name.
    case control
    case opened, pendingSYN
    case finished, reset, refused
    case keepAlive, beforeStart, late, beyondFin, outOfWindow, rejected
    case rstIgnored, finIgnored, synAckIgnored
    /// Belongs to no connection and makes none.
    case stray
    /// Late segment of a completed connection.
    case straggler
    /// An IP fragment that waits for the rest of its datagram.
    case fragment
  }

  public var kind: Kind
  /// The id of the connection; 0 where there is none.
  public var connection: UInt64

  public init(kind: Kind, connection: UInt64 = 0) {
    self.kind = kind
    self.connection = connection
  }
}
