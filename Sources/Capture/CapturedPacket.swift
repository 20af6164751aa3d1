public import Packets

/// One packet as it lies in libpcap's buffer: a view, valid until the next one is read.
///
/// It borrows the handle it came from, so that a packet kept beyond the next read does not compile.
public struct CapturedPacket: ~Escapable {
  /// Time, lengths, number and input.
  public let info: CaptureInfo
  /// The captured bytes, link-layer header first.
  public let bytes: Span<UInt8>
  /// Whether the filter takes it; `true` where there is no filter. Packets are numbered before they are filtered.
  public let passesFilter: Bool

  @_lifetime(copy bytes)
  init(info: CaptureInfo, bytes: Span<UInt8>, passesFilter: Bool) {
    self.info = info
    self.bytes = bytes
    self.passesFilter = passesFilter
  }
}
