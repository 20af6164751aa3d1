package import Packets

/// The fields of an IPv4 header (RFC 791, section 3.1), every one of which a test may set wrong.
package struct IPv4Header: Sendable {
  package var source: IPAddress
  package var destination: IPAddress
  package var `protocol`: UInt8
  package var identification: UInt16 = 0
  package var timeToLive: UInt8 = 64
  package var typeOfService: UInt8 = 0
  /// A multiple of four bytes, at most 40.
  package var options: [UInt8] = []
  package var dontFragment = false
  package var moreFragments = false
  /// In bytes, a multiple of eight.
  package var fragmentOffset = 0
  /// `nil` states the true length; 0 is what captures of offloaded segments carry.
  package var totalLength: UInt16?
  /// `nil` states the true length, in 32-bit words.
  package var headerWords: UInt8?

  package init(source: IPAddress, destination: IPAddress, protocol number: UInt8) {
    self.source = source
    self.destination = destination
    self.protocol = number
  }

  package func packet(_ payload: [UInt8]) -> [UInt8] {
    let length = 20 + options.count
    let fragment = UInt16(fragmentOffset / 8) | (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0)
    var header: [UInt8] = [0x40 | (headerWords ?? UInt8(length / 4)), typeOfService]
    header += bigEndian(totalLength ?? UInt16(truncatingIfNeeded: length + payload.count))
    header += bigEndian(identification) + bigEndian(fragment) + [timeToLive, `protocol`, 0, 0]
    header += source.wireBytes + destination.wireBytes + options
    header.replaceSubrange(10..<12, with: bigEndian(PacketBuilder.checksum(header)))
    return header + payload
  }

  /// The datagram in fragments of `size` payload bytes, in order; options go into the first alone.
  ///
  /// - Precondition: `size` is a multiple of eight.
  package func fragments(_ payload: [UInt8], size: Int) -> [[UInt8]] {
    precondition(size > 0 && size % 8 == 0, "fragments are cut at multiples of eight")
    return stride(from: 0, to: payload.count, by: size).map { start in
      let end = min(start + size, payload.count)
      return fragment(Array(payload[start..<end]), at: start, more: end < payload.count)
    }
  }

  /// One fragment.
  package func fragment(_ payload: [UInt8], at offset: Int, more: Bool) -> [UInt8] {
    var header = self
    header.fragmentOffset = offset
    header.moreFragments = more
    if offset > 0 { header.options = [] }
    return header.packet(payload)
  }
}
