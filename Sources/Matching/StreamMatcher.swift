internal import CMatch
public import Stages

/// Receiver of matches.
public protocol MatchReceiver: AnyObject {
  /// Called with a match, in the order in which matches are certain.
  ///
  /// - Parameters:
  ///   - match: the match.
  ///   - matcher: the search that found it.
  func matched(_ match: Match, in matcher: StreamMatcher)
}

/// Search of one direction of a layer for the patterns of a set, across the borders of the pieces in which the bytes come.
///
/// Each run of bytes without a gap is searched as data of its own: `^` matches at its beginning, `$` at its end, and nothing matches across
/// a gap. The matches do not depend on how the bytes are cut. Memory: the state of the engine, 80 bytes of history, and the packets and
/// candidates of matches that are not certain yet. The search ends where the limit of the set is reached.
public final class StreamMatcher {
  /// Number of bytes that `Match.around` has at most.
  static let aroundLength = 64
  /// Number of bytes by which the order of the ends of matches can be wrong: an assertion looks at one character behind the match.
  private static let slack: Int64 = 8
  private static let historyLength = aroundLength + 16
  /// Number of bytes that an object takes besides the state.
  static let ownSize = 512
  private static let candidateSize = 256

  /// Patterns and limits.
  public let patterns: PatternSet
  /// Counts of the matches, which several searches may share.
  public let tally: MatchTally
  // A weak reference would make every count of references to the receiver take a slow path, some for each packet.
  private unowned let receiver: any MatchReceiver
  /// State of the engine; nil before the first byte and after the end.
  private var state: [OpaquePointer]?
  /// Whether the search is over: the direction ended, or memory did not suffice.
  private var isOver = false
  /// Whether bytes came since the last gap.
  private var isInRun = false
  /// Offset of the first byte of the run.
  private var runStart: Int64 = 0
  /// Offset behind the last byte that came.
  private var position: Int64 = 0
  /// The last bytes of the run.
  private var history: [UInt8] = []
  private var trail = PacketTrail()
  /// Number of bytes of the limit that packets and candidates take.
  private var reserved = 0
  private var selections: [Int: MatchSelection] = [:]
  /// Reports of patterns without order, by pattern, in the order of their ends.
  private var unordered: [Int: [(start: Int64, end: Int64)]] = [:]
  /// Candidates and selected matches whose bytes around lack something.
  private var open: [Candidate] = []

  /// Creates a search, which takes memory with the first byte.
  ///
  /// - Parameters:
  ///   - patterns: the patterns.
  ///   - tally: counts of the matches.
  ///   - receiver: the receiver of the matches, which is not retained and must exist as long as bytes are added.
  public init(_ patterns: PatternSet, tally: MatchTally = MatchTally(), receiver: any MatchReceiver) {
    self.patterns = patterns
    self.tally = tally
    self.receiver = receiver
  }

  deinit {
    if let state { patterns.takeBack(state) }
    patterns.giveBack(reserved)
  }

  // MARK: bytes

  /// Searches the next bytes.
  ///
  /// Bytes that do not follow the last ones begin a new run.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - offset: the offset of the first byte in the layer.
  ///   - stamp: the packet that brought them.
  public func append(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp) {
    guard !isOver, bytes.count > 0 else { return }
    if state == nil {
      guard let made = patterns.makeState() else {
        isOver = true
        return
      }
      state = made
    } else if isInRun, offset != position {
      endRun()
    }
    if !isInRun { begin(at: offset) }
    note(stamp)
    var rest = 0
    // The engine counts the bytes of a call in 32 bits.
    while rest < bytes.count, !isOver {
      let piece = bytes.extracting(rest..<min(bytes.count, rest + 1 << 30))
      scan(piece)
      rest += piece.count
    }
  }

  /// Ends the run of bytes: the next ones follow a gap.
  public func gap() {
    if isInRun { endRun() }
  }

  /// Ends the search.
  public func end() {
    if isInRun { endRun() }
    close()
  }

  private func close() {
    isOver = true
    isInRun = false
    if let state { patterns.takeBack(state) }
    state = nil
    patterns.giveBack(reserved)
    reserved = 0
    trail.removeAll()
    history = []
    selections = [:]
    unordered = [:]
    open = []
  }

  private func begin(at offset: Int64) {
    isInRun = true
    runStart = offset
    position = offset
    history.removeAll(keepingCapacity: true)
    trail.removeAll()
  }

