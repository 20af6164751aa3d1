internal import Glibc
internal import Packets
internal import Paths

/// Community ID, version 1, seed 0: a name of a connection that other tools compute in the same way.
struct CommunityID {
  private let sha1: Digest
  /// Hashed message: seed, both addresses, protocol, padding, both ports.
  private var message: [UInt8] = []
  private static let longestMessage = 40
  private var digest = [UInt8](repeating: 0, count: 20)

  /// Creates a writer of Community IDs.
  ///
  /// - Throws: `OutputError` if libcrypto has no SHA-1.
  init() throws(OutputError) {
    guard let sha1 = Digest(.sha1) else { throw OutputError(path: "libcrypto, SHA-1", reason: .system(SystemError(code: ENOSYS))) }
    self.sha1 = sha1
  }

  /// Appends the ID: `1:` and 28 characters of base64.
  ///
  /// Both directions have the same ID.
  mutating func append(_ key: FlowKey, to text: inout [UInt8]) {
    let ordered = key.isCanonical ? key : key.reversed
    message.removeAll(keepingCapacity: true)
    message.append(addingCapacity: Self.longestMessage) { bytes in
      bytes.append(repeating: 0, count: 2)
      Self.append(ordered.source, to: &bytes)
      Self.append(ordered.destination, to: &bytes)
      bytes.append(6)
      bytes.append(0)
      for port in [ordered.sourcePort, ordered.destinationPort] {
        bytes.append(UInt8(truncatingIfNeeded: port >> 8))
        bytes.append(UInt8(truncatingIfNeeded: port))
      }
    }
    sha1.update(message)
    sha1.finish(into: &digest)
    text.append(contentsOf: [0x31, 0x3a])
    text.append(base64: digest)
  }

  private static func append(_ address: IPAddress, to bytes: inout OutputSpan<UInt8>) {
    if address.family == .v6 {
      for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: address.high >> shift)) }
    }
    let first: UInt64 = address.family == .v6 ? 56 : 24
    for shift in stride(from: first, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: address.low >> shift)) }
  }
}
