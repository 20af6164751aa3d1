package import Packets

extension Endpoint {
  /// An address and a port.
  package init(_ address: IPAddress, _ port: UInt16) { self.init(address, port: port) }

  /// - Precondition: `text` is a dotted IPv4 address or an IPv6 address in groups, `::` allowed once.
  package init(_ text: String, _ port: UInt16) { self.init(Endpoint.address(text), port) }

  /// An address from its text, kept apart from the code under test on purpose.
  package static func address(_ text: String) -> IPAddress {
    guard text.contains(":") else {
      let parts = text.split(separator: ".").compactMap { UInt32($0) }
      precondition(parts.count == 4, "not an IPv4 address: \(text)")
      return IPAddress(v4: parts.reduce(0) { $0 << 8 | $1 })
    }
    var groups = [UInt64](repeating: 0, count: 8)
    let halves = text.split(separator: "::", omittingEmptySubsequences: false).map { half in
      half.split(separator: ":").compactMap { UInt64($0, radix: 16) }
    }
    precondition(halves.count <= 2 && halves.joined().count <= 8, "not an IPv6 address: \(text)")
    for (index, group) in halves[0].enumerated() { groups[index] = group }
    if halves.count == 2 {
      for (index, group) in halves[1].enumerated() { groups[8 - halves[1].count + index] = group }
    }
    return IPAddress(high: groups[0..<4].reduce(0) { $0 << 16 | $1 }, low: groups[4..<8].reduce(0) { $0 << 16 | $1 })
  }
}

extension IPAddress {
  /// Four or sixteen bytes as they lie in a header.
  package var wireBytes: [UInt8] {
    switch family {
    case .v4: bigEndian(UInt32(truncatingIfNeeded: low))
    case .v6: bigEndian(high) + bigEndian(low)
    }
  }
}

/// The bytes of a number, the most significant first.
package func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
}

/// The bytes of a number, the least significant first.
package func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] { bigEndian(value).reversed() }
