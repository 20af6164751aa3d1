/// Facts about a captured packet besides its bytes.
public struct CaptureInfo: Hashable, Sendable {
  /// Capture time.
  public var time: Timestamp
  /// Number of bytes in the capture, without a frame check sequence.
  public var capturedLength: Int
  /// Number of bytes that the packet had on the wire, without a frame check sequence; larger than `capturedLength` if the snap length cut it.
  public var originalLength: Int
  /// Number of the packet in its input, counted from 1 as Wireshark counts, whatever the filter.
  public var packetNumber: UInt64
  /// Index of the input the packet came from, from 0.
  public var input: UInt32
  /// Number of the interface that captured it, as the capture numbers them (pcapng); 0 if it does not.
  public var interface: UInt32
  /// Ethernet addresses of the frame; nil if they are not needed.
  public var ethernet: EthernetAddresses?

  /// Creates the facts about a packet.
  ///
  /// - Parameters:
  ///   - time: the capture time.
  ///   - capturedLength: the number of bytes in the capture.
  ///   - originalLength: the number of bytes on the wire; nil if the packet was captured whole.
  ///   - packetNumber: the number of the packet, counted from 1.
  ///   - input: the index of the input.
  ///   - interface: the number of the interface.
  @inlinable
  public init(
    time: Timestamp, capturedLength: Int, originalLength: Int? = nil, packetNumber: UInt64, input: UInt32 = 0, interface: UInt32 = 0
  ) {
    self.time = time
    self.capturedLength = capturedLength
    self.originalLength = originalLength ?? capturedLength
    self.packetNumber = packetNumber
    self.input = input
    self.interface = interface
    ethernet = nil
  }

  /// Number that identifies the source of the packet, which has one clock: an input, and an interface of it.
  @inlinable
  package var source: UInt64 { UInt64(input) | UInt64(interface) << 32 }

  /// Removes a frame check sequence at the end of the packet from both lengths.
  ///
  /// The network card has checked it, and no protocol carries it: a decoder that saw it would take it for payload if the IP header states
  /// no length. A reader of captures calls this for every packet that holds one, as the capture says.
  ///
  /// - Parameter length: length of the check sequence in bytes; 0 if there is none.
  @inlinable
  public mutating func removeCheckSequence(_ length: Int) {
    originalLength = max(0, originalLength &- max(0, length))
    capturedLength = min(capturedLength, originalLength)
  }
}
