import Packets

/// The decoder: the first byte selects the link type, the second says how many bytes the capture cut off, the rest is the packet.
enum DecoderTarget {
  private static let linkTypes: [LinkType] = [
    .ethernet, .raw, .null, .loop, .ppp, .pppSerial, .fddi, .dltRaw, .openBSDRaw, .linuxSLL, .linuxSLL2, .ipv4, .ipv6, .nflog,
    LinkType(rawValue: 147), .ciscoHDLC, .pppEthernet,
  ]

  static func problems(_ input: [UInt8]) -> [String] {
    var source = ByteSource(input)
    let linkType = linkTypes[Int(source.next()) % linkTypes.count]
    let cut = Int(source.next())
    let packet = source.take(.max >> 1)
    var found: [String] = []
    do {
      found = read(
        try TCPSegment(decoding: packet.span, linkType: linkType, originalLength: packet.count + cut), of: packet.count, cut: cut)
    } catch DecodeError.fragment {
      do {
        let fragment = try IPFragment(decoding: packet.span, linkType: linkType, originalLength: packet.count + cut)
        found = read(fragment, of: packet.count, cut: cut)
      } catch {
        found.append("a fragment for the segment, \(error) for the fragment")
      }
    } catch {
      // Both views say the same of what is neither.
      do {
        _ = try IPFragment(decoding: packet.span, linkType: linkType, originalLength: packet.count + cut)
        found.append("\(error) for the segment, a fragment for the fragment")
      } catch let other {
        if other != error, other != .fragment { found.append("\(error) for the segment, \(other) for the fragment") }
      }
    }
    return found
  }

  /// Reads every byte that a view shows.
  private static func read(_ segment: TCPSegment, of length: Int, cut: Int) -> [String] {
    var found: [String] = []
    var sum = sum(segment.header) &+ Self.sum(segment.payload) &+ Self.sum(segment.options)
    var options = TCPOptions(segment.options)
    var count = 0
    while let option = options.next() {
      sum &+= Self.sum(option.data) &+ Int(option.kind)
      count += 1
    }
    #if PLANTED_BUG
      if segment.timestamps?.echo == 0 { found.append("planted") }
    #endif
    if count > 40 { found.append("\(count) options") }
    let others = [segment.maximumSegmentSize.map(Int.init), segment.windowScale.map(Int.init), segment.timestamps.map { Int($0.echo) }]
    sum &+= others.compactMap(\.self).count &+ (segment.permitsSelectiveAcknowledgment ? 1 : 0)
    if segment.header.count + segment.payload.count > length { found.append("a segment larger than its packet") }
    if segment.header.count != 20 + segment.options.count { found.append("header and options disagree") }
    if segment.missingLength < 0 || segment.missingLength > cut + 65_535 { found.append("\(segment.missingLength) bytes are missing") }
    if segment.verifyChecksum() == .partial, segment.missingLength == 0 { found.append("a whole segment is summed in part") }
    if segment.key.reversed.reversed != segment.key { found.append("a key turned round twice is another") }
    if !segment.key.isCanonical, !segment.key.reversed.isCanonical { found.append("no direction is canonical") }
    return found + read(segment.layers) + (sum == .min ? ["out of reach"] : [])
  }

  private static func read(_ fragment: IPFragment, of length: Int, cut: Int) -> [String] {
    var found: [String] = []
    let sum = sum(fragment.payload) &+ Self.sum(fragment.unfragmentableHeader)
    if fragment.payload.count + fragment.unfragmentableHeader.count > length { found.append("a fragment larger than its packet") }
    if fragment.missingLength < 0 || fragment.missingLength > cut + 65_535 { found.append("\(fragment.missingLength) bytes are missing") }
    if fragment.offset < 0 || fragment.offset > 65_528 || fragment.offset % 8 != 0 { found.append("offset \(fragment.offset)") }
    var whole: [UInt8] = []
    if fragment.appendHeader(forPayloadLength: fragment.payload.count, to: &whole) {
      if whole.count != fragment.unfragmentableHeader.count { found.append("a header of another length") }
      for index in fragment.payload.indices { whole.append(fragment.payload[index]) }
      // What stands in the datagram may be anything, a fragment too.
      if let inner = try? TCPSegment(decoding: whole.span, linkType: .raw, originalLength: whole.count, layers: fragment.layers) {
        found += read(inner, of: whole.count, cut: 0)
      }
    }
    return found + read(fragment.layers) + (sum == .min ? ["out of reach"] : [])
  }

  private static func read(_ layers: LayerPath) -> [String] {
    if layers.count > LayerPath.capacity { return ["\(layers.count) layers"] }
    return (0..<layers.count).contains { layers[$0].kind.rawValue == 0 } ? ["a layer without a kind"] : []
  }

  private static func sum(_ bytes: Span<UInt8>) -> Int {
    var sum = 0
    for index in bytes.indices { sum &+= Int(bytes[index]) }
    return sum
  }
}
