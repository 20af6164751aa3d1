public import Packets

/// Packet in the buffer of its input: a view, valid until the next packet is read.
///
/// It borrows the capture that it comes from, so code that keeps a packet beyond the next read does not compile.
public struct CapturedPacket: ~Escapable {
  /// Pointer that is valid as long as the packet, like the bytes that the record describes.
  @usableFromInline let record: UnsafePointer<PacketRecord>

  @_lifetime(borrow record)
  @usableFromInline
  init(_ record: UnsafePointer<PacketRecord>) { self.record = record }

  /// Captured bytes, link-layer header first.
  @inlinable public var bytes: Span<UInt8> {
    @_lifetime(copy self)
    get {
      // Sound: the input keeps the bytes as long as the packet is valid.
      let buffer = UnsafeBufferPointer(start: record.pointee.start, count: record.pointee.info.capturedLength)
      return _overrideLifetime(Span(_unsafeElements: buffer), copying: self)
    }
  }

  /// Captured bytes with a frame check sequence behind them, as the capture has them.
  @inlinable public var wholeBytes: Span<UInt8> {
    @_lifetime(copy self)
    get {
      // Sound: the check sequence was removed from the length only, so its bytes lie behind the others in the same buffer.
      let count = record.pointee.info.capturedLength &+ Int(record.pointee.checkSequenceCaptured)
      let buffer = UnsafeBufferPointer(start: record.pointee.start, count: count)
      return _overrideLifetime(Span(_unsafeElements: buffer), copying: self)
    }
  }
  /// Length in bytes of the frame check sequence that ``info`` leaves out of the length on the wire; 0 if there is none.
  @inlinable public var checkSequence: Int { Int(record.pointee.checkSequence) }
  /// Link type of the packet, which identifies the first header.
  @inlinable public var linkType: LinkType { record.pointee.linkType }
  /// Whether the filter accepts the packet; true without a filter.
  ///
  /// Packets are numbered before they are filtered.
  @inlinable public var passesFilter: Bool { record.pointee.passesFilter }
  /// Time, lengths, number and input.
  @inlinable public var info: CaptureInfo { record.pointee.info }
}
