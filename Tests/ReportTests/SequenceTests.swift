import Testing

@testable import Report

/// From sequence numbers to points, and fewer points.
@Suite struct SequenceTests {
  @Test func offsetsAcrossTheWrap() {
    var tracker = SequenceTracker()
    #expect(tracker.offset(of: 0xffff_fff0, isSYN: true) == -1)
    #expect(tracker.firstSequence == 0xffff_fff1)
    #expect(tracker.offset(of: 0xffff_fff1) == 0)
    #expect(tracker.take(0, length: 20, isPushed: false) == .segment)
    #expect(tracker.offset(of: 5) == 20)
    #expect(tracker.offset(of: 0xffff_fff1) == 0)
  }

  /// Ten gigabytes pass the wrap twice, and offsets go on.
  @Test func offsetsOfALongStream() {
    var tracker = SequenceTracker()
    var sequence: UInt32 = 1_000
    var expected: Int64 = 0
    for _ in 0..<10_000 {
      #expect(tracker.offset(of: sequence) == expected)
      #expect(tracker.take(expected, length: 1_000_000, isPushed: false) == .segment)
      sequence &+= 1_000_000
      expected += 1_000_000
    }
  }

  @Test func kindsOfPayload() {
    var tracker = SequenceTracker()
    #expect(tracker.take(0, length: 10, isPushed: true) == .pushed)
    #expect(tracker.take(20, length: 10, isPushed: false) == .segment)
    #expect(tracker.take(10, length: 10, isPushed: true) == .outOfOrder)
    #expect(tracker.take(10, length: 10, isPushed: false) == .repeated)
    #expect(tracker.take(25, length: 10, isPushed: false) == .repeated)
    #expect(tracker.take(35, length: 5, isPushed: false) == .segment)
    #expect(tracker.take(39, length: 1, isPushed: false) == nil, "a keep-alive repeats nothing")
  }

  /// Kinds are those of a plain record of every byte, for any order of segments.
  @Test func kindsAgainstABitmap() {
    var state: UInt64 = 42
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<200 {
      var tracker = SequenceTracker()
      var bitmap = [Bool](repeating: false, count: 64)
      var top = 0
      for step in 0..<20 {
        let low = random(48)
        let length = 2 + random(10)
        let isKnown = (low..<(low + length)).contains { bitmap[$0] }
        let kind = tracker.take(Int64(low), length: Int64(length), isPushed: false)
        let expected: SegmentPoint.Kind = isKnown ? .repeated : low + length > top || step == 0 ? .segment : .outOfOrder
        #expect(kind == expected)
        for place in low..<(low + length) { bitmap[place] = true }
        top = max(top, low + length)
      }
    }
  }

  /// A sender that leaves a hole behind every byte costs no more than others.
  @Test func holesAreBounded() {
    var tracker = SequenceTracker()
    for step in 0..<100_000 { _ = tracker.take(Int64(step) * 2, length: 1, isPushed: false) }
    #expect(tracker.take(100, length: 1, isPushed: false) == .repeated, "the lowest holes count as captured")
    #expect(tracker.take(199_997, length: 1, isPushed: false) == .outOfOrder)
  }

  private func points(_ count: Int, kind: SegmentPoint.Kind = .segment, direction: UInt8 = 0) -> [SegmentPoint] {
    (0..<count).map { index in
      let offset = Int64(index) * 10
      return SegmentPoint(
        time: Int64(index) * 1_000, low: offset, high: offset + 10, bytes: 10, kind: kind, direction: direction, packet: UInt64(index))
    }
  }

  @Test func fewPointsStay() {
    let few = points(100)
    #expect(few.reduced(direction: 0, to: 2_000) == few)
    #expect(few.reduced(direction: 1, to: 2_000) == [])
  }

  @Test(arguments: [SegmentPoint.Kind.segment, .outOfOrder, .repeated, .acknowledgment, .selective, .fin])
  func manyPointsAreBounded(kind: SegmentPoint.Kind) {
    let many = points(100_000, kind: kind)
    let reduced = many.reduced(direction: 0, to: 2_000)
    #expect(reduced.count <= 2_000 && reduced.count > 100)
    guard !kind.isLetter else { return }
    #expect(reduced.reduce(0) { $0 + $1.bytes } == 1_000_000, "no byte is lost")
    #expect(reduced.map(\.high).max() == 1_000_000)
    #expect(reduced.map(\.low).min() ?? -1 >= 0)
    if kind != .acknowledgment { #expect(reduced.first?.low == 0) }
    #expect(zip(reduced, reduced.dropFirst()).allSatisfy { $0.time <= $1.time })
  }

  /// A clock that goes back and times at the ends of the range do no harm.
  @Test func hostileTimes() {
    var many = points(5_000)
    for index in many.indices { many[index].time = index % 2 == 0 ? .max : .min }
    #expect(many.reduced(direction: 0, to: 60).count <= 60)
    var back = points(5_000)
    for index in back.indices { back[index].time = -Int64(index) }
    #expect(back.reduced(direction: 0, to: 60).count <= 60)
  }
}
