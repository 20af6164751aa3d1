/// What people write who know tcpdump, tshark or tcpflow: some of it is taken, the rest gets one line that says what to write here.
enum Habits {
  /// Says nothing that is not so anyway: addresses and ports are never looked up, times never left out, output never delayed.
  private static let meaningless: Set<String> = ["-n", "-nn", "-nnn", "-l", "-S", "-K", "-t", "-tt", "-ttt", "-tttt", "-ttttt"]

  /// What to write instead, by option.
  private static let advice: [(options: [String], words: String)] = [
    (["-A"], "to print conversations as text, say --console"),
    (["-X", "-XX", "-x", "-xx"], "to print conversations in hexadecimal, say --console --format hex"),
    (["-C"], "to print conversations, say --console; in the order of arrival, --console --live"),
    (["-g"], "colours come by themselves on a terminal: --console; NO_COLOR=1 switches them off"),
    (["-e"], "link layers are not printed; VLANs and tunnels of a connection are in connections.ndjson, under layers"),
    (["-b"], "to keep the beginning of each stream, say --max-bytes SIZE"),
    (["-m"], "a gap is waited for by packet time and memory: --gap-timeout, --connection-memory"),
    (["-F"], "names of files are a template: -T '%A.%a-%B.%b'"),
    (["-R"], "name every capture with -r, in the order of their time"),
    (["-Y", "-d"], "filters are those of tcpdump, such as tcp port 80: -f 'FILTER', or words at the end"),
    (["-z"], "every stream is followed at once: --console prints them, -o DIR writes them"),
    (["-G", "-W"], "to read a part of a capture, cut it first: editcap, or -c N"),
    (["-V"], "the version is --version; what is read and every counter, -v"),
    (["-a", "-E"], "streams are not decoded further; look at the files that -o DIR gets"),
  ]

  /// The command line without the words that mean nothing here.
  static func withoutMeaningless(_ arguments: [String]) -> [String] {
    let end = arguments.firstIndex(of: "--") ?? arguments.count
    return arguments[..<end].filter { !meaningless.contains($0) } + arguments[end...]
  }

  /// What to say to an option that is not one of this program's.
  static func words(for option: String, known: OptionNames) -> String {
    if let advice = advice.first(where: { $0.options.contains(option) }) { return "\(option) is not an option here: \(advice.words)" }
    // The first letter of several in one word, as in -nX, may be one that means nothing.
    if !option.hasPrefix("--"), option.count > 2 {
      for letter in option.dropFirst() where !known.names.contains("-\(letter)") && !meaningless.contains("-\(letter)") {
        return words(for: "-\(letter)", known: known)
      }
      return "several options in one word, '\(option)': write them apart"
    }
    guard let nearest = known.nearest(to: option) else { return "unknown option '\(option)'" }
    return "unknown option '\(option)'; did you mean '\(nearest)'?"
  }
}
