internal import Packets

/// A capture that gives its packets one by one, whatever its container.
protocol PacketSource: AnyObject {
  /// Goes to the next packet, lets go of the one at hand, and describes the new one; answers `false` at the end of the capture.
  ///
  /// - Throws: `CaptureError` where the capture ends inside a packet or is damaged; every packet before it was given.
  func advance(_ packet: inout PacketRecord) throws(CaptureError) -> Bool

  /// Of all interfaces so far, each once.
  var linkTypes: [LinkType] { get }
  /// The most bytes that the capture keeps of a packet, as it says itself.
  var snapshotLength: Int { get }
  /// Packets that the capturing host lost; nil where the capture does not say.
  var drops: UInt64? { get }
}

/// A packet where it lies in the buffer of its stream.
struct PacketRecord {
  var time = Timestamp(nanoseconds: .min)
  /// Valid until the source goes on; nil before the first packet.
  var start: UnsafePointer<UInt8>?
  var capturedLength = 0
  var originalLength = 0
  /// Number of the interface in its section; 0 where there is but one.
  var interface: UInt32 = 0
  /// What its first bytes are.
  var linkType = LinkType(rawValue: -1)
  /// Whether the filter takes it; `true` without one.
  var passesFilter = true
}
