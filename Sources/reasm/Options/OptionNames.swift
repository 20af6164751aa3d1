/// Names of all options, for splitting combined options and for suggestions when an option is unknown.
struct OptionNames {
  /// Names with their dashes.
  let names: [String]
  /// Names of the options that take a value.
  private let withValue: Set<String>
  /// Long names by short name.
  private let longNames: [String: String]

  /// Options that may be given several times.
  static let repeatable: Set<String> = [
    "--read", "--interface", "--key", "--decode-as", "--keylog", "--connection", "--match", "--match-file",
  ]

  /// Finds the names in the help text, in which each option begins a line and a value is in angle brackets.
  init(help: String) {
    var found: [String] = []
    var withValue: Set<String> = []
    var longNames: [String: String] = [:]
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "/" })
      let names = words.prefix { $0.hasPrefix("-") }.map(String.init)
      found += names
      if names.count == 2 { longNames[names[0]] = names[1] }
      if words.dropFirst(names.count).first?.hasPrefix("<") == true { withValue.formUnion(names) }
    }
    names = found
    self.withValue = withValue
    self.longNames = longNames
  }

  /// Returns whether the next word belongs to the option.
  func takesValue(_ name: String) -> Bool { withValue.contains(name) }

  /// Returns the first word of the command line that looks like an option and is none.
  func firstUnknown(in arguments: [String]) -> String? {
    for argument in arguments {
      if argument == "--" { return nil }
      let name = String(argument.prefix { $0 != "=" })
      guard name.hasPrefix("-"), name != "-", !names.contains(name) else { continue }
      // A negative number is a wrong value, not an option.
      if name.dropFirst().first?.isNumber == true { continue }
      return name
    }
    return nil
  }

  /// Returns whether two words may name the same option, by their letters: the full check takes as long as the start of the program.
  static func mayRepeat(_ arguments: [String]) -> Bool {
    let options = arguments.filter { $0.hasPrefix("-") && $0.count > 1 }.map { $0.prefix { $0 != "=" } }
    if Set(options).count < options.count { return true }
    let letters = Set(options.filter { !$0.hasPrefix("--") }.compactMap { $0.dropFirst().first?.lowercased() })
    return options.contains { option in
      option.hasPrefix("--")
        && option.split(separator: "-").contains { word in word.first.map { letters.contains($0.lowercased()) } ?? false }
    }
  }

  /// Returns the message for an option that takes one value and is given twice; nil if there is none.
  ///
  /// Each option must be in a word of its own.
  func repetition(in arguments: [String]) -> String? {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let word = rest.popFirst(), word != "--" {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard word.hasPrefix("-"), takesValue(parts[0]) else { continue }
      let value = parts.count == 2 ? parts[1] : rest.popFirst() ?? ""
      let name = longNames[parts[0]] ?? parts[0]
      guard let first = values.updateValue(value, forKey: name), !Self.repeatable.contains(name) else { continue }
      return "\(name) is given twice, '\(first)' and '\(value)'; give it once"
    }
    return nil
  }

  /// Returns the long option for a name with one dash, such as `-console` or `-output`; nil if there is none.
  ///
  /// The name must have three letters or more, because two are options in one word.
  func long(for name: String) -> String? {
    guard name.hasPrefix("-"), !name.hasPrefix("--"), name.count > 3 else { return nil }
    let long = "-" + name
    if let whole = names.first(where: { $0.hasPrefix(long) }) { return whole }
    return name.count > 5 ? names.first { $0.hasPrefix("--") && Self.distance(Array(long.utf8), Array($0.utf8)) == 1 } : nil
  }

  /// Returns the name with the smallest edit distance; nil if none is near.
  func nearest(to name: String) -> String? {
    guard name.hasPrefix("--"), name.count > 3 else { return nil }
    let candidates = names.filter { $0.hasPrefix("--") }.map { ($0, Self.distance(Array(name.utf8), Array($0.utf8))) }
    let best = candidates.min { $0.1 < $1.1 }
    // A prefix that only one option has stands for that option, however much is missing.
    let completions = names.filter { $0.hasPrefix(name) }
    if completions.count == 1 { return completions[0] }
    return best.flatMap { $0.1 <= max(2, name.count / 4) ? $0.0 : nil }
  }

  /// Returns the edit distance: the number of letters to insert, remove or replace.
  ///
  /// O(a * b).
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (index, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for (column, other) in b.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
