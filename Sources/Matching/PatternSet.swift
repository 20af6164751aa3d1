internal import CMatch

/// Observer of the memory that searches take.
package protocol MatchMemoryObserver: AnyObject {
  /// Called when the searches took memory, or gave some back.
  ///
  /// - Parameter bytes: the number of bytes; below 0 if they were given back.
  func memoryChanged(by bytes: Int)
}

/// Patterns compiled for the search of streams, with what all searches share: working memory, spare states, and the limit of memory.
///
/// Vectorscan does the search. Its library is loaded when the first set is made. A set is for one thread.
public final class PatternSet {
  /// The patterns; a match states the index of its own.
  public let patterns: [Pattern]
  /// Number of bytes that a state of a search takes.
  public let stateSize: Int
  /// Number of bytes that all searches together may take.
  public let memoryLimit: Int
  /// Number of bytes that all searches take now.
  public private(set) var memory = 0
  /// Greatest number of bytes that they took.
  public private(set) var peakMemory = 0
  /// Object that is told of every change of `memory`; nil for none.
  package weak var memoryObserver: (any MatchMemoryObserver)?
  /// Number of searches that were not made because of the limit or a failure of the library.
  public private(set) var refusals: UInt64 = 0
  /// Lengths of the matches of each pattern.
  let widths: [Width]
  /// Greatest length of a match of any pattern; `Int64.max` if there is none.
  let longest: Int64

  private let databases: Databases
  /// Greatest number of bytes that each database can be given at once.
  let pieceLengths: [Int]
  let scratch: OpaquePointer
  private var spare: [[OpaquePointer]] = []
  private static let mostSpare = 1_024

  /// Lengths of the matches of a pattern.
  struct Width {
    /// Greatest length; `Int64.max` if there is none.
    let most: Int64
    /// Whether matches may be reported in another order than that of their ends.
    let isUnordered: Bool
  }

  /// Number of expressions in a database.
  ///
  /// The time that the library takes to compile expressions together grows with the square of their number, and each database is one more
  /// pass over the bytes. Literals take little time, so that all of them are in one database.
  private static let mostExpressions = 256

  /// Compiles patterns.
  ///
  /// Takes about 50 microseconds for each literal, and about 10 milliseconds for each expression.
  ///
  /// - Parameters:
  ///   - patterns: the patterns, at least one.
  ///   - memoryLimit: number of bytes that all searches together may take.
  /// - Throws: `PatternError`: the library is missing; or a pattern is wrong, matches the empty string, or has no start that can be told.
  public init(_ patterns: [Pattern], memoryLimit: Int = 256 << 20) throws(PatternError) {
    try Self.load()
    var widths: [Width] = []
    for pattern in patterns { widths.append(try Self.width(of: pattern)) }
    let databases = Databases()
    let groups = Self.groups(patterns)
    for group in groups { databases.all.append(try Self.compile(patterns, group.indices)) }
    guard let scratch = databases.makeScratch(), let stateSize = databases.stateSize else {
      throw .tooMuch("there is not enough memory")
    }
    self.patterns = patterns
    self.memoryLimit = memoryLimit
    self.widths = widths
    longest = widths.map(\.most).max() ?? 0
    self.databases = databases
    pieceLengths = groups.map { $0.areLiterals ? .max : PieceLength.ofExpressions }
    self.scratch = scratch
    self.stateSize = stateSize
  }

  /// Creates a set of the same patterns with memory of its own, without compiling them again.
  ///
  /// The limit is that of the other set. Each set counts what its own searches take.
  ///
  /// - Parameter other: the set of the patterns.
  /// - Throws: `PatternError.tooMuch` if there is not enough memory.
  public init(compiledLike other: PatternSet) throws(PatternError) {
    guard let scratch = other.databases.makeScratch() else { throw .tooMuch("there is not enough memory") }
    patterns = other.patterns
    memoryLimit = other.memoryLimit
    widths = other.widths
    longest = other.longest
    databases = other.databases
    pieceLengths = other.pieceLengths
    self.scratch = scratch
    stateSize = other.stateSize
  }

  deinit {
    for state in spare.joined() { cmatch_close_stream(state) }
    cmatch_free_scratch(scratch)
  }

  /// Compiled patterns, which several sets may share: the library only reads them.
  private final class Databases {
    var all: [OpaquePointer] = []

    deinit { all.forEach(cmatch_free_database) }

    /// Returns working memory that suffices for each of them; nil if there is not enough memory.
    func makeScratch() -> OpaquePointer? {
      var scratch: OpaquePointer?
      if all.allSatisfy({ cmatch_make_scratch($0, &scratch) == CMATCH_SUCCESS }) { return scratch }
      if let scratch { cmatch_free_scratch(scratch) }
      return nil
    }

    /// Number of bytes that the states of a search take; nil if the library does not tell.
    var stateSize: Int? {
      var sizes = 0
      for database in all {
        var size = 0
        guard cmatch_stream_size(database, &size) == CMATCH_SUCCESS else { return nil }
        sizes += size
      }
      return sizes
    }
  }

  /// Loads the library.
  ///
  /// - Throws: `PatternError.libraryMissing`.
  public static func load() throws(PatternError) {
    if let reason = cmatch_load() { throw .libraryMissing(String(cString: reason)) }
  }

  /// Whether the library can be loaded.
  package static var isLoadable: Bool { cmatch_load() == nil }

  // MARK: compiling

  private static func engineFlags(_ flags: Pattern.Flags) -> UInt32 {
    var bits = UInt32(CMATCH_LEFTMOST_START)
    if flags.contains(.caseless) { bits |= UInt32(CMATCH_CASELESS) }
    if flags.contains(.dotAll) { bits |= UInt32(CMATCH_DOT_ALL) }
    if flags.contains(.multiline) { bits |= UInt32(CMATCH_MULTILINE) }
    return bits
  }

