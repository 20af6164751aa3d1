import Packets

/// Target for the decoder: the first byte selects the link type, the second is the number of bytes cut off, the rest is the packet.
///
/// If the first byte is larger than the number of link types, the second also selects what every UDP port is decoded as.
enum DecoderTarget {
  private static let linkTypes: [LinkType] = [
    .ethernet, .raw, .null, .loop, .ppp, .pppSerial, .fddi, .dltRaw, .openBSDRaw, .linuxSLL, .linuxSLL2, .ipv4, .ipv6, .nflog,
    LinkType(rawValue: 147), .ciscoHDLC, .pppEthernet,
  ]

  /// Those above stay in front, so that inputs keep their meaning.
  private static let allLinkTypes =
    linkTypes + Encapsulations.linkTypeNumbers.map { LinkType(rawValue: $0) }.filter { !linkTypes.contains($0) }

  static func problems(_ input: [UInt8]) -> [String] {
    var source = ByteSource(input)
    let selection = Int(source.next())
    let linkType = allLinkTypes[selection % allLinkTypes.count]
    let cut = Int(source.next())
    var decodeAs = DecodeAs()
    if selection >= allLinkTypes.count, !decodeAs.add(.udpPort, 1...65535, as: DecodeAs.names[cut % DecodeAs.names.count]) {
      return ["a name that is none"]
    }
    return problems(source.take(.max >> 1), linkType, cut: cut, decodeAs)
  }

  private static func problems(_ packet: [UInt8], _ linkType: LinkType, cut: Int, _ decodeAs: DecodeAs) -> [String] {
    var found: [String] = []
    do {
      found = read(
        try TCPSegment(decoding: packet.span, linkType: linkType, originalLength: packet.count + cut, decodeAs: decodeAs),
        of: packet.count, cut: cut)
    } catch DecodeError.aggregate {
      found = problems(ofAggregate: packet, linkType, cut: cut, decodeAs)
    } catch DecodeError.fragment {
      do {
        let fragment = try IPFragment(
          decoding: packet.span, linkType: linkType, originalLength: packet.count + cut, decodeAs: decodeAs)
        found = read(fragment, of: packet.count, cut: cut)
      } catch {
        found.append("a fragment for the segment, \(error) for the fragment")
      }
    } catch {
      // Both views say the same of what is neither.
      do {
        _ = try IPFragment(decoding: packet.span, linkType: linkType, originalLength: packet.count + cut, decodeAs: decodeAs)
        found.append("\(error) for the segment, a fragment for the fragment")
      } catch let other {
        if other != error, other != .fragment { found.append("\(error) for the segment, \(other) for the fragment") }
      }
    }
    // Only what was read to an end has nothing to be named.
    if let kind = PassedOver(decoding: packet.span, linkType: linkType, originalLength: packet.count + cut, decodeAs: decodeAs) {
      if kind.description.isEmpty || kind == PassedOver(layer: kind.layer, number: .max) { found.append("passed over for nothing") }
    }
    return found
  }

  /// Every frame of an aggregate; an aggregate in one of them is left alone.
  private static func problems(ofAggregate packet: [UInt8], _ linkType: LinkType, cut: Int, _ decodeAs: DecodeAs) -> [String] {
    var found: [String] = []
    do {
      var frames = try AggregateFrames(
        decoding: packet.span, linkType: linkType, originalLength: packet.count + cut, decodeAs: decodeAs)
      var total = 0
      while let frame = frames.next() {
        total += frame.bytes.count
        if frame.originalLength < frame.bytes.count { found.append("a frame shorter than its bytes") }
        do {
          let segment = try TCPSegment(
            decoding: frame.bytes, linkType: AggregateFrames.linkType, originalLength: frame.originalLength, layers: frames.layers,
            decodeAs: decodeAs)
          found += read(segment, of: frame.bytes.count, cut: 65_535)
        } catch {
          // No segment in this one.
        }
      }
      if total > packet.count { found.append("frames larger than their packet") }
    } catch {
      found.append("an aggregate for the segment, \(error) for the aggregate")
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
