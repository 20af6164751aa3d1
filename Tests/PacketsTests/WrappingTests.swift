import Packets
import Testing

/// The same segment, wherever it lies.
struct WrappingTests {
  private func expected(_ wrapping: Wrapping, missing: Int = 0) -> Decoded {
    let v4 = FlowKey(source: IPAddress(v4: 0x0a00_0001), destination: IPAddress(v4: 0x0a00_0002), sourcePort: 40000, destinationPort: 80)
    let v6 = FlowKey(
      source: IPAddress(high: 0x2001_0db8_0000_0000, low: 1), destination: IPAddress(high: 0x2001_0db8_0000_0000, low: 2),
      sourcePort: 40000, destinationPort: 80)
    return Decoded(
      key: wrapping.isIPv6 ? v6 : v4, sequence: SequenceNumber(0x0102_0304), acknowledgment: SequenceNumber(0x1122_3344),
      flags: [.ack, .psh], window: 4096, urgentPointer: 7, options: [], payload: Frame.payload.dropLast(missing), missingLength: missing,
      layers: wrapping.layers)
  }

  @Test(arguments: Wrapping.all)
  func sameSegment(_ wrapping: Wrapping) throws {
    #expect(try Decoded(wrapping.frame, wrapping.linkType) == expected(wrapping))
  }

  /// Every length below that of the headers is refused; every longer one lacks just what was cut.
  @Test(arguments: Wrapping.all)
  func everyShorterCapture(_ wrapping: Wrapping) throws {
    let whole = wrapping.frame.count
    let end = whole - wrapping.trailer
    let headers = end - Frame.payload.count
    for length in 0..<headers {
      let why = reason(Array(wrapping.frame.prefix(length)), wrapping.linkType, originalLength: whole)
      #expect(why == .truncated || wrapping.isGuess && why == .notTCP, "\(length) of \(headers): \(String(describing: why))")
    }
    for length in headers..<whole {
      let cut = try Decoded(Array(wrapping.frame.prefix(length)), wrapping.linkType, originalLength: whole)
      #expect(cut == expected(wrapping, missing: max(0, end - length)), "\(length)")
    }
  }

  /// What lies behind the IP packet is padding, and never payload.
  @Test(arguments: Wrapping.all)
  func padding(_ wrapping: Wrapping) throws {
    #expect(try Decoded(wrapping.frame + [1, 2, 3, 4, 5, 6], wrapping.linkType) == expected(wrapping))
  }

  @Test
  func unknownLinkTypes() {
    for number: Int32 in [2, 99, 147, 195, -1, .max] {
      #expect(reason(Wrapping.inner4, LinkType(rawValue: number)) == .unknownLinkType)
    }
  }

  @Test
  func depth() {
    func tagged(_ count: Int) -> [UInt8] {
      var payload = Wrapping.inner4
      for index in 0..<count { payload = Frame.vlan(payload, id: index, type: index == 0 ? 0x0800 : 0x8100) }
      return Frame.ethernet(payload, type: count == 0 ? 0x0800 : 0x8100)
    }
    #expect(reason(tagged(16)) == nil)
    #expect(reason(tagged(17)) == .tooDeep)
    #expect(reason(tagged(300)) == .tooDeep)
    var nested = Wrapping.inner4
    for _ in 0..<17 { nested = Frame.ipv4(nested, number: 4) }
    #expect(reason(nested, .raw) == .tooDeep)
    var labels = Wrapping.inner4
    for index in 0..<17 { labels = Frame.label(labels, 5, bottom: index == 0) }
    #expect(reason(Frame.ipv4(Frame.udp(labels, to: 6635), number: 17), .raw) == .tooDeep)
  }

  @Test
  func layersBeyondCapacityAreNotListed() throws {
    var payload = Wrapping.inner4
    for index in 0..<12 { payload = Frame.vlan(payload, id: index, type: index == 0 ? 0x0800 : 0x8100) }
    #expect(try Decoded(Frame.ethernet(payload, type: 0x8100)).layers == (4..<12).reversed().map { "vlan:\($0)" })
  }

  @Test
  func layersAreHandedOn() throws {
    var outer = LayerPath()
    outer.append(.vlan, 3)
    let bytes = Frame.ipv4(Wrapping.inner4, number: 4)
    let segment = try TCPSegment(decoding: bytes.span, linkType: .raw, originalLength: bytes.count, layers: outer)
    let layers = names(of: segment.layers)
    #expect(layers == ["vlan:3", "ipip:0"])
  }
}

extension Decoded {
  init(
    key: FlowKey, sequence: SequenceNumber, acknowledgment: SequenceNumber, flags: TCPFlags, window: UInt16, urgentPointer: UInt16,
    options: [UInt8], payload: [UInt8], missingLength: Int, layers: [String]
  ) {
    self.key = key
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
    self.urgentPointer = urgentPointer
    self.options = options
    self.payload = payload
    self.missingLength = missingLength
    self.layers = layers
  }
}
