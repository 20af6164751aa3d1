/// Regular expression of a few constructs, whose matches a plain search finds.
package indirect enum Expression {
  case letter(UInt8)
  case anyOf([UInt8])
  case sequence([Expression])
  case either(Expression, Expression)
  case optional(Expression)
  case repeated(Expression)
  case times(Expression, Int, Int)

  /// Text of the expression in the syntax of PCRE.
  package var text: String {
    switch self {
    case .letter(let byte): String(UnicodeScalar(byte))
    case .anyOf(let bytes): "[" + String(decoding: bytes, as: UTF8.self) + "]"
    case .sequence(let parts): parts.map(\.text).joined()
    case .either(let first, let second): "(?:\(first.text)|\(second.text))"
    case .optional(let part): "(?:\(part.text))?"
    case .repeated(let part): "(?:\(part.text))+"
    case .times(let part, let least, let most): "(?:\(part.text)){\(least),\(most)}"
    }
  }

  /// Whether the empty string matches.
  package var matchesNothing: Bool { ends(in: [], from: 0).contains(0) }

  /// Returns the ends of all matches that begin at an offset.
  func ends(in bytes: [UInt8], from start: Int) -> Set<Int> {
    switch self {
    case .letter(let byte): return start < bytes.count && bytes[start] == byte ? [start + 1] : []
    case .anyOf(let set): return start < bytes.count && set.contains(bytes[start]) ? [start + 1] : []
    case .sequence(let parts):
      var ends: Set<Int> = [start]
      for part in parts { ends = Set(ends.flatMap { part.ends(in: bytes, from: $0) }) }
      return ends
    case .either(let first, let second): return first.ends(in: bytes, from: start).union(second.ends(in: bytes, from: start))
    case .optional(let part): return part.ends(in: bytes, from: start).union([start])
    case .repeated(let part): return part.repeatedEnds(in: bytes, from: start)
    case .times(let part, let least, let most): return part.ends(in: bytes, from: start, least, most)
    }
  }

  /// Returns the ends of one repetition or more; each end is gone on from once.
  private func repeatedEnds(in bytes: [UInt8], from start: Int) -> Set<Int> {
    var found: Set<Int> = []
    var waiting = [start]
    while let next = waiting.popLast() {
      for end in ends(in: bytes, from: next) where found.insert(end).inserted { waiting.append(end) }
    }
    return found
  }

  /// Returns the ends of `least` to `most` repetitions.
  private func ends(in bytes: [UInt8], from start: Int, _ least: Int, _ most: Int) -> Set<Int> {
    var found: Set<Int> = least == 0 ? [start] : []
    var last: Set<Int> = [start]
    for count in 1...most {
      last = Set(last.flatMap { ends(in: bytes, from: $0) })
      if count >= least { found.formUnion(last) }
    }
    return found
  }

  /// Makes a random expression.
  package static func random(depth: Int, _ random: inout Random) -> Expression {
    guard depth > 0 else { return random.next(4) == 0 ? .anyOf([0x61, 0x62]) : .letter(UInt8(0x61 + random.next(3))) }
    func part(_ random: inout Random) -> Expression { Self.random(depth: depth - 1, &random) }
    switch random.next(7) {
    case 0, 1, 2: return .sequence((0..<(1 + random.next(3))).map { _ in part(&random) })
    case 3: return .either(part(&random), part(&random))
    case 4: return .sequence([part(&random), .optional(part(&random))])
    case 5: return .repeated(part(&random))
    default:
      let least = random.next(3)
      return .sequence([part(&random), .times(part(&random), least, least + 1 + random.next(3))])
    }
  }

  /// Matches that a plain search over the whole of a run finds, as the documentation of `Match` defines them.
  package func matches(in bytes: [UInt8]) -> [Range<Int>] {
    var leftmost: [Int: Int] = [:]
    for start in bytes.indices.reversed() { for end in ends(in: bytes, from: start) { leftmost[end] = start } }
    return Self.selected(leftmost.map { $0.value..<$0.key })
  }

  /// Selects the leftmost range, of several the longest, then goes on behind it.
  static func selected(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { ($0.lowerBound, -$0.upperBound) < ($1.lowerBound, -$1.upperBound) })
    where range.lowerBound >= result.last?.upperBound ?? 0 {
      result.append(range)
    }
    return result
  }
}
