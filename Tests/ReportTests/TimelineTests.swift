import Testing

@testable import Report

@Suite struct TimelineTests {
  private func total(_ timeline: Timeline) -> UInt64 { timeline.bins.reduce(0) { $0 + $1.fromClient } }

  @Test func binsOfAMillisecond() {
    var timeline = Timeline()
    for step in 0..<10 { timeline.add(at: 5_000_000 + Int64(step) * 500_000) { $0.fromClient += 1 } }
    #expect(timeline.width == 1_000_000 && timeline.start == 5_000_000)
    #expect(timeline.bins.map(\.fromClient) == [2, 2, 2, 2, 2])
  }

  /// The same traffic in any order gives the same bins.
  @Test func orderDoesNotMatter() {
    let times = (0..<5_000).map { Int64($0) * 77_777_777 - 100_000_000_000 }
    var (ahead, back) = (Timeline(), Timeline())
    for time in times { ahead.add(at: time) { $0.fromClient += 3 } }
    for time in times.reversed() { back.add(at: time) { $0.fromClient += 3 } }
    #expect(ahead.bins == back.bins && ahead.start == back.start && ahead.width == back.width)
    #expect(total(ahead) == 15_000)
    #expect(ahead.bins.count <= Timeline.mostBins && ahead.bins.count > Timeline.mostBins / 4)
  }

  @Test func theWholeRangeOfTimes() {
    var timeline = Timeline()
    for time in [Int64.max, .min, 0, .max - 1, .min + 1] { timeline.add(at: time) { $0.fromClient += 1 } }
    #expect(total(timeline) == 5)
    #expect(timeline.bins.count <= Timeline.mostBins)
  }
}
