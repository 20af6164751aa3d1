import Packets
import Testing

/// Several frames of 802.11 in one.
@Suite struct AggregateTests {
  /// A frame with quality of service whose payload is subframes, padded to a multiple of four between them.
  static func aggregate(_ payloads: [[UInt8]]) -> [UInt8] {
    var frame: [UInt8] = [0x88] + Wrapping.wireless.dropFirst() + [0x80, 0]
    for (index, payload) in payloads.enumerated() {
      let subframe = [UInt8](repeating: 3, count: 12) + Frame.word(payload.count) + payload
      frame += subframe
      if index + 1 < payloads.count { frame += [UInt8](repeating: 0xcc, count: (4 - subframe.count % 4) % 4) }
    }
    return frame
  }

  private func payloads(_ frame: [UInt8], _ linkType: LinkType = LinkType(rawValue: 105), original: Int? = nil) throws -> [[UInt8]] {
    var frames = try AggregateFrames(decoding: frame.span, linkType: linkType, originalLength: original ?? frame.count)
    var found: [[UInt8]] = []
    while let inner = frames.next() {
      do throws(DecodeError) {
        let segment = try TCPSegment(
          decoding: inner.bytes, linkType: AggregateFrames.linkType, originalLength: inner.originalLength, layers: frames.layers)
        found.append(bytes(of: segment.payload) + [UInt8(segment.missingLength)])
      } catch {
        found.append([])
      }
    }
    return found
  }

  private let segments = [[1], [2, 2], [3, 3, 3]].map { (payload: [UInt8]) in Frame.snap(Frame.ipv4(Frame.tcp(payload))) }

  @Test func everySubframeIsHandedOut() throws {
    let frame = Self.aggregate(segments)
    #expect(reason(frame, LinkType(rawValue: 105)) == .aggregate)
    #expect(try payloads(frame) == [[1, 0], [2, 2, 0], [3, 3, 3, 0]])
    #expect(try payloads([0, 0, 9, 0, 2, 0, 0, 0, 0x10] + frame + [1, 2, 3, 4], LinkType(rawValue: 127)).count == 3)
  }

  @Test func aSubframeThatHoldsNoSegmentHidesNoOther() throws {
    #expect(try payloads(Self.aggregate([segments[0], Frame.snap([1, 2, 3], type: 0x0806), segments[1]])) == [[1, 0], [], [2, 2, 0]])
  }

  /// Longer than Ethernet allows, where the length would be taken for a type.
  @Test func aLongSubframe() throws {
    let payload = [UInt8](repeating: 5, count: 2048 - 8 - 40)
    let long = Frame.snap(Frame.ipv4(Frame.tcp(payload)))
    #expect(long.count == 0x0800)
    #expect(try payloads(Self.aggregate([long, segments[0]])) == [payload + [0], [1, 0]])
  }

  @Test func aDecoyBehindTheSubframeIsNoneOfIt() throws {
    let ip = Frame.ipv4(Frame.tcp([1, 9, 9, 9]))
    var frame = Self.aggregate([Frame.snap(ip)])
    let place = frame.count - ip.count - 8 - 1
    frame[place] -= 3
    // What IP counts beyond it is missing.
    #expect(try payloads(frame) == [[1, 3]])
  }

  @Test func everyShorterCapture() throws {
    let frame = Self.aggregate(segments)
    for length in 0..<26 {
      #expect(reason(Array(frame.prefix(length)), LinkType(rawValue: 105), originalLength: frame.count) == .truncated)
    }
    for length in 26...frame.count {
      let found = try payloads(Array(frame.prefix(length)), original: frame.count)
      #expect(found.count <= 3)
      if length > frame.count - 3 {
        #expect(found.last == [UInt8](repeating: 3, count: 3 - frame.count + length) + [UInt8(frame.count - length)])
      }
    }
  }

  @Test func otherPacketsAreNone() {
    #expect(throws: DecodeError.fragment) { try payloads(Wrapping.inner4, .raw) }
    #expect(throws: DecodeError.notIP) { try payloads([0x80, 0, 0, 0]) }
  }
}
