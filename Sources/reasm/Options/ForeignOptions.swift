import Packets

/// Options of tcpdump, tshark and tcpflow that users type by habit.
///
/// Some are accepted. The others yield a message that states the equivalent.
enum ForeignOptions {
  /// Options that ask for behaviour that this program always has: addresses and ports are never looked up, output is never delayed.
  static let meaningless: Set<String> = ["-n", "-l", "-S", "-K", "-t", "-N", "-O"]

  private static let hexadecimal = "to print conversations in hexadecimal, say --console --format hex"
  private static let colours = "colours come by themselves on a terminal: --console; or say --color always, --color never"
  private static let displayFilter = "filters are those of tcpdump, such as tcp port 80: -f 'FILTER', or words at the end"

  /// Equivalents by option.
  private static let advice: [String: String] = [
    "-A": "to print conversations as text, say --console",
    "-X": hexadecimal, "-x": hexadecimal,
    "-C": "to print conversations, say --console; in the order of arrival, --console --live",
    "-g": colours, "-J": colours, "--colour": colours, "--no-color": colours,
    "-e": "link layers are not printed, VLANs and tunnels stand in connections.ndjson under layers; for hashes, say --hash",
    "-b": "to keep the beginning of each stream, say --max-bytes SIZE",
    "-m": "a gap is waited for by packet time and memory: --gap-timeout, --connection-memory",
    "-F": "names of files are a template: -T '%A.%a-%B.%b'; a thousand files a folder: -T '%K/%A.%a-%B.%b'",
    "-R": "name every capture with -r, in any order",
    "-Y": displayFilter,
    "-z": "every stream is followed at once: --console prints them, -o DIR writes them",
    "-G": "to read a part of a capture, cut it first: editcap, or -c N",
    "-W": "to read a part of a capture, cut it first: editcap, or -c N",
    "-V": "the version is --version; what is read and every counter, -v",
    "-a": "streams are not decoded further; look at the files that -o DIR gets",
    "-E": "payload is not decrypted, and streams are not decoded further",
    "-I": "to find the packet and the time of each byte, say --chunks",
    "-L": "-v says the link type of what is read",
    "-j": "when capturing, say --time-stamp-type TYPE",
    "-Z": "to give up root when capturing, say -U USER",
  ]

  /// Message for tcpdump's rotation of packet files in a live capture: streams are files already.
  private static let rotation =
    "the files of a connection are whole when it is over (--events and --on-close tell), so there is nothing to rotate; --max-bytes bounds "
    + "each file, --duration and -c end the run, and for a ring of packets run tcpdump beside it"

  /// Equivalents in a live capture, if they differ.
  private static let liveAdvice: [String: String] = ["-C": rotation, "-G": rotation, "-W": rotation]

  /// Returns the message for a template that is a word of tcpdump's -T.
  static func words(forTemplate template: String) -> String? {
    guard DecodeAs.names.contains(template) else { return nil }
    return "-T is the template of file names here; to decode a port as \(template), say -d udp.port=PORT,\(template)"
  }

  /// Returns the command line in this program's form: each option in a word of its own, without those that have no effect here.
  ///
  /// Computing `known` takes as long as the rest of the start, and most command lines do not need it.
  static func understood(_ arguments: [String], _ known: @autoclosure () -> OptionNames) -> [String] {
    if arguments.first == "help" { return ["--help"] }
    let arguments = ListOptions.understood(arguments)
    let isPlain = arguments.allSatisfy { !$0.hasPrefix("-") || $0.hasPrefix("--") || $0.count <= 2 && !meaningless.contains($0) }
    return isPlain ? arguments : ShortOptions(known: known()).apart(arguments)
  }

  /// Returns the message for an unknown option.
  static func words(for option: String, known: OptionNames, isLive: Bool) -> String {
    if let advice = isLive ? liveAdvice[option] ?? advice[option] : advice[option] { return "\(option) is not an option here: \(advice)" }
    guard let meant = known.long(for: option) ?? known.nearest(to: option) else {
      if let letter = strangeLetter(in: option, known) { return words(for: letter, known: known, isLive: isLive) }
      return "unknown option '\(option)'"
    }
    return "unknown option '\(option)'; did you mean '\(meant)'?"
  }

  /// Returns the first unknown letter of several short options in one word; nil for a single option, and for a long word such as `-debug`.
  private static func strangeLetter(in word: String, _ known: OptionNames) -> String? {
    guard !word.hasPrefix("--"), word.count > 2 else { return nil }
    let letters = word.dropFirst()
    if letters.count > 4, letters.allSatisfy({ $0.isLowercase }) { return nil }
    return letters.map { "-\($0)" }.first { !known.names.contains($0) && !meaningless.contains($0) }
  }
}
