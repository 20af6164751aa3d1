/// The names of all options, for the hint that a wrong one gets.
struct OptionNames {
  /// With their dashes.
  let names: [String]

  /// Finds them in the help text, where each option begins a line.
  init(help: String) {
    var found: [String] = []
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      for word in line.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "/" }) {
        guard word.hasPrefix("-") else { break }
        found.append(String(word))
      }
    }
    names = found
  }

  /// The first word of the command line that looks like an option and is none.
  func firstUnknown(in arguments: [String]) -> String? {
    for argument in arguments {
      if argument == "--" { return nil }
      let name = String(argument.prefix { $0 != "=" })
      guard name.hasPrefix("-"), name != "-", !names.contains(name), !isCombination(name) else { continue }
      // A negative number is a wrong value, not an option.
      if name.dropFirst().first?.isNumber == true { continue }
      return name
    }
    return nil
  }

  /// Short options in one word, `-qc10`: the first letter decides.
  private func isCombination(_ name: String) -> Bool { !name.hasPrefix("--") && names.contains(String(name.prefix(2))) }

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

  /// How many letters must be put in, taken out or replaced. O(a * b).
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
