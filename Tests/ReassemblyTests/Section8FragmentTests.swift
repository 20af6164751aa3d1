import Packets
import Reassembly
import TestSupport
import Testing

/// IP fragments, rule by rule.
@Suite struct FragmentTests {
  // MARK: any order, any cut

  @Test(arguments: [false, true])
  func everyOrder(isIPv6: Bool) {
    let datagram = TestDatagram("the quick brown fox jumps", isIPv6: isIPv6)
    let pieces = datagram.cut(at: [8, 24, 40])
    for order in permutations(Array(pieces.indices)) {
      let run = FragmentRun()
      for index in order { run.feed(pieces[index]) }
      #expect(run.figures.datagrams == 1, "\(order)")
      #expect(run.streams() == ["the quick brown fox jumps"], "\(order)")
    }
  }

  @Test(arguments: [false, true])
  func duplicates(isIPv6: Bool) {
    let pieces = TestDatagram("the quick brown fox", isIPv6: isIPv6).cut(at: [8, 24])
    let run = FragmentRun()
    for piece in pieces { for _ in 0..<3 { run.feed(piece) } }
    #expect(run.figures.duplicates == 6)
    #expect(run.figures.overlapping == 0)
    #expect(run.figures.datagrams == 1)
    #expect(run.streams() == ["the quick brown fox"])
  }

  @Test(arguments: 1...8)
  func tinyLast(length: Int) {
    for isIPv6 in [false, true] {
      let text = String(repeating: "x", count: 8) + String("abcdefgh".prefix(length))
      let run = FragmentRun()
      for piece in TestDatagram(text, isIPv6: isIPv6).cut(at: [32]).reversed() { run.feed(piece) }
      #expect(run.streams() == [text])
    }
  }

  @Test func optionsInTheFirstFragmentOnly() {
    var datagram = TestDatagram("behind options")
    datagram.options = [7, 7, 4, 0, 0, 0, 0, 0]
    for isReversed in [false, true] {
      let run = FragmentRun()
      let pieces = datagram.cut(at: [8, 24])
      for piece in isReversed ? pieces.reversed() : pieces { run.feed(piece) }
      #expect(run.streams() == ["behind options"])
    }
  }

  @Test func extensionHeadersBeforeTheFragmentHeader() {
    var datagram = TestDatagram("behind extensions", isIPv6: true)
    datagram.extensions = [.hopByHop, .routing]
    let run = FragmentRun()
    for piece in datagram.cut(at: [8, 24]).reversed() { run.feed(piece) }
    #expect(run.streams() == ["behind extensions"])
  }

  /// An atomic fragment is a datagram by itself and touches no other (RFC 6946).
  @Test func atomicFragments() {
    let waiting = TestDatagram("in two pieces", isIPv6: true, port: 41_000)
    let atomic = TestDatagram("atomic", isIPv6: true)
    let run = FragmentRun()
    run.feed(waiting.fragment(0..<24))
    run.feed(atomic.fragment(0..<atomic.tcp.count))
    run.feed(waiting.fragment(24..<waiting.tcp.count))
    #expect(run.figures.fragments == 2)
    #expect(run.streams() == ["atomic", "in two pieces"])
  }

  @Test func otherProtocolsWithTheSameIdentification() {
    let datagram = TestDatagram("the quick brown fox")
    let run = FragmentRun()
    let pieces = datagram.cut(at: [24])
    var header = IPv4Header(
      source: Endpoint.address("10.0.0.1"), destination: Endpoint.address("10.0.0.2"), protocol: PacketBuilder.udpProtocol)
    header.identification = 7
    run.feed(pieces[0])
    run.feed(header.fragment([UInt8](repeating: 0, count: 48), at: 24, more: true))
    run.feed(pieces[1])
    #expect(run.streams() == ["the quick brown fox"])
  }

  // MARK: overlap

  /// Sturges and Novak's fragments behind a TCP header: a letter for each unit of eight bytes.
  private static let novak: [(letter: Character, unit: Int, units: Int)] = [
    ("A", 0, 3), ("B", 4, 2), ("C", 6, 3), ("D", 10, 1), ("E", 13, 2), ("F", 15, 3), ("G", 18, 2), ("H", 20, 2), ("I", 22, 1),
    ("J", 1, 4), ("K", 6, 3), ("L", 9, 3), ("M", 12, 3), ("N", 16, 1), ("O", 19, 1), ("P", 20, 1), ("Q", 22, 2),
  ]

