import Packets
import TestSupport

/// What an assembler is made to work on: the segments of one conversation, told by offset and length.
struct Load {
  struct Step {
    /// In the stream of the client; offset 0 comes only where a load says so.
    var offset: UInt32
    var length: Int
  }

  var name: String
  var steps: [Step]
  /// How many times the cost in order it may have; nil for what all others may.
  var allowed: Double?

  /// Single bytes as they should come.
  static func inOrder(_ count: Int) -> Load { Load(name: "in order", steps: (0..<count).map { Step(offset: UInt32($0), length: 1) }) }

  /// What a load is measured by: segments of the same lengths, each right behind the one before.
  ///
  /// To read a longer one takes longer.
  var inOrder: Load {
    var offset: UInt32 = 0
    return Load(
      name: name + ", in order",
      steps: steps.map { step in
        defer { offset &+= UInt32(step.length) }
        return Step(offset: offset, length: step.length)
      })
  }

  /// Every load that a sender may put on one connection to make it costly.
  ///
  /// Offset 0 is missing in all that queue.
  static func hostile(_ count: Int) -> [Load] {
    var random = SplitMix64(seed: 1)
    let ascending = (1...count).map { Step(offset: UInt32($0), length: 1) }
    return [
      Load(name: "queued, ascending", steps: ascending),
      Load(name: "queued, descending", steps: ascending.reversed()),
      Load(name: "queued, every second one", steps: ascending.map { Step(offset: $0.offset * 2, length: 1) }),
      Load(name: "queued, every second one, descending", steps: ascending.reversed().map { Step(offset: $0.offset * 2, length: 1) }),
      // Each search goes to memory that the caches do not have, and segments in order need no search.
      Load(name: "queued, random", steps: ascending.shuffled(using: &random), allowed: EngineCosts.allowedBeyondCaches),
      Load(name: "queued, then the holes filled", steps: holesFilled(count)),
      Load(
        name: "queued, then all at once",
        steps: ascending.dropLast(count / 64) + (0..<count / 64).map { _ in Step(offset: 1, length: 60_000) }),
    ] + overlapping(count) + [
      Load(name: "everything twice, no ACKs", steps: (0..<count).map { Step(offset: UInt32($0 / 2) * 1_000, length: 1_000) }),
      Load(name: "one far segment repeated", steps: (0..<count).map { _ in Step(offset: 1 << 20, length: 1_000) }),
      Load(name: "one segment out of the window repeated", steps: (0..<count).map { _ in Step(offset: 0x7000_0000, length: 1_000) }),
      Load(name: "a gap before every byte, then all late", steps: gapsThenLate(count)),
    ]
  }

  /// Those that differ with the policy for overlaps.
  static func overlapping(_ count: Int) -> [Load] {
    let ascending = (1...count).map { Step(offset: UInt32($0), length: 1) }
    let up = ascending.map { Step(offset: $0.offset, length: 1_000) }
    return [
      Load(name: "staircase up", steps: up),
      Load(name: "staircase down", steps: up.reversed()),
      Load(name: "staircase up, then down", steps: up.prefix(count / 2) + up.prefix(count / 2).reversed()),
      Load(name: "staircase up and down by turns", steps: turns(count)),
      Load(name: "staircase up, in order", steps: ascending.map { Step(offset: $0.offset - 1, length: 1_000) }),
      Load(
        name: "single bytes, then the same 1 000 of them", steps: ascending.prefix(count / 2) + Array(repeating: up[0], count: count / 2)),
    ]
  }

  /// A few hundred steps up, a few hundred down over the same bytes, and so on.
  private static func turns(_ count: Int) -> [Step] {
    (0..<count).map { number in
      let (turn, place) = number.quotientAndRemainder(dividingBy: 500)
      return Step(offset: UInt32(1 + (turn % 2 == 0 ? place : 500 - place)), length: 1_000)
    }
  }

  private static func holesFilled(_ count: Int) -> [Step] {
    let half = UInt32(count / 2)
    return (1...half).map { Step(offset: $0 * 2, length: 1) } + (1...half).map { Step(offset: $0 * 2 + 1, length: 1) }
  }

  private static func gapsThenLate(_ count: Int) -> [Step] {
    let half = UInt32(count / 2)
    return (1...half).map { Step(offset: $0 * 2, length: 1) } + (1...half).map { Step(offset: $0 * 2 - 1, length: 2) }
  }
}
