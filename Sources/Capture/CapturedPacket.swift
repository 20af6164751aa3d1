public import Packets

/// One packet as it lies in the buffer of its input: a view, valid until the next one is read.
///
/// It borrows the captures it came from, so that a packet kept beyond the next read does not compile.
public struct CapturedPacket: ~Escapable {
  /// Valid as long as `bytes`.
  @usableFromInline let record: UnsafePointer<PacketRecord>
  /// The captured bytes, link-layer header first.
  public let bytes: Span<UInt8>
  /// What the first bytes are.
  public let linkType: LinkType
  /// Whether the filter takes it; `true` where there is no filter. Packets are numbered before they are filtered.
  public let passesFilter: Bool

  /// Time, lengths, number and input.
  @inlinable public var info: CaptureInfo { record.pointee.info }

  /// A packet of the same input that comes soon, where it is at hand already; empty where not.
  ///
  /// Who keeps much about many connections can have memory fetched for it: `Assembler.expect`.
  public var upcoming: Span<UInt8> {
    @_lifetime(copy self)
    get {
      // Sound: both lie in the buffer that `bytes` lies in.
      let bytes = Span(_unsafeElements: UnsafeBufferPointer(start: record.pointee.upcoming, count: record.pointee.upcomingLength))
      return _overrideLifetime(bytes, copying: self)
    }
  }

  @_lifetime(copy bytes)
  init(_ record: UnsafePointer<PacketRecord>, bytes: Span<UInt8>) {
    self.record = record
    self.bytes = bytes
    linkType = record.pointee.linkType
    passesFilter = record.pointee.passesFilter
  }
}