  @Test(arguments: [
    (FragmentPolicy.first, "AAAJBBCCCLDLMEEFFFGGHHIQ"), (.last, "AJJJJBKKKLLLMMMFNFGOPHQQ"), (.bsd, "AAAJJBCCCLLLMMMFFFGGHHIQ"),
    (.linux, "AAAJJBKKKLLLMMMFFFGGPHQQ"), (.windows, "AAAJBBCCCLLLMEEFFFGGHHIQ"), (.solaris, "AAAJBBCCCLLLMMMFFFGGHHIQ"),
  ])
  func sturgesAndNovak(policy: FragmentPolicy, golden: String) {
    let datagram = TestDatagram(String(repeating: ".", count: 192))
    let run = FragmentRun { $0.fragmentPolicy = policy }
    run.feed(datagram.fragment(0..<24))
    for (letter, unit, units) in Self.novak {
      let bytes = [UInt8](text: String(repeating: letter, count: 8 * units))
      run.feed(datagram.fragment(bytes, at: 24 + 8 * unit, more: letter != "Q"))
    }
    let whole = golden.map { String(repeating: $0, count: 8) }.joined()
    #expect(run.figures.datagrams == 1)
    #expect(run.figures.overlapping == 8)
    #expect(run.streams() == [whole])
  }

