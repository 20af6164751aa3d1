import Packets
import Testing

struct FragmentTests {
  private let tcp = Frame.tcp(Array("the quick brown fox jumps over the lazy dog".utf8))

  /// Cuts `payload` at every multiple of 8 of `step`, decodes every piece, and puts the datagram together as a defragmenter does.
  private func rebuild(_ payload: [UInt8], step: Int, _ makeFragment: (ArraySlice<UInt8>, Int, Bool) -> [UInt8]) throws -> Decoded {
    var parts: [UInt8] = []
    var packet: [UInt8] = []
    var layers = LayerPath()
    for start in stride(from: 0, to: payload.count, by: step) {
      let end = min(start + step, payload.count)
      let bytes = makeFragment(payload[start..<end], start, end < payload.count)
      #expect(reason(bytes) == .fragment)
      let fragment = try IPFragment(decoding: bytes.span, linkType: .ethernet, originalLength: bytes.count)
      #expect([fragment.offset, fragment.missingLength] == [start, 0])
      #expect(fragment.moreFragments == (end < payload.count))
      #expect(fragment.identification == 0x2222)
      parts += PacketsTests.bytes(of: fragment.payload)
      layers = fragment.layers
      if start == 0 {
        let fits = fragment.appendHeader(forPayloadLength: payload.count, to: &packet)
        #expect(fits)
      }
    }
    packet += parts
    return Decoded(try TCPSegment(decoding: packet.span, linkType: .raw, originalLength: packet.count, layers: layers))
  }

  @Test(arguments: [8, 16, 24, 56])
  func ipv4(_ step: Int) throws {
    let whole = try Decoded(Frame.ethernet(Frame.vlan(Frame.ipv4(tcp, options: [1, 1, 1, 1]), id: 6), type: 0x8100))
    let rebuilt = try rebuild(tcp, step: step) { part, start, more in
      let options: [UInt8] = start == 0 ? [1, 1, 1, 1] : []
      let ip = Frame.ipv4(Array(part), options: options, fragment: start / 8 | (more ? 0x2000 : 0))
      return Frame.ethernet(Frame.vlan(ip, id: 6), type: 0x8100)
    }
    #expect(rebuilt == whole)
  }

  @Test(arguments: [8, 16, 24, 56])
  func ipv6(_ step: Int) throws {
    let whole = try Decoded(Frame.ethernet(Frame.ipv6(tcp), type: 0x86dd))
    for hopByHop in [false, true] {
      let rebuilt = try rebuild(tcp, step: step) { part, start, more in
        let header = [6, 0] + Frame.word(start | (more ? 1 : 0)) + Frame.long(0x2222)
        let options: [UInt8] = hopByHop ? [44, 0, 1, 4, 0, 0, 0, 0] : []
        return Frame.ethernet(Frame.ipv6(options + header + part, next: hopByHop ? 0 : 44), type: 0x86dd)
      }
      #expect(rebuilt == whole)
    }
  }

  /// A fragmented tunnel: the layers found around the fragments come before those inside.
  @Test
  func fragmentedTunnel() throws {
    let gre = Frame.gre(Frame.ipv4(tcp))
    let rebuilt = try rebuild(gre, step: 24) { part, start, more in
      Frame.ethernet(Frame.vlan(Frame.ipv4(Array(part), number: 47, fragment: start / 8 | (more ? 0x2000 : 0)), id: 6), type: 0x8100)
    }
    #expect(rebuilt.layers == ["vlan:6", "gre:0"])
    #expect(rebuilt.payload == Array(tcp.dropFirst(20)))
  }

  @Test
  func fragmentInsideTunnel() throws {
    let inner = Frame.ipv4(tcp, fragment: 0x2000)
    let bytes = Frame.ipv4(Frame.udp(Frame.vxlan(Frame.ethernet(inner), 5), to: 4789), number: 17)
    #expect(reason(bytes, .raw) == .fragment)
    let fragment = try IPFragment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count)
    let layers = names(of: fragment.layers)
    #expect(layers == ["vxlan:5"])
    let header = PacketsTests.bytes(of: fragment.unfragmentableHeader)
    #expect(header == Array(inner.prefix(20)))
  }

  @Test
  func everyShorterCapture() {
    let v4 = Frame.ipv4(tcp, options: [1, 1, 1, 1], fragment: 0x2000)
    let v6 = Frame.ipv6([44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1] + Frame.long(1) + tcp, next: 0)
    for (frame, headers) in [(v4, 24), (v6, 56)] {
      for length in 0...frame.count {
        let bytes = Array(frame.prefix(length))
        do throws(DecodeError) {
          let fragment = try IPFragment(decoding: bytes.span, linkType: .raw, originalLength: frame.count)
          let lengths = [fragment.payload.count, fragment.missingLength]
          #expect(lengths == [length - headers, frame.count - length])
        } catch {
          #expect(error == .truncated)
          #expect(length < headers)
        }
      }
    }
  }

  @Test
  func wholeDatagramIsNoFragment() {
    let bytes = Wrapping.inner4
    #expect(throws: DecodeError.fragment) {
      _ = try IPFragment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count).offset
    }
  }

  @Test
  func rebuiltHeader() throws {
    let bytes = Frame.ipv4(tcp, fragment: 0x6001)
    let fragment = try IPFragment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count)
    var packet: [UInt8] = [0xaa]
    let fits = fragment.appendHeader(forPayloadLength: 1000, to: &packet)
    #expect(fits)
    #expect(packet.count == 21)
    #expect(Array(packet[3...4]) == Frame.word(1020))
    #expect(Array(packet[7...8]) == [0x40, 0])
    var sum = 0
    for index in stride(from: 1, to: 21, by: 2) { sum += Int(packet[index]) << 8 | Int(packet[index + 1]) }
    #expect(sum % 0xffff == 0)
  }

  /// The largest datagram, and what no length field can say.
  @Test
  func headerLengthLimits() throws {
    let v4 = Frame.ipv4(tcp, fragment: 0x2000)
    let v6 = Frame.ipv6([60, 0, 0, 0, 0, 0, 0, 0].replacingFirst(44) + [6, 0, 0, 1] + Frame.long(1) + tcp, next: 0)
    for (bytes, limit) in [(v4, 65515), (v6, 65527)] {
      let fragment = try IPFragment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count)
      for (length, expected) in [(0, true), (limit, true), (limit + 1, false), (-1, false), (.max, false), (.min, false)] {
        var packet: [UInt8] = []
        let fits = fragment.appendHeader(forPayloadLength: length, to: &packet)
        #expect(fits == expected, "\(length)")
        #expect(packet.isEmpty != expected)
      }
    }
  }
}

extension [UInt8] {
  fileprivate func replacingFirst(_ value: UInt8) -> [UInt8] { [value] + dropFirst() }
}
