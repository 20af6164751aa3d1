internal import Packets

/// A capture that gives its packets one after the other, whatever its container.
protocol PacketSource: AnyObject {
  /// Lets go of the packets at hand and puts the next ones into `batch`, which is empty: one at least, but for the end of the capture.
  ///
  /// Everything the capture says of itself is up to date with the last of them.
  /// - Throws: `CaptureError` where the capture ends inside a packet or is damaged; every packet before it was given.
  func fill(_ batch: inout PacketBatch) throws(CaptureError)

  /// Of all interfaces so far, each once.
  var linkTypes: [LinkType] { get }
  /// The most bytes that the capture keeps of a packet, as it says itself.
  var snapshotLength: Int { get }
  /// Packets that the capturing host lost; nil where the capture does not say.
  var drops: UInt64? { get }
  /// What of the capture could not be read although what follows was.
  var damage: CaptureDamage { get }
}
