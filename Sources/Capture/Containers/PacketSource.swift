internal import Packets

/// A capture that returns its packets one after the other, independent of its container.
protocol PacketSource: AnyObject {
  /// Replaces the current packets by the next ones.
  ///
  /// `batch` is empty before. It receives at least one packet unless the capture ends. All other properties are up to date with the last
  /// packet added.
  ///
  /// - Parameter batch: the batch that receives the packets.
  /// - Throws: `CaptureError` if the capture ends inside a packet or is damaged; every packet before that place was returned.
  func fill(_ batch: inout PacketBatch) throws(CaptureError)

  /// Link types of all interfaces so far, each once.
  var linkTypes: [LinkType] { get }
  /// Greatest number of bytes that the capture keeps of a packet, as its header states.
  var snapshotLength: Int { get }
  /// Number of packets that the capturing host lost; nil if the capture does not say.
  var drops: UInt64? { get }
  /// Parts of the capture that could not be read although later parts could.
  var damage: CaptureDamage { get }
}
