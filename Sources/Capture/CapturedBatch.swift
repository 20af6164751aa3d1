/// Packets of one input that lie in its buffer: a view, valid until the next ones are read.
///
/// If you have a use for the packets to come, such as fetching memory for them, go through the batch before you use its first packet.
public struct CapturedBatch: ~Escapable {
  /// Number of packets, at least 1.
  public let count: Int
  @usableFromInline let first: UnsafePointer<PacketRecord>

  @_lifetime(borrow first)
  @usableFromInline
  init(_ first: UnsafePointer<PacketRecord>, count: Int) {
    self.first = first
    self.count = count
  }

  /// Packet at an index, those that the filter refuses included.
  ///
  /// O(1).
  ///
  /// - Parameter index: the index of the packet.
  /// - Returns: a view of the packet, valid as long as `self`.
  /// - Precondition: `index` is in `0..<count`.
  @inlinable
  public subscript(index: Int) -> CapturedPacket {
    @_lifetime(copy self)
    get {
      precondition(index >= 0 && index < count, "no such packet")
      // Sound: the packets of a batch lie one behind the other, and the precondition holds the index.
      return _overrideLifetime(CapturedPacket(first + index), copying: self)
    }
  }
}
