import TestSupport
import Testing

@testable import Reassembly

/// Which fragment owns which bytes, held against a model that asks the rule for every byte.
@Suite struct FragmentStoreTests {
  /// The rule, byte by byte.
  private struct Model {
    var policy: FragmentPolicy
    var fragments: [(range: Range<Int>, bytes: [UInt8])] = []
    /// By offset: the fragment that owns the byte.
    var owners: [Int?]

    init(policy: FragmentPolicy, length: Int) {
      self.policy = policy
      owners = Array(repeating: nil, count: length)
    }

    mutating func take(_ bytes: [UInt8], _ range: Range<Int>) -> FragmentStore.Meeting {
      let met = Set(owners[range].compactMap(\.self))
      if met.count == 1, let owner = met.first, fragments[owner].range == range, !owners[range].contains(nil),
        zip(bytes, fragments[owner].bytes).allSatisfy(==)
      {
        if bytes.count > fragments[owner].bytes.count { fragments[owner].bytes = bytes }
        return .duplicate
      }
      fragments.append((range, bytes))
      for place in range where owners[place].map({ wins(range, fragments[$0].range) }) ?? true { owners[place] = fragments.count - 1 }
      return met.isEmpty ? .none : .overlap
    }

    private func wins(_ new: Range<Int>, _ old: Range<Int>) -> Bool {
      switch policy {
      case .first: false
      case .last: true
      case .bsd: new.lowerBound < old.lowerBound
      case .linux: new.lowerBound <= old.lowerBound
      case .windows: new.lowerBound < old.lowerBound && new.upperBound > old.upperBound
      case .solaris: new.lowerBound < old.lowerBound && new.upperBound >= old.upperBound
      }
    }

    /// Up to the first byte that nobody owns or that the capture cut off.
    var contents: [UInt8] {
      var contents: [UInt8] = []
      for (place, owner) in owners.enumerated() {
        guard let owner, place - fragments[owner].range.lowerBound < fragments[owner].bytes.count else { break }
        contents.append(fragments[owner].bytes[place - fragments[owner].range.lowerBound])
      }
      return contents
    }
  }

  /// Compares the store with the model for random fragments of a datagram.
  ///
  /// `units` is the length of the datagram in units of eight bytes, of which the last one may be shorter. `longest` is the greatest length
  /// of a fragment in units. The result describes the first difference; it is nil if there is none.
  private static func run(_ policy: FragmentPolicy, units: Int, longest: Int, fragments: Int, _ random: inout SplitMix64) -> String? {
    let length = units * 8 - Int.random(in: 0..<8, using: &random)
    var model = Model(policy: policy, length: length)
    var store = FragmentStore()
    let closesFirst = random.oneIn(2)
    if closesFirst { store.close(at: length) }
    var sent: [(bytes: [UInt8], range: Range<Int>)] = []
    for number in 0..<fragments {
      var (bytes, range) = sent.randomElement(using: &random) ?? ([], 0..<0)
      if sent.isEmpty || !random.oneIn(6) {
        let start = Int.random(in: 0..<units, using: &random)
        let end = min(start + Int.random(in: 1...longest, using: &random), units)
        range = start * 8..<min(end * 8, length)
        bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: range.count)
        sent.append((bytes, range))
      }
      if random.oneIn(8) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
      let expected = model.take(bytes, range)
      let found = store.meet(bytes, range, mayRepeat: true)
      if found != expected { return "fragment \(number), \(range): \(found), not \(expected)" }
      if found != .duplicate { store.insert(bytes, range, policy: policy) }
      let end = model.owners.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0
      if store.end != end { return "fragment \(number), \(range): ends at \(store.end), not \(end)" }
      if closesFirst, store.isWhole == model.owners.contains(nil) { return "fragment \(number), \(range): whole is \(store.isWhole)" }
    }
    store.close(at: length)
    if store.isWhole == model.owners.contains(nil) { return "whole is \(store.isWhole)" }
    guard !model.owners.contains(nil) else { return nil }
    var contents: [UInt8] = []
    store.append(to: &contents)
    return contents == model.contents ? nil : "other bytes than the rule's"
  }

  @Test(arguments: FragmentPolicy.allCases)
  func smallDatagrams(policy: FragmentPolicy) {
    for seed in 0..<4_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let units = Int.random(in: 1...12, using: &random)
      let problem = Self.run(policy, units: units, longest: units, fragments: 24, &random)
      #expect(problem == nil, "seed \(seed)")
    }
  }

  @Test(arguments: FragmentPolicy.allCases)
  func largeDatagrams(policy: FragmentPolicy) {
    for seed in 0..<40 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let problem = Self.run(policy, units: 200, longest: seed % 2 == 0 ? 4 : 200, fragments: 400, &random)
      #expect(problem == nil, "seed \(seed)")
    }
  }

  /// What owns nothing any more takes no memory: only the room of the lists stays.
  @Test(arguments: FragmentPolicy.allCases)
  func memory(policy: FragmentPolicy) {
    var store = FragmentStore()
    let bytes = [UInt8](repeating: 1, count: 1_000)
    for _ in 0..<10_000 { store.insert(bytes, 8..<1_008, policy: policy) }
    #expect((1_000..<2_000).contains(store.cost))
    for unit in (0..<4_000).shuffled() { store.insert([2], unit * 16..<unit * 16 + 8, policy: policy) }
    store.insert(bytes, 0..<64_000, policy: policy)
    #expect(store.cost < 1_000_000)
    if policy == .last { #expect(store.cost < 250_000) }
  }
}
