/// Splitter of combined short options, as getopt reads them: `-nnvr a.pcap` is `-v -r a.pcap`, and `-c10` is `-c 10`.
struct ShortOptions {
  let known: OptionNames

  /// Returns the command line with each option in a word of its own, and without those that have no effect here.
  ///
  /// A word with a letter that is no option is not split, so that it is rejected later.
  func apart(_ arguments: [String]) -> [String] {
    var words: [String] = []
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" { return words + [word] + rest }
      guard word.hasPrefix("-"), !word.hasPrefix("--"), word != "-", known.long(for: word) == nil, let parts = apart(word) else {
        words.append(word)
        if known.takesValue(word), let value = rest.popFirst() { words.append(value) }
        continue
      }
      words += parts
      if let last = parts.last, known.takesValue(last), let value = rest.popFirst() { words.append(value) }
    }
    return words
  }

  /// Splits a word; nil if one of the letters is no option.
  private func apart(_ word: String) -> [String]? {
    var parts: [String] = []
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      let name = "-\(letter)"
      if ForeignOptions.meaningless.contains(name) { continue }
      guard known.names.contains(name) else { return nil }
      parts.append(name)
      if known.takesValue(name) {
        if letters.first == "=" { letters.removeFirst() }
        return letters.isEmpty ? parts : parts + [String(letters)]
      }
    }
    return parts
  }
}
