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

  /// Link type of the packet, which identifies the first header.
  @inlinable public var linkType: LinkType { record.pointee.linkType }
  /// Whether the filter accepts the packet; true without a filter.
  ///
  /// Packets are numbered before they are filtered.
  @inlinable public var passesFilter: Bool { record.pointee.passesFilter }
  /// Time, lengths, number and input.
  @inlinable public var info: CaptureInfo { record.pointee.info }
}