  private static func width(of pattern: Pattern) throws(PatternError) -> Width {
    if pattern.text.isEmpty { throw .refused(name: pattern.name, reason: "it is empty") }
    guard !pattern.isLiteral else { return Width(most: Int64(pattern.text.count), isUnordered: false) }
    if pattern.text.contains(0) { throw .refused(name: pattern.name, reason: "it has a zero byte; write \\x00") }
    // Under (*UTF8) the engine's results for bytes that are not UTF-8 are undefined, and streams may have any bytes.
    if pattern.text.starts(with: "(*".utf8) {
      throw .refused(name: pattern.name, reason: "options such as (*UTF8) are not available: streams are bytes, not text")
    }
    var width = cmatch_width()
    let (status, reason) = withMessage { message, room in
      // The array ends with a zero and has no other, so it is a C string.
      (pattern.expression + [0]).withUnsafeBytes {
        cmatch_measure($0.assumingMemoryBound(to: CChar.self).baseAddress, engineFlags(pattern.flags), &width, message, room)
      }
    }
    guard status == CMATCH_SUCCESS else { throw .refused(name: pattern.name, reason: reason) }
    if width.least == 0 { throw .refused(name: pattern.name, reason: "it matches the empty string") }
    return Width(most: width.most == .max ? .max : Int64(width.most), isUnordered: width.is_unordered != 0)
  }

  /// Indices of the patterns of each database: the literals, and expressions without an operator, in the first one.
  private static func groups(_ patterns: [Pattern]) -> [(indices: [Int], areLiterals: Bool)] {
    let operators = Array("\\[({*+?|.^$#".utf8)
    let isLiteral = patterns.map { $0.isLiteral || !$0.text.contains { operators.contains($0) } }
    var groups: [(indices: [Int], areLiterals: Bool)] = []
    let literals = patterns.indices.filter { isLiteral[$0] }
    if !literals.isEmpty { groups.append((literals, true)) }
    let expressions = patterns.indices.filter { !isLiteral[$0] }
    for start in stride(from: 0, to: expressions.count, by: mostExpressions) {
      groups.append((Array(expressions[start..<min(expressions.count, start + mostExpressions)]), false))
    }
    return groups
  }

  /// Compiles the patterns of a group to one database.
  static func compile(_ patterns: [Pattern], _ group: [Int]) throws(PatternError) -> OpaquePointer {
    // All expressions lie in one array, so that one borrow covers them all.
    var text: [UInt8] = []
    var starts: [Int] = []
    for index in group {
      starts.append(text.count)
      text += patterns[index].expression
      text.append(0)
    }
    var database: OpaquePointer?
    var index: Int32 = -1
    let flags = group.map { engineFlags(patterns[$0].flags) }
    let ids = group.map { UInt32(truncatingIfNeeded: $0) }
    let (status, reason) = withMessage { message, room in
      text.withUnsafeBytes { memory in
        // Each start is an offset in `memory`, and a zero follows each expression.
        let expressions = starts.map { start in memory.assumingMemoryBound(to: CChar.self).baseAddress.map { $0 + start } }
        return cmatch_compile(expressions, flags, ids, UInt32(truncatingIfNeeded: group.count), &database, message, room, &index)
      }
    }
    if status == CMATCH_SUCCESS, let database { return database }
    guard let index = Int(exactly: index), group.indices.contains(index) else { throw .tooMuch(reason) }
    throw .refused(name: patterns[group[index]].name, reason: reason)
  }

  /// Calls a function of the library that may write a message.
  private static func withMessage(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int32) -> (status: Int32, reason: String) {
    var message = [CChar](repeating: 0, count: 1_024)
    let status = message.withUnsafeMutableBufferPointer { call($0.baseAddress, $0.count) }
    var text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
    return (status, text.isEmpty ? "Vectorscan refuses it, error \(status)" : text)
  }

  // MARK: states

  /// Returns the state of a search that begins, a part for each database; nil if the limit does not allow it.
  func makeState() -> [OpaquePointer]? {
    guard take(stateSize &+ StreamMatcher.ownSize) else {
      refusals &+= 1
      return nil
    }
    if let state = spare.popLast() { return state }
    var made: [OpaquePointer] = []
    for database in databases.all {
      var state: OpaquePointer?
      guard cmatch_open_stream(database, &state) == CMATCH_SUCCESS, let state else {
        made.forEach(cmatch_close_stream)
        giveBack(stateSize &+ StreamMatcher.ownSize)
        refusals &+= 1
        return nil
      }
      made.append(state)
    }
    return made
  }

  /// Takes back a state, whose search is over.
  func takeBack(_ state: [OpaquePointer]) {
    giveBack(stateSize &+ StreamMatcher.ownSize)
    guard spare.count < Self.mostSpare, state.allSatisfy({ cmatch_reset_stream($0, nil, nil, nil) == CMATCH_SUCCESS }) else {
      return state.forEach(cmatch_close_stream)
    }
    spare.append(state)
  }

  /// Counts a search that ended because the library failed.
  func noteFailure() { refusals &+= 1 }

  /// Reserves memory, and returns whether the limit allows it.
  func take(_ bytes: Int) -> Bool {
    guard memory &+ bytes <= memoryLimit else { return false }
    adjust(by: bytes)
    return true
  }

  func giveBack(_ bytes: Int) { adjust(by: 0 &- bytes) }

  /// Counts memory whatever the limit is.
  func adjust(by bytes: Int) {
    guard bytes != 0 else { return }
    memory &+= bytes
    peakMemory = max(peakMemory, memory)
    memoryObserver?.memoryChanged(by: bytes)
  }
}
