public import Packets

/// A packet where it lies in the buffer of its stream.
@usableFromInline
struct PacketRecord {
  /// Number and input are those that its batch gives it, where it stands in one.
  @usableFromInline var info: CaptureInfo
  /// Valid until the source goes on.
  var start: UnsafePointer<UInt8>
  /// A packet that comes soon, valid as long; nil where it is not known.
  var upcoming: UnsafePointer<UInt8>?
  var upcomingLength = 0
  /// What its first bytes are.
  var linkType: LinkType
  /// Whether the filter takes it; `true` without one.
  var passesFilter = true

  /// - Parameter interface: its number in its section; 0 where there is but one.
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

  /// The captured bytes. Whoever asks knows how long they are valid.
  @inline(__always)
  var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: info.capturedLength) }
}
