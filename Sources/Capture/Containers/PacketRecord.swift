public import Packets

/// A packet where it lies in the buffer of its stream.
@usableFromInline
struct PacketRecord {
  /// Number and input are those that its batch gives it, where it stands in one.
  @usableFromInline var info: CaptureInfo
  /// Valid until the source goes on.
  @usableFromInline var start: UnsafePointer<UInt8>
  /// What its first bytes are.
  @usableFromInline var linkType: LinkType
  /// Whether the filter takes it; `true` without one.
  @usableFromInline var passesFilter = true

  /// Makes a record; `interface` is the number of the interface in its section, 0 where there is but one.
  @inline(__always)
  init(
    time: Timestamp, start: UnsafePointer<UInt8>, capturedLength: Int, originalLength: Int, packetNumber: UInt64 = 0, interface: UInt32 = 0,
    linkType: LinkType
  ) {
    info = CaptureInfo(
      time: time, capturedLength: capturedLength, originalLength: originalLength, packetNumber: packetNumber, interface: interface)
    self.start = start
    self.linkType = linkType
  }
}
