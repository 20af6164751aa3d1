internal import Packets

/// Community ID, version 1, seed 0: a name of a connection that other tools compute alike.
struct CommunityID {
  private let sha1: Digest
  /// Seed, both addresses, protocol, padding, both ports.
  private var message: [UInt8] = []
  private var digest = [UInt8](repeating: 0, count: 20)

  init(sha1: Digest) { self.sha1 = sha1 }

  /// Appends the ID, `1:` and 28 characters of base64. Both directions have the same.
  mutating func append(_ key: FlowKey, to text: inout [UInt8]) {
    let ordered = key.isCanonical ? key : key.reversed
    message.removeAll(keepingCapacity: true)
    message.append(contentsOf: [0, 0])
    append(ordered.source)
    append(ordered.destination)
    message.append(contentsOf: [6, 0])
    append(ordered.sourcePort)
    append(ordered.destinationPort)
    sha1.update(message)
    sha1.finish(into: &digest)
    text.append(text: "1:")
    text.append(base64: digest)
  }

  private mutating func append(_ port: UInt16) {
    message.append(UInt8(port >> 8))
    message.append(UInt8(port & 255))
  }

  private mutating func append(_ address: IPAddress) {
    if address.family == .v6 {
      for shift in stride(from: UInt64(56), through: 0, by: -8) { message.append(UInt8(truncatingIfNeeded: address.high >> shift)) }
    }
    let first: UInt64 = address.family == .v6 ? 56 : 24
    for shift in stride(from: first, through: 0, by: -8) { message.append(UInt8(truncatingIfNeeded: address.low >> shift)) }
  }
}