  /// Every pair and triple of pieces that overlap, held against the per-byte rule over the original extents.
  @Test(arguments: FragmentPolicy.allCases)
  func everyTriple(policy: FragmentPolicy) {
    let extents = (0..<4).flatMap { start in (start + 1...4).map { start..<$0 } }
    for first in extents {
      for second in extents {
        for third in extents { #expect(Self.oracle(policy, [first, second, third]) == Self.units(policy, [first, second, third])) }
      }
    }
  }

  /// What each of four units holds: the number of the piece, the last piece being all four units, so that the datagram is whole.
  private static func oracle(_ policy: FragmentPolicy, _ pieces: [Range<Int>]) -> String {
    var owners = [Int?](repeating: nil, count: 4)
    let all = pieces + [0..<4]
    for (number, piece) in all.enumerated() {
      // Once the datagram is whole, nothing can change it.
      if !owners.contains(nil) { break }
      for unit in piece {
        guard let owner = owners[unit] else {
          owners[unit] = number
          continue
        }
        let old = all[owner]
        let wins =
          switch policy {
          case .first: false
          case .last: true
          case .bsd: piece.lowerBound < old.lowerBound
          case .linux: piece.lowerBound <= old.lowerBound
          case .windows: piece.lowerBound < old.lowerBound && piece.upperBound > old.upperBound
          case .solaris: piece.lowerBound < old.lowerBound && piece.upperBound >= old.upperBound
          }
        if wins { owners[unit] = number }
      }
    }
    return owners.map { $0.map(String.init) ?? "?" }.joined()
  }

  private static func units(_ policy: FragmentPolicy, _ pieces: [Range<Int>]) -> String {
    let datagram = TestDatagram(String(repeating: ".", count: 32))
    let run = FragmentRun { $0.fragmentPolicy = policy }
    // The last unit of the datagram comes before everything, so that its length is known and only the four units are missing.
    var longer = datagram
    longer.payload += [UInt8](text: "end")
    run.feed(longer.fragment(0..<24))
    run.feed(longer.fragment(56..<59))
    for (number, piece) in (pieces + [0..<4]).enumerated() {
      let bytes = [UInt8](repeating: UInt8(48 + number), count: 8 * piece.count)
      run.feed(longer.fragment(bytes, at: 24 + 8 * piece.lowerBound, more: true))
    }
    let stream = run.streams().first ?? ""
    return stride(from: 0, to: 32, by: 8).map { String(stream.dropFirst($0).first ?? "?") }.joined()
  }

  /// A fragment sent once more is judged by the policy like any other, where another one came between.
  @Test func aRepetitionOverAnotherCopy() {
    let datagram = TestDatagram("aaaaaaaabbbbbbbbend")
    let run = FragmentRun { $0.fragmentPolicy = .last }
    run.feed(datagram.fragment(0..<24))
    run.feed(datagram.fragment(24..<40))
    run.feed(datagram.fragment([UInt8](text: "XXXXXXXX"), at: 32, more: true))
    run.feed(datagram.fragment(24..<40))
    run.feed(datagram.fragment(40..<43))
    #expect(run.streams() == ["aaaaaaaabbbbbbbbend"])
  }

  /// RFC 5722: an overlap discards the datagram, the fragments still to come included; the next identification is not concerned.
  @Test func overlapInIPv6() {
    let datagram = TestDatagram("the quick brown fox", isIPv6: true)
    let run = FragmentRun()
    run.feed(datagram.fragment(0..<24))
    run.feed(datagram.fragment(16..<32))
    run.feed(datagram.fragment(24..<43))
    for piece in datagram.cut(at: [24]) { run.feed(piece) }
    #expect(run.figures.overlapping == 1)
    #expect(run.figures.datagrams == 0)
    for piece in TestDatagram("next", isIPv6: true, identification: 8).cut(at: [24]) { run.feed(piece) }
    #expect(run.streams() == ["next"])
  }

  @Test func otherBytesAtTheSamePlaceInIPv6() {
    let datagram = TestDatagram("the quick brown fox", isIPv6: true)
    let run = FragmentRun()
    run.feed(datagram.fragment(24..<40))
    run.feed(datagram.fragment([UInt8](text: "XXXXXXXXXXXXXXXX"), at: 24, more: true))
    for piece in datagram.cut(at: [24, 40]) { run.feed(piece) }
    #expect(run.figures.overlapping == 1)
    #expect(run.streams() == [])
  }

  // MARK: the next datagram

  /// A late duplicate is known for one, and what has other bytes begins the next datagram.
  @Test(arguments: [false, true])
  func theSameIdentificationOnceMore(isReversed: Bool) {
    let old = TestDatagram("old datagram in pieces ")
    let next = TestDatagram("new datagram in pieces!", sequence: UInt32(1 + old.payload.count))
    let run = FragmentRun()
    for piece in old.cut(at: [24, 32]) { run.feed(piece) }
    for piece in old.cut(at: [24, 32]) { run.feed(piece) }
    let pieces = next.cut(at: [24, 40])
    for piece in isReversed ? pieces.reversed() : pieces { run.feed(piece) }
    #expect(run.figures.duplicates == 3)
    #expect(run.figures.datagrams == 2)
    #expect(run.streams() == ["old datagram in pieces new datagram in pieces!"])
  }

  /// The copy that lost is known for a late duplicate too.
  @Test func aLateDuplicateOfTheCopyThatLost() {
    let old = TestDatagram("aaaaaaaabbbbbbbb")
    let forged = old.fragment([UInt8](text: "XXXXXXXX"), at: 24, more: true)
    let next = TestDatagram("ccccccccdddddddd", sequence: 17)
    let run = FragmentRun()
    run.feed(old.fragment(24..<32))
    run.feed(forged)
    run.feed(old.fragment(0..<24))
    run.feed(old.fragment(32..<40))
    run.feed(forged)
    for piece in next.cut(at: [24, 32]) { run.feed(piece) }
    #expect(run.streams() == ["aaaaaaaabbbbbbbbccccccccdddddddd"])
  }

  // MARK: what cannot be a datagram

  @Test func oversized() {
    let datagram = TestDatagram("the quick brown fox")
    let run = FragmentRun()
    let pieces = datagram.cut(at: [24])
    run.feed(pieces[0])
    run.feed(datagram.fragment([UInt8](repeating: 1, count: 32), at: 65_504, more: false))
    run.feed(pieces[1])
    #expect(run.figures.oversized == 1)
    #expect(run.figures.datagrams == 0)
    #expect(run.streams() == [])
  }

  /// The fragments fit by themselves; with the options of the first one the datagram does not.
  @Test func oversizedByItsOptions() {
    var datagram = TestDatagram("")
    datagram.payload = [UInt8](repeating: 120, count: 65_515 - 24)
    datagram.options = [UInt8](repeating: 1, count: 40)
    let run = FragmentRun()
    for start in stride(from: 0, to: 65_515, by: 32_752) { run.feed(datagram.fragment(start..<min(start + 32_752, 65_515))) }
    #expect(run.figures.oversized == 1)
    #expect(run.streams() == [])
    #expect(run.figures.incomplete == 0)
  }

  @Test func theLongestDatagram() {
    for (isIPv6, length) in [(false, 65_515), (true, 65_535)] {
      var datagram = TestDatagram("", isIPv6: isIPv6)
      datagram.payload = .letters(length - 24)
      let run = FragmentRun()
      for start in stride(from: 0, to: length, by: 1_480) { run.feed(datagram.fragment(start..<min(start + 1_480, length))) }
      #expect(run.figures.datagrams == 1)
      #expect(run.streams() == [text([UInt8].letters(length - 24))])
    }
  }

  @Test func anEndInsideAUnit() {
    let four = TestDatagram("the quick brown fox")
    let run = FragmentRun()
    // IPv4 rounds it down: the bytes behind come with the next fragment.
    run.feed(four.fragment(0..<29))
    run.feed(four.fragment(24..<43))
    #expect(run.streams() == ["the quick brown fox"])
    let six = TestDatagram("the quick brown fox", isIPv6: true)
    let other = FragmentRun()
    other.feed(six.fragment(0..<29))
    #expect(other.figures.malformed == 1)
    #expect(other.streams() == [])
  }

  @Test func contradictingEnds() {
    let datagram = TestDatagram("the quick brown fox")
    let run = FragmentRun()
    run.feed(datagram.fragment(24..<43))
    run.feed(datagram.fragment(40..<48, more: true))
    run.feed(datagram.fragment(24..<32, more: false))
    run.feed(datagram.fragment([], at: 16, more: true))
    run.feed(datagram.fragment(0..<24))
    #expect(run.figures.malformed == 3)
    #expect(run.streams() == ["the quick brown fox"])
  }

  /// What the capture cut off a fragment is missing from its segment, and what lies behind it too.
  @Test(arguments: [(0, "the quick brown fox"), (2, "the qu[13 cut end]")])
  func cutBySnapLength(cut: Int, stream: String) {
    let pieces = TestDatagram("the quick brown fox").cut(at: [32])
    let run = FragmentRun()
    run.feed(pieces[0], cut: cut)
    run.feed(pieces[1])
    #expect(run.streams() == [stream])
  }

  @Test func aLongerCopyOfACutFragment() {
    let pieces = TestDatagram("the quick brown fox", isIPv6: true).cut(at: [32])
    let run = FragmentRun()
    run.feed(pieces[0], cut: 2)
    run.feed(pieces[0])
    run.feed(pieces[1], cut: 4)
    #expect(run.streams() == ["the quick brown[4 cut end]"])
  }

  // MARK: time and memory

  @Test(arguments: [(29.9, true), (30.1, false)])
  func timeout(seconds: Double, isInTime: Bool) {
    let pieces = TestDatagram("the quick brown fox").cut(at: [24])
    let run = FragmentRun()
    run.feed(pieces[0])
    run.feed(pieces[1], after: seconds)
    #expect(run.figures.timedOut == (isInTime ? 0 : 1))
    #expect(run.streams() == (isInTime ? ["the quick brown fox"] : []))
    #expect(run.figures.incomplete == (isInTime ? 0 : 1))
  }

  @Test func noTimeout() {
    let pieces = TestDatagram("the quick brown fox").cut(at: [24])
    let run = FragmentRun { $0.fragmentTimeout = nil }
    run.feed(pieces[0])
    run.feed(pieces[1], after: 3_000)
    #expect(run.streams() == ["the quick brown fox"])
  }

  @Test func theOldestGoesFirst() {
    let run = FragmentRun { $0.fragmentMemory = 32 << 10 }
    let count = 100
    let datagrams = (0..<count).map { number in
      var datagram = TestDatagram("", identification: UInt32(number), port: UInt16(40_000 + number))
      datagram.payload = .letters(1_000)
      return datagram
    }
    for datagram in datagrams { run.feed(datagram.fragment(0..<1_000)) }
    for datagram in datagrams.reversed() { run.feed(datagram.fragment(1_000..<1_024)) }
    let evicted = Int(run.figures.evicted)
    #expect(evicted >= count - 32)
    let kept = run.recorder.streams.map { Int($0.opening.key.sourcePort) - 40_000 }
    #expect(!kept.isEmpty && kept.count >= 15)
    #expect(kept == (count - kept.count..<count).reversed(), "those that stayed are the newest")
  }

  /// Datagrams that are whole leave their bytes' memory to those that wait.
  @Test func whatIsWholeTakesLittle() {
    let run = FragmentRun { $0.fragmentMemory = 64 << 10 }
    let waiting = TestDatagram("a datagram that waits", port: 50_000)
    run.feed(waiting.fragment(0..<24))
    for number in 0..<50 {
      var datagram = TestDatagram("", identification: UInt32(100 + number), port: UInt16(40_000 + number))
      datagram.payload = .letters(4_000)
      for piece in datagram.cut(at: [2_000]) { run.feed(piece) }
    }
    run.feed(waiting.fragment(24..<waiting.tcp.count))
    #expect(run.figures.evicted == 0)
    #expect(run.streams().last == "a datagram that waits")
  }

  /// Where connections are told apart by VLAN, so are their fragments.
  @Test(arguments: [false, true])
  func scopes(isTold: Bool) {
    let pieces = TestDatagram("the quick brown fox").cut(at: [24])
    let run = FragmentRun { if isTold { $0.keyScopes = .vlan } }
    for piece in pieces { for id in [1, 2] as [UInt16] { run.feed(piece, on: .ethernet(vlans: [id])) } }
    #expect(run.streams() == Array(repeating: "the quick brown fox", count: isTold ? 2 : 1))
  }

  @Test func switchedOff() {
    let run = FragmentRun { $0.defragments = false }
    for piece in TestDatagram("the quick brown fox").cut(at: [24]) { #expect(run.feed(piece) == nil) }
    #expect(run.streams() == [])
    #expect(run.figures.fragments == 0)
  }
}

/// Every order of some values.
func permutations<T>(_ values: [T]) -> [[T]] {
  guard values.count > 1 else { return [values] }
  return values.indices.flatMap { index in
    var rest = values
    let value = rest.remove(at: index)
    return permutations(rest).map { [value] + $0 }
  }
}
