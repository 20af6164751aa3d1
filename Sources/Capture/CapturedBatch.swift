/// Packets of one input in its buffer: a view, valid until the next packets are read.
///
/// If you need to prepare for the packets to come, such as prefetching memory, go through the batch before you use its first packet.
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

  /// Packet at an index, including packets that the filter rejects.
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
      // Sound: the packets of a batch are contiguous, and the precondition bounds the index.
      return _overrideLifetime(CapturedPacket(first + index), copying: self)
    }
  }
}
