/// The Ethernet addresses of a frame, 48 bits each in host order.
public struct EthernetAddresses: Hashable, Sendable {
  /// Address of the sender.
  public var source: UInt64
  /// Address of the receiver.
  public var destination: UInt64

  /// Creates addresses from their numbers.
  public init(source: UInt64, destination: UInt64) {
    self.source = source
    self.destination = destination
  }

  /// Reads the addresses at the start of a captured frame; nil for other link types, and if fewer than 12 bytes were captured.
  public init?(_ frame: Span<UInt8>, linkType: LinkType) {
    guard linkType == .ethernet, frame.count >= 12 else { return nil }
    destination = UInt64(frame.uint16(at: 0)) << 32 | UInt64(frame.uint32(at: 2))
    source = UInt64(frame.uint16(at: 6)) << 32 | UInt64(frame.uint32(at: 8))
  }
}