  private func note(_ stamp: ByteStamp) {
    let before = trail.count
    let canGrow = before < PacketTrail.least || patterns.memory &+ PacketTrail.entrySize <= patterns.memoryLimit
    let (needed, overflows) = position.subtractingReportingOverflow(patterns.longest &+ Self.slack)
    trail.append(
      stamp, at: position, needed: overflows || patterns.longest == .max ? .min : needed,
      most: canGrow ? PacketTrail.most : PacketTrail.least)
    reserve((trail.count &- before) &* PacketTrail.entrySize)
  }

  /// Counts memory that is taken whatever the limit is; the caller keeps it small where the limit is reached.
  private func reserve(_ bytes: Int) {
    reserved &+= bytes
    patterns.adjust(by: bytes)
  }

  /// This object for the callback.
  private var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  private func scan(_ bytes: Span<UInt8>) {
    guard let state else { return }
    // The context is this object, which is alive during each call.
    let isScanned = zip(state, patterns.pieceLengths).allSatisfy {
      PieceLength.scan(bytes, in: $1, $0, patterns.scratch, Self.onMatch, context)
    }
    guard isScanned else { return fail() }
    let start = position
    position &+= Int64(bytes.count)
    if !unordered.isEmpty { settleUnordered(upTo: position &- Self.slack) }
    if !open.isEmpty { complete(with: bytes, from: start) }
    remember(bytes)
  }

  private func fail() {
    patterns.noteFailure()
    close()
  }

  private func remember(_ bytes: Span<UInt8>) {
    let kept = min(bytes.count, Self.historyLength)
    let dropped = history.count + kept - Self.historyLength
    if dropped > 0 { history.removeFirst(dropped) }
    // The pointer is used only during the closure.
    bytes.extracting(last: kept).withUnsafeBytes { history.append(contentsOf: $0) }
  }

  private func endRun() {
    guard let state else { return }
    isInRun = false
    let isReset = state.allSatisfy { cmatch_reset_stream($0, patterns.scratch, Self.onMatch, context) == CMATCH_SUCCESS }
    guard isReset else { return fail() }
    settleUnordered(upTo: .max)
    for pattern in selections.keys.sorted() { select(pattern, before: .max) }
    complete(with: Span(), from: position, isEnd: true)
    selections = [:]
    open = []
    reserve(0 &- reserved)
  }

  // MARK: reports

  private static let onMatch: cmatch_callback = { id, from, to, _, context in
    guard let context else { return 0 }
    // The context is the object whose call of the library this is, which is alive during that call.
    Unmanaged<StreamMatcher>.fromOpaque(context).takeUnretainedValue().report(Int(id), from, to)
    return 0
  }

  private func report(_ pattern: Int, _ from: UInt64, _ to: UInt64) {
    guard from < to, let from = Int64(exactly: from), let to = Int64(exactly: to), patterns.widths.indices.contains(pattern) else { return }
    let (start, end) = (runStart &+ from, runStart &+ to)
    guard patterns.widths[pattern].isUnordered else { return take(pattern, start, end) }
    var list = unordered[pattern, default: []]
    let place = list.lastIndex { $0.end <= end }.map { $0 + 1 } ?? 0
    if place > 0, list[place - 1].end == end {
      list[place - 1].start = min(list[place - 1].start, start)
    } else {
      list.insert((start, end), at: place)
    }
    let due = list.prefix { $0.end < end &- Self.slack }
    list.removeFirst(due.count)
    unordered[pattern] = list
    for item in due { take(pattern, item.start, item.end) }
  }

  private func settleUnordered(upTo end: Int64) {
    for pattern in unordered.keys.sorted() {
      guard let list = unordered[pattern] else { continue }
      let due = list.prefix { $0.end <= end }
      unordered[pattern] = due.count == list.count ? nil : Array(list.dropFirst(due.count))
      for item in due { take(pattern, item.start, item.end) }
    }
  }

