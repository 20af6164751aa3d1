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
}
