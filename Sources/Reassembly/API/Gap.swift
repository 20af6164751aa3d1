/// A range of a stream that was given up.
public struct Gap: Hashable, Sendable {
  /// What is missing there.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Never captured.
    case lost
    /// Cut off by the snap length.
    case cut
    /// Captured, and turned away by an option or by `Stream.accept`.
    case rejected
    /// The capture paused: the stream went on far ahead.
    case jump
  }

  /// What made the assembler give it up.
  public enum Cause: UInt8, Sendable, CaseIterable {
    /// Bytes behind it waited longer than the gap timeout, or the stream was seen to have gone on far ahead.
    case age
    case pageLimit
    case memoryLimit
    /// The connection completed.
    case close
    /// The input ended.
    case end
  }

  /// Of the first missing byte in the stream.
  public var offset: Int64
  /// In bytes, above 0.
  public var length: Int64
  public var kind: Kind
  public var cause: Cause
  /// The peer had acknowledged bytes beyond it: the receiver got them, the capture did not.
  public var acknowledged: Bool

  public init(offset: Int64, length: Int64, kind: Kind, cause: Cause, acknowledged: Bool) {
    self.offset = offset
    self.length = length
    self.kind = kind
    self.cause = cause
    self.acknowledged = acknowledged
  }
}
