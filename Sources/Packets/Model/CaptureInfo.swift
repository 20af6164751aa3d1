/// A time of a packet: nanoseconds since 1970-01-01T00:00:00Z, as the capture states it.
///
/// Microsecond captures are multiplied by 1 000. The range is that of 64 bits: 1677 to 2262.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970.
  public var nanoseconds: Int64

  /// Makes a time.
  @inlinable
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Whether `a` is earlier.
  @inlinable
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// What the capture knows of one packet besides its bytes.
public struct CaptureInfo: Hashable, Sendable {
  /// When the packet was captured.
  public var time: Timestamp
  /// Bytes present in the capture, without a frame check sequence.
  public var capturedLength: Int
  /// Bytes the packet had on the wire, without a frame check sequence; larger than `capturedLength` where the snap length cut it.
  public var originalLength: Int
  /// Number of the packet in its input, counted from 1 as Wireshark counts, whatever the filter.
  public var packetNumber: UInt64
  /// Index of the input the packet came from, from 0.
  public var input: UInt32
  /// Number of the interface that captured it, as the capture numbers them (pcapng); 0 where it does not.
  public var interface: UInt32
  /// Addresses of the frame; nil where nobody wants them.
  public var ethernet: EthernetAddresses?

  /// Makes what is known of a packet.
  @inlinable
  public init(
    time: Timestamp, capturedLength: Int, originalLength: Int, packetNumber: UInt64, input: UInt32 = 0, interface: UInt32 = 0
  ) {
    self.time = time
    self.capturedLength = capturedLength
    self.originalLength = originalLength
    self.packetNumber = packetNumber
    self.input = input
    self.interface = interface
    ethernet = nil
  }

  /// Leaves a frame check sequence that stands at the end of the packet out of both lengths.
  ///
  /// The network card has checked it, and no protocol carries it: a decoder that saw it would take it for payload where an IP header states
  /// no length. Whoever reads a capture calls this for every packet of which the capture says that it holds one.
  /// - Parameter length: bytes of the check sequence; 0 where there is none.
  @inlinable
  public mutating func removeCheckSequence(_ length: Int) {
    originalLength = max(0, originalLength &- max(0, length))
    capturedLength = min(capturedLength, originalLength)
  }
}
