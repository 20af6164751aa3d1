extension Pattern {
  /// Longest line of a file of patterns in bytes.
  public static let longestLine = 64 << 10

  /// Reads the contents of a file of patterns, one in a line: `name:/regex/flags`, or a literal that fills the line.
  ///
  /// Empty lines are passed over, and so are lines of expressions that begin with `#`. A carriage return before the line feed belongs to the
  /// line end. O(bytes).
  ///
  /// - Parameters:
  ///   - contents: the contents of the file.
  ///   - areLiteral: whether every line is a literal, from its first to its last byte.
  /// - Returns: the patterns in the order of their lines.
  /// - Throws: `PatternError.line` for the first line of another form.
  public static func list(in contents: [UInt8], areLiteral: Bool) throws(PatternError) -> [Pattern] {
    var patterns: [Pattern] = []
    var number = 0
    for var line in contents.split(separator: 0x0a, omittingEmptySubsequences: false) {
      number += 1
      if line.last == 0x0d { line.removeLast() }
      if line.isEmpty { continue }
      guard line.count <= longestLine else { throw .line(number, "the line is longer than \(longestLine) bytes") }
      if areLiteral {
        patterns.append(Pattern(Array(line), isLiteral: true))
      } else if line.first != UInt8(ascii: "#") {
        patterns.append(try expression(line, number))
      }
    }
    return patterns
  }

  /// Reads `name:/regex/flags`; the name ends at the first `:/`, and the expression at the last slash.
  private static func expression(_ line: ArraySlice<UInt8>, _ number: Int) throws(PatternError) -> Pattern {
    let slash = UInt8(ascii: "/")
    let head = line.indices.dropLast().first { line[$0] == UInt8(ascii: ":") && line[$0 + 1] == slash }
    guard let head, let end = line.lastIndex(of: slash), end > head + 1 else {
      throw .line(number, "the form is name:/regex/flags")
    }
    guard head > line.startIndex else { throw .line(number, "the pattern has no name; the form is name:/regex/flags") }
    guard let flags = Flags(letters: line[(end + 1)...]) else {
      throw .line(number, "'\(String(decoding: line[(end + 1)...], as: UTF8.self))' are no flags; there are i, m, s and x")
    }
    return Pattern(Array(line[(head + 2)..<end]), name: Array(line[..<head]), flags: flags)
  }
}
