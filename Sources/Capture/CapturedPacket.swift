public import Packets

/// One packet as it lies in the buffer of its input: a view, valid until the next one is read.
///
/// It borrows the captures it came from, so that a packet kept beyond the next read does not compile.
public struct CapturedPacket: ~Escapable {
  /// Time, lengths, number and input.
  public let info: CaptureInfo
  /// The captured bytes, link-layer header first.
  public let bytes: Span<UInt8>
  /// What the first bytes are.
  public let linkType: LinkType
  /// Whether the filter takes it; `true` where there is no filter. Packets are numbered before they are filtered.
  public let passesFilter: Bool

  @_lifetime(copy bytes)
  init(info: CaptureInfo, bytes: Span<UInt8>, linkType: LinkType, passesFilter: Bool) {
    self.info = info
    self.bytes = bytes
    self.linkType = linkType
    self.passesFilter = passesFilter
  }
}
