import Packets
import Testing

struct ChecksumTests {
  /// The sum as RFC 1071 words it, over pseudo header and segment.
  private func checksum(_ addresses: ArraySlice<UInt8>, _ segment: [UInt8]) -> UInt16 {
    var bytes = Array(addresses) + [0, 6] + Frame.word(segment.count) + segment
    if bytes.count % 2 == 1 { bytes.append(0) }
    var sum = 0
    for index in stride(from: 0, to: bytes.count, by: 2) { sum += Int(bytes[index]) << 8 | Int(bytes[index + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }

  private func verdict(_ bytes: [UInt8], cut: Int = 0) throws -> TCPSegment.ChecksumVerdict {
    let captured = Array(bytes.dropLast(cut))
    return try TCPSegment(decoding: captured.span, linkType: .raw, originalLength: bytes.count).verifyChecksum()
  }

  @Test(arguments: Array(0...70) + [1459, 1460, 65000])
  func everyTail(_ count: Int) throws {
    for options: [UInt8] in [[], [1, 1, 1, 1]] {
      let segment = Frame.tcp((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }, options: options)
      for (packet, addresses, header) in [(Frame.ipv4(segment), 12..<20, 20), (Frame.ipv6(segment), 8..<40, 40)] {
        var whole = packet
        let sum = checksum(packet[addresses], segment)
        whole[header + 16] = UInt8(sum >> 8)
        whole[header + 17] = UInt8(sum & 0xff)
        #expect(try verdict(whole) == .valid)
        if count > 0 {
          #expect(try verdict(whole, cut: 1) == .partial)
        }
        whole[whole.count - 1] ^= 0x40
        #expect(try verdict(whole) == .invalid)
      }
    }
  }

  @Test
  func madeFromFieldsHasNoHeader() {
    let payload = Frame.payload
    let key = FlowKey(source: IPAddress(v4: 1), destination: IPAddress(v4: 2), sourcePort: 3, destinationPort: 4)
    let segment = TCPSegment(
      key: key, sequence: SequenceNumber(1), acknowledgment: SequenceNumber(2), flags: .ack, window: 1, options: Span(),
      payload: payload.span)
    let verdict = segment.verifyChecksum()
    #expect(verdict == .partial)
  }
}
