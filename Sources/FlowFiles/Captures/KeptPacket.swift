internal import Packets

/// Facts about a captured packet that is written to the capture of its connection, besides its bytes and its interface.
///
/// The interface goes beside it as a parameter, so that no reference is counted for a packet.
struct KeptPacket {
  /// Capture time.
  var time: Timestamp
  /// Number of the packet in its input, and the index of that.
  var reference: PacketReference
  /// Number of bytes on the wire, with a frame check sequence that the capture has too.
  var originalLength: Int
  /// Length in bytes of the frame check sequence; 0 if there is none.
  var checkSequence: Int

  /// Creates the facts about a packet.
  ///
  /// - Parameters:
  ///   - info: the capture information of the packet, as it was read.
  ///   - checkSequence: the length in bytes of the frame check sequence that `info` leaves out; 0 if there is none.
  init(_ info: CaptureInfo, checkSequence: Int) {
    time = info.time
    reference = PacketReference(info)
    originalLength = info.originalLength &+ checkSequence
    self.checkSequence = checkSequence
  }

  init(time: Timestamp, reference: PacketReference, originalLength: Int, checkSequence: Int) {
    self.time = time
    self.reference = reference
    self.originalLength = originalLength
    self.checkSequence = checkSequence
  }
}