  /// Takes a report; those of a pattern come in the order of their ends.
  private func take(_ pattern: Int, _ start: Int64, _ end: Int64) {
    let most = patterns.widths[pattern].most
    // This report begins here or behind it, and what may still come begins behind it.
    let certain = most == .max ? Int64.min : end &- most
    select(pattern, before: certain)
    guard selections[pattern]?.excludes(start) != true else { return }
    if start <= certain, selections[pattern]?.candidates.isEmpty != false {
      selections[pattern, default: MatchSelection()].select(endingAt: end)
      guard tally.count(pattern) else { return }
      let selected = Candidate(pattern: pattern, start: start, end: end, first: trail.stamp(of: start), last: lastStamp(end))
      selected.isSelected = true
      return wait(for: selected)
    }
    let before = selections[pattern]?.candidates.count ?? 0
    let candidate: Candidate
    if let known = selections[pattern]?.candidate(from: start) {
      candidate = known
      candidate.extend(to: end, last: lastStamp(end))
    } else {
      candidate = Candidate(pattern: pattern, start: start, end: end, first: trail.stamp(of: start), last: lastStamp(end))
      selections[pattern, default: MatchSelection()].add(candidate)
    }
    let count = selections[pattern]?.candidates.count ?? 0
    reserve((count &- before) &* Self.candidateSize)
    if !tally.isFull(pattern) { wait(for: candidate) }
    select(pattern, before: certain &+ 1)
    if selections[pattern]?.candidates.count ?? 0 > (patterns.memory < patterns.memoryLimit ? MatchSelection.most : 1) {
      selectFirst(pattern)
    }
  }

  private func lastStamp(_ end: Int64) -> ByteStamp { trail.stamp(of: end &- 1) ?? ByteStamp(nanoseconds: 0, packet: 0) }

  /// Waits for the bytes around a candidate.
  private func wait(for candidate: Candidate) {
    guard !candidate.isOpen else { return }
    candidate.isOpen = true
    open.append(candidate)
  }

  /// Selects the candidates of a pattern that begin before an offset.
  private func select(_ pattern: Int, before offset: Int64) {
    while let first = selections[pattern]?.candidates.first, first.start < offset { selectFirst(pattern) }
  }

  private func selectFirst(_ pattern: Int) {
    guard let first = selections[pattern]?.selectFirst() else { return }
    reserve(0 &- Self.candidateSize)
    guard tally.count(pattern) else {
      first.isDropped = true
      return
    }
    if first.isWhole { emit(first) }
  }

  // MARK: bytes around

  /// Adds bytes to what is around the open matches, and passes on those that are complete.
  ///
  /// - Parameters:
  ///   - bytes: the bytes from `start` to `position`.
  ///   - start: the offset of the first one.
  ///   - isEnd: whether no more bytes of the run come.
  private func complete(with bytes: Span<UInt8>, from start: Int64, isEnd: Bool = false) {
    var rest: [Candidate] = []
    for candidate in open where !candidate.isDropped {
      extend(candidate, with: bytes, from: start)
      if isEnd { candidate.isWhole = true }
      if !candidate.isWhole {
        rest.append(candidate)
        continue
      }
      candidate.isOpen = false
      if candidate.isSelected { emit(candidate) }
    }
    open = rest
  }

  private func extend(_ candidate: Candidate, with bytes: Span<UInt8>, from start: Int64) {
    let length = candidate.end &- candidate.start
    let before = max(0, Int64(Self.aroundLength) &- length) / 2
    let least = length > Self.aroundLength ? candidate.end &- Int64(Self.aroundLength) : max(runStart, candidate.start &- before)
    let most = max(candidate.end, candidate.start &- before &+ Int64(Self.aroundLength))
    var next = least &+ Int64(candidate.around.count)
    if candidate.around.isEmpty { candidate.aroundOffset = least }
    let historyStart = start &- Int64(history.count)
    if next < start, next >= historyStart {
      let end = min(most, start)
      candidate.around += history[Int(next &- historyStart)..<Int(end &- historyStart)]
      next = end
    }
    if next >= start, next < position {
      let piece = bytes.extracting(Int(next &- start)..<Int(min(most, position) &- start))
      // The pointer is used only during the closure.
      piece.withUnsafeBytes { candidate.around.append(contentsOf: $0) }
    }
    candidate.isWhole = least &+ Int64(candidate.around.count) >= most
  }

  private func emit(_ candidate: Candidate) {
    receiver.matched(
      Match(
        pattern: candidate.pattern, offset: candidate.start, length: candidate.end &- candidate.start, first: candidate.first,
        last: candidate.last, around: candidate.around, aroundOffset: candidate.aroundOffset), in: self)
  }
}
