public import Packets

/// One packet as it lies in the buffer of its input: a view, valid until the next one is read.
///
/// It borrows the captures it came from, so that a packet kept beyond the next read does not compile.
public struct CapturedPacket: ~Escapable {
  /// Valid as long as the packet is, with the bytes that it describes.
  @usableFromInline let record: UnsafePointer<PacketRecord>

  @_lifetime(borrow record)
  @usableFromInline
  init(_ record: UnsafePointer<PacketRecord>) { self.record = record }

  /// The captured bytes, link-layer header first.
  @inlinable public var bytes: Span<UInt8> {
    @_lifetime(copy self)
    get {
      // Sound: whoever made the packet keeps them as long as it is valid.
      let buffer = UnsafeBufferPointer(start: record.pointee.start, count: record.pointee.info.capturedLength)
      return _overrideLifetime(Span(_unsafeElements: buffer), copying: self)
    }
  }

  /// What the first bytes are.
  @inlinable public var linkType: LinkType { record.pointee.linkType }
  /// Whether the filter takes it; `true` where there is no filter.
  ///
  /// Packets are numbered before they are filtered.
  @inlinable public var passesFilter: Bool { record.pointee.passesFilter }
  /// Time, lengths, number and input.
  @inlinable public var info: CaptureInfo { record.pointee.info }

  /// Tells of the packets of its input that are at hand from this one on, where they have just been read, else of none: those that the filter
  /// takes, until `tell` answers `false`.
  ///
  /// Who keeps much about many connections can have memory fetched for them: `Assembler.expect`.
  @inlinable @inline(__always)
  public func forEachUpcoming(_ tell: (borrowing CapturedPacket) -> Bool) {
    for number in 0..<Int(record.pointee.batchCount) {
      // Sound: the packets of a batch lie one behind the other.
      let packet = _overrideLifetime(CapturedPacket(record + number), copying: self)
      if packet.passesFilter, !tell(packet) { return }
    }
  }
}
