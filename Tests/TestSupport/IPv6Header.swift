package import Packets

/// The fields of an IPv6 header (RFC 8200, section 3) and the extension headers behind it.
package struct IPv6Header: Sendable {
  /// An extension header without its first byte, which names the header that follows.
  package struct Extension: Sendable {
    package var number: UInt8
    /// From the second byte of the header on.
    package var rest: [UInt8]

    package init(number: UInt8, rest: [UInt8]) {
      self.number = number
      self.rest = rest
    }

    /// Hop-by-hop options of eight bytes: one PadN option of six (RFC 8200, 4.2).
    package static let hopByHop = Extension(number: 0, rest: [0, 1, 4, 0, 0, 0, 0])
    /// Destination options of sixteen bytes.
    package static let destinationOptions = Extension(number: 60, rest: [1, 1, 12] + [UInt8](repeating: 0, count: 12))
    /// A routing header of type 0 without segments left.
    package static let routing = Extension(number: 43, rest: [2, 0, 0] + [UInt8](repeating: 0, count: 20))
    /// An authentication header of 24 bytes; its length counts words less two (RFC 4302).
    package static let authentication = Extension(number: 51, rest: [4] + [UInt8](repeating: 0, count: 22))

    /// A fragment header (RFC 8200, 4.5).
    package static func fragment(offset: Int, more: Bool, identification: UInt32) -> Extension {
      let field = UInt16(offset & ~7) | (more ? 1 : 0)
      return Extension(number: 44, rest: [0] + bigEndian(field) + bigEndian(identification))
    }
  }

  package var source: IPAddress
  package var destination: IPAddress
  package var nextHeader: UInt8
  package var hopLimit: UInt8 = 64
  package var flowLabel: UInt32 = 0
  package var extensions: [Extension] = []
  /// `nil` states the true length.
  package var payloadLength: UInt16?

  package init(source: IPAddress, destination: IPAddress, nextHeader: UInt8) {
    self.source = source
    self.destination = destination
    self.nextHeader = nextHeader
  }

  package func packet(_ payload: [UInt8]) -> [UInt8] {
    let numbers = extensions.map(\.number) + [nextHeader]
    let headers = extensions.enumerated().flatMap { [numbers[$0 + 1]] + $1.rest }
    var bytes = bigEndian(0x6000_0000 | (flowLabel & 0xf_ffff))
    bytes += bigEndian(payloadLength ?? UInt16(truncatingIfNeeded: headers.count + payload.count)) + [numbers[0], hopLimit]
    return bytes + source.wireBytes + destination.wireBytes + headers + payload
  }

  /// The datagram in fragments of `size` payload bytes, in order; the extension headers stand before each fragment header.
  ///
  /// - Precondition: `size` is a multiple of eight.
  package func fragments(_ payload: [UInt8], size: Int, identification: UInt32) -> [[UInt8]] {
    precondition(size > 0 && size % 8 == 0, "fragments are cut at multiples of eight")
    return stride(from: 0, to: payload.count, by: size).map { start in
      let end = min(start + size, payload.count)
      return fragment(Array(payload[start..<end]), at: start, more: end < payload.count, identification: identification)
    }
  }

  /// One fragment; an atomic one (RFC 6946) where `offset` is 0 and nothing follows.
  package func fragment(_ payload: [UInt8], at offset: Int, more: Bool, identification: UInt32) -> [UInt8] {
    var header = self
    header.extensions.append(.fragment(offset: offset, more: more, identification: identification))
    return header.packet(payload)
  }
}
