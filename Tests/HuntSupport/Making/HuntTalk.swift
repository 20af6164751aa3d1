internal import TestSupport

/// Two ends and what was sent between them so far.
struct HuntTalk {
  struct Direction {
    var isn: UInt32
    /// Behind the last byte that was sent in order.
    var next: UInt32
    /// Numbers that were used: what is near one of them is interesting.
    var marks: [UInt32]

    init(_ random: inout SplitMix64) {
      isn = Numbers.initialSequence(&random)
      next = isn &+ 1
      marks = [next]
    }

    mutating func mark(_ number: UInt32) {
      marks.append(number)
      if marks.count > 8 { marks.removeFirst() }
    }
  }

  let ends: [HuntEndpoint]
  var directions: [Direction]

  init(ends: [HuntEndpoint], _ random: inout SplitMix64) {
    self.ends = ends
    directions = [Direction(&random), Direction(&random)]
  }
}
