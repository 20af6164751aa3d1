/// The names of all options, for what stands in one word and for the hint that a wrong one gets.
struct OptionNames {
  /// With their dashes.
  let names: [String]
  /// Those that take a value.
  private let withValue: Set<String>

  /// Finds them in the help text, where each option begins a line and a value stands in angle brackets.
  init(help: String) {
    var found: [String] = []
    var withValue: Set<String> = []
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "/" })
      let names = words.prefix { $0.hasPrefix("-") }.map(String.init)
      found += names
      if words.dropFirst(names.count).first?.hasPrefix("<") == true { withValue.formUnion(names) }
    }
    names = found
    self.withValue = withValue
  }

  /// Whether the next word belongs to the option.
  func takesValue(_ name: String) -> Bool { withValue.contains(name) }

  /// The first word of the command line that looks like an option and is none.
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

  /// The long option that somebody means who writes it with one dash, `-console` or `-output`; nil where it is none.
  ///
  /// From three letters on, since two are options in one word.
  func long(for name: String) -> String? {
    guard name.hasPrefix("-"), !name.hasPrefix("--"), name.count > 3 else { return nil }
    let long = "-" + name
    if let whole = names.first(where: { $0.hasPrefix(long) }) { return whole }
    return name.count > 5 ? names.first { $0.hasPrefix("--") && Self.distance(Array(long.utf8), Array($0.utf8)) == 1 } : nil
  }

  /// The name that takes the fewest changes of a letter to write instead; nil where none is near.
  func nearest(to name: String) -> String? {
    guard name.hasPrefix("--"), name.count > 3 else { return nil }
    let candidates = names.filter { $0.hasPrefix("--") }.map { ($0, Self.distance(Array(name.utf8), Array($0.utf8))) }
    let best = candidates.min { $0.1 < $1.1 }
    // A beginning that only one option has is that option, however much is missing.
    let completions = names.filter { $0.hasPrefix(name) }
    if completions.count == 1 { return completions[0] }
    return best.flatMap { $0.1 <= max(2, name.count / 4) ? $0.0 : nil }
  }

  /// How many letters must be put in, taken out or replaced.
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
