import Packets
import Testing

/// Whatever is done to a valid frame, nothing traps, and no view shows a byte that is not the frame's.
struct MutationTests {
  /// SplitMix64: small, and the same on every run of a seed.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let fragments: [(LinkType, [UInt8])] = [
    (.raw, Frame.ipv4(Frame.tcp(), options: [1, 1, 1, 1], fragment: 0x2003)),
    (.raw, Frame.ipv6([44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 1] + Frame.long(1) + Frame.tcp(), next: 0)),
  ]

  private func mutate(_ frame: inout [UInt8], _ random: inout Generator) {
    for _ in 0..<Int(random.next() % 4 + 1) where !frame.isEmpty {
      let index = Int(random.next() % UInt64(frame.count))
      switch random.next() % 6 {
      case 0: frame[index] = 0
      case 1: frame[index] = 0xff
      case 2: frame[index] ^= 1 << UInt8(random.next() % 8)
      case 3: frame[index] = UInt8(truncatingIfNeeded: random.next())
      case 4: frame.removeLast(Int(random.next() % UInt64(frame.count)) / 4)
      default: frame.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
      }
    }
  }

  /// Decodes in every way there is, and answers how many views came out.
  private func exercise(_ frame: [UInt8], _ linkType: LinkType, _ originalLength: Int) -> Int {
    do throws(DecodeError) {
      let segment = try TCPSegment(decoding: frame.span, linkType: linkType, originalLength: originalLength)
      let total = segment.header.count + segment.payload.count
      guard total <= frame.count, segment.missingLength >= 0, segment.header.count == segment.options.count + 20 else { return -1 }
      var options = TCPOptions(segment.options)
      while options.next() != nil {}
      _ = segment.verifyChecksum()
      return 1
    } catch .fragment {
      return exerciseFragment(frame, linkType, originalLength)
    } catch {
      return 0
    }
  }

  private func exerciseFragment(_ frame: [UInt8], _ linkType: LinkType, _ originalLength: Int) -> Int {
    do throws(DecodeError) {
      let fragment = try IPFragment(decoding: frame.span, linkType: linkType, originalLength: originalLength)
      let total = fragment.unfragmentableHeader.count + fragment.payload.count
      guard total <= frame.count, fragment.missingLength >= 0, fragment.offset <= 65528, fragment.offset % 8 == 0 else { return -1 }
      var packet: [UInt8] = []
      guard fragment.appendHeader(forPayloadLength: 20, to: &packet) else { return 0 }
      packet += Frame.tcp([])
      _ = try TCPSegment(decoding: packet.span, linkType: .raw, originalLength: packet.count, layers: fragment.layers).sequence
      return 1
    } catch {
      return 0
    }
  }

  @Test
  func nothingTraps() {
    var seeder = SystemRandomNumberGenerator()
    let seed = seeder.next()
    print("mutation seed \(seed)")
    var random = Generator(state: seed)
    let linkTypes = Set(Wrapping.all.map(\.linkType)).sorted { $0.rawValue < $1.rawValue }
    let frames = Wrapping.all.map { ($0.linkType, $0.frame) } + Self.fragments
    var decoded = 0
    for round in 0..<200_000 {
      var (linkType, frame) = frames[round % frames.count]
      mutate(&frame, &random)
      if random.next() % 16 == 0 { linkType = linkTypes[Int(random.next() % UInt64(linkTypes.count))] }
      let outcome = exercise(frame, linkType, frame.count + Int(random.next() % 64))
      if outcome < 0 {
        Issue.record("a view out of bounds: \(linkType.rawValue) \(frame), seed \(seed)")
        return
      }
      decoded += outcome
    }
    #expect(decoded > 20_000, "mutations so rough that they test the first header only, seed \(seed)")
    #expect(decoded < 180_000, "mutations so gentle that they test nothing, seed \(seed)")
  }

  /// The commonest frames are decoded by a way of their own; behind another link layer the same packet is walked header by header.
  @Test
  func theShortWayAgreesWithTheLong() {
    var seeder = SystemRandomNumberGenerator()
    let start = seeder.next()
    var random = Generator(state: start)
    var frames: [[UInt8]] = []
    for length in [0, 1, 12, 700] {
      for options in [0, 4, 12, 40] {
        let segment = Frame.tcp([UInt8](repeating: 5, count: length), options: [UInt8](repeating: 1, count: options))
        frames.append([UInt8](repeating: 2, count: 12) + [8, 0] + Frame.ipv4(segment) + [UInt8](repeating: 0, count: length == 0 ? 6 : 0))
      }
    }
    var decoded = 0
    for round in 0..<100_000 {
      var frame = frames[round % frames.count]
      if round >= frames.count { mutate(&frame, &random) }
      // Behind another type the short way is not taken.
      guard frame.count >= 14 else { continue }
      frame[12] = 8
      frame[13] = 0
      let original = frame.count + Int(random.next() % 3) * 10
      let short = Self.description(frame, .ethernet, original)
      let long = Self.description(Array(frame.dropFirst(14)), .ipv4, original - 14)
      #expect(short == long, "seed \(start)")
      if short != long { return }
      if short.hasPrefix("10.") { decoded += 1 }
      if let key = FlowKey(quickParsing: frame.span, linkType: .ethernet), short.hasPrefix("10.") {
        #expect(short.hasPrefix("\(key) "))
      }
    }
    #expect(decoded > 10_000 && decoded < 95_000)
  }

  private static func description(_ frame: [UInt8], _ linkType: LinkType, _ originalLength: Int) -> String {
    do throws(DecodeError) {
      let segment = try TCPSegment(decoding: frame.span, linkType: linkType, originalLength: originalLength)
      func bytes(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }
      return "\(segment.key) \(segment.sequence) \(segment.acknowledgment) \(segment.flags.rawValue) \(segment.window) "
        + "\(segment.urgentPointer) \(bytes(segment.header)) \(bytes(segment.options)) \(bytes(segment.payload)) "
        + "\(segment.missingLength) \(segment.layers.count)"
    } catch {
      return "\(error)"
    }
  }
}
