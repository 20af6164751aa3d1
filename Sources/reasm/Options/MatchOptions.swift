import ArgumentParser
import Glibc
import Matching
import Paths

/// Options for the search of the streams for patterns.
struct MatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Search both directions of every stream, the clear bytes of TLS and, with --http, the bodies for this regular expression (PCRE): \
      matches.ndjson has a line per match, and --console marks them. Repeat it for several.
      """, valueName: "pattern"))
  var match: [String] = []

  @Option(
    help: ArgumentHelp(
      "More patterns, one a line: name:/regex/flags, with the flags i, s, m and x. Repeat it for several.", valueName: "file"),
    completion: .file())
  var matchFile: [FilePath] = []

  @Flag(help: "Patterns are literals: each --match, and each line of a --match-file as it stands.")
  var matchFixed = false

  @Option(
    help: ArgumentHelp(
      "States of all searches get this much; 0: as much as they need. (default: \(Self.memoryDefault))", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var matchMemory = Self.memoryDefault

  static let memoryDefault = SizeArgument(bytes: 256 << 20)

  @Flag(help: "Write only connections in which something matched, with the numbers and names of a whole run; the others are counted.")
  var matching = false

  @Flag(help: "Exit with status 3 if nothing matched.")
  var failWithoutMatch = false

  /// Greatest size of a file of patterns.
  private static let mostBytes = 64 << 20

  /// Whether anything is searched for.
  var isWanted: Bool { !match.isEmpty || !matchFile.isEmpty }

  /// Option that gives a pattern; nil if nothing is searched for.
  var firstOption: String? { isWanted ? match.isEmpty ? "--match-file" : "--match" : nil }

  func validate() throws {
    if match.contains(where: \.isEmpty) { throw ValidationError("--match is empty; name a pattern") }
    if matchFile.contains(where: \.isEmpty) { throw ValidationError("--match-file is empty; name a file") }
    let given: [(isGiven: Bool, option: String)] = [
      (matchFixed, "--match-fixed"), (matching, "--matching"), (failWithoutMatch, "--fail-without-match"),
      (matchMemory != Self.memoryDefault, "--match-memory"),
    ]
    if !isWanted, let option = given.first(where: \.isGiven)?.option {
      throw ValidationError("\(option) is about patterns; say --match or --match-file too")
    }
  }

  /// Reads and compiles the patterns.
  ///
  /// - Returns: the patterns; nil if nothing is searched for.
  /// - Throws: `PatternRefusal`.
  func patternSet() throws(PatternRefusal) -> PatternSet? {
    guard isWanted else { return nil }
    var patterns = match.map { Pattern(ArgumentText.bytes(of: $0), isLiteral: matchFixed) }
    for file in matchFile {
      let contents = try Self.read(file)
      do throws(PatternError) {
        patterns += try Pattern.list(in: contents, areLiteral: matchFixed)
      } catch {
        throw PatternRefusal(words: "\(file): \(error)")
      }
    }
    if patterns.isEmpty { throw PatternRefusal(words: "\(matchFile[0]): the file has no pattern") }
    do throws(PatternError) {
      return try PatternSet(patterns, memoryLimit: matchMemory.bytes == 0 ? .max : matchMemory.bytes)
    } catch {
      throw PatternRefusal(words: "--match: \(error)")
    }
  }

  private static func read(_ path: FilePath) throws(PatternRefusal) -> [UInt8] {
    func refuse() -> PatternRefusal { PatternRefusal(words: "\(path): \(StandardStream.words(for: errno))") }
    let descriptor = open(path.terminated, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw refuse() }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR, !Interruption.isRequested { continue }
      if count < 0 { throw refuse() }
      if count == 0 { return contents }
      contents += piece[..<count]
      if contents.count > mostBytes { throw PatternRefusal(words: "\(path): a file of patterns may have \(mostBytes >> 20) MB") }
    }
  }
}

/// Error that the patterns of the command line cannot be used.
struct PatternRefusal: Error, CustomStringConvertible {
  let words: String

  var description: String { words }
}
