public import Packets

/// Which packet brought a byte, and when: what stays known of a packet while its bytes wait in pages.
public struct PacketStamp: Hashable, Sendable {
  public var time: Timestamp
  /// Counted from 1 in its input; 48 bits are kept.
  public var packetNumber: UInt64
  /// Index of the input; 16 bits are kept, so inputs beyond the 65 536th share the last number.
  public var input: UInt32
  /// The acknowledgment number the packet carried; nil without the ACK bit.
  public var acknowledgment: SequenceNumber?

  @inlinable
  public init(time: Timestamp, packetNumber: UInt64, input: UInt32 = 0, acknowledgment: SequenceNumber? = nil) {
    self.time = time
    self.packetNumber = packetNumber
    self.input = input
    self.acknowledgment = acknowledgment
  }

  /// Stands where no packet is at hand.
  static var none: PacketStamp { PacketStamp(time: Timestamp(nanoseconds: 0), packetNumber: 0) }

  init(_ segment: borrowing TCPSegment, _ info: CaptureInfo) {
    self.init(
      time: info.time, packetNumber: info.packetNumber, input: info.input,
      acknowledgment: segment.flags.contains(.ack) ? segment.acknowledgment : nil)
  }
}
