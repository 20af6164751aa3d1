public import Packets

/// Number, time and acknowledgment of the packet that brought a byte.
///
/// It is what stays known of a packet while its bytes wait in pages.
public struct PacketStamp: Hashable, Sendable {
  /// Capture time.
  public var time: Timestamp
  /// Number of the packet, counted from 1 in its input; 48 bits are kept.
  public var packetNumber: UInt64
  /// Index of the input; 16 bits are kept, so that inputs from 65 535 on share one index.
  public var input: UInt32
  /// Acknowledgment number of the packet; nil without the ACK bit.
  public var acknowledgment: SequenceNumber?

  /// Creates a stamp from its parts.
  @inlinable
  public init(time: Timestamp, packetNumber: UInt64, input: UInt32 = 0, acknowledgment: SequenceNumber? = nil) {
    self.time = time
    self.packetNumber = packetNumber
    self.input = input
    self.acknowledgment = acknowledgment
  }

  /// Stamp for a delivery that no packet caused.
  static var none: PacketStamp { PacketStamp(time: Timestamp(nanoseconds: 0), packetNumber: 0) }

  init(_ segment: borrowing TCPSegment, _ info: CaptureInfo) {
    self.init(
      time: info.time, packetNumber: info.packetNumber, input: info.input,
      acknowledgment: segment.flags.contains(.ack) ? segment.acknowledgment : nil)
  }
}
