internal import Packets

/// Packet that is being assembled: where its bytes are, so that bytes of a stream can be recognized as bytes of it.
final class PacketInProgress {
  @exclusivity(unchecked) private(set) var reference = PacketReference(number: 0, input: 0)
  @exclusivity(unchecked) private var interface: ObjectIdentifier?
  /// Addresses of its bytes, empty while there is no packet.
  ///
  /// They are compared, and nothing is read there.
  @exclusivity(unchecked) private var addresses: Range<UInt> = 0..<0

  /// Begins a packet, whose bytes stay where they are until its end.
  func begin(_ bytes: Span<UInt8>, _ reference: PacketReference, _ interface: CaptureInterface) {
    self.reference = reference
    self.interface = ObjectIdentifier(interface)
    addresses = Self.addresses(of: bytes)
  }

  /// Ends the packet.
  func end() { addresses = 0..<0 }

  /// Returns the position of bytes in the packet; nil if they are not of it, or another interface captured it.
  func position(of bytes: Span<UInt8>, _ interface: ObjectIdentifier) -> Int? {
    let part = Self.addresses(of: bytes)
    guard self.interface == interface, part.lowerBound >= addresses.lowerBound, part.upperBound <= addresses.upperBound else { return nil }
    return Int(part.lowerBound - addresses.lowerBound)
  }

  private static func addresses(of bytes: Span<UInt8>) -> Range<UInt> {
    bytes.withUnsafeBytes { memory in
      let start = UInt(bitPattern: memory.baseAddress)
      return start..<(start &+ UInt(memory.count))
    }
  }
}
