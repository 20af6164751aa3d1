public import Packets

/// A packet in the buffer of its stream.
@usableFromInline
struct PacketRecord {
  /// Facts about the packet; its batch assigns number and input.
  @usableFromInline var info: CaptureInfo
  /// Start of the captured bytes, valid until the source continues.
  @usableFromInline var start: UnsafePointer<UInt8>
  /// Link type of the packet.
  @usableFromInline var linkType: LinkType
  /// Whether the filter accepts the packet; true without a filter.
  @usableFromInline var passesFilter = true
  /// Number of bytes of a frame check sequence behind the captured bytes.
  @usableFromInline var checkSequenceCaptured: UInt8 = 0
  /// Length in bytes of the frame check sequence of the packet on the wire, as far as it is known; 0 if there is none.
  @usableFromInline var checkSequence: UInt8 = 0

  /// Creates a record; `interface` is the number of the interface in its section, 0 if there is only one.
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

  /// Removes a frame check sequence from both lengths.
  mutating func removeCheckSequence(_ length: Int) {
    let (captured, original) = (info.capturedLength, info.originalLength)
    info.removeCheckSequence(length)
    checkSequenceCaptured = UInt8(clamping: captured &- info.capturedLength)
    checkSequence = UInt8(clamping: original &- info.originalLength)
  }
}
