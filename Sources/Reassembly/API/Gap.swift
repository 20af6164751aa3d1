/// Range of a stream that was given up.
public struct Gap: Hashable, Sendable {
  /// Reason why the bytes are missing.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// The bytes were never captured.
    case lost
    /// The snap length cut the bytes off.
    case cut
    /// The bytes were captured, and an option or ``SegmentFilter/accept(_:info:from:next:start:)`` rejected them.
    case rejected
    /// The capture paused, and the stream went on far ahead.
    case jump
  }

  /// Event that made the assembler give the range up.
  public enum Cause: UInt8, Sendable, CaseIterable {
    /// Bytes after it waited longer than the gap timeout, or the stream resynchronised.
    case age
    /// The connection reached its memory limit.
    case pageLimit
    /// All connections together reached their memory limit.
    case memoryLimit
    /// The connection completed.
    case close
    /// The input ended.
    case end
  }

  /// Stream offset of the first missing byte.
  public var offset: Int64
  /// Number of missing bytes, above 0.
  public var length: Int64
  /// Reason why the bytes are missing.
  public var kind: Kind
  /// Event that made the assembler give the range up.
  public var cause: Cause
  /// Whether the peer had acknowledged the range: the receiver got the bytes and the capture did not.
  public var acknowledged: Bool

  /// Creates a gap of `length` bytes at a stream offset.
  public init(offset: Int64, length: Int64, kind: Kind, cause: Cause, acknowledged: Bool) {
    self.offset = offset
    self.length = length
    self.kind = kind
    self.cause = cause
    self.acknowledged = acknowledged
  }
}
