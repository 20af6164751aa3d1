import ArgumentParser
import Capture
import Glibc
import Paths

/// Options that select the inputs.
struct InputOptions: ParsableArguments {
  @Option(
    name: [.customShort("r"), .customLong("read")],
    help: ArgumentHelp(
      """
      The capture to read: a file, compressed or not; a folder of captures; - for standard input; tcp://host:port for PCAP-over-IP. \
      Repeat it, and they are merged by time.
      """, valueName: "file"), completion: .file())
  var read: [FilePath] = []

  @Flag(help: "Wait for more at the end of a file that is still being written; a signal ends that, where the file ends by then.")
  var follow = false

  @Option(
    name: [.customShort("f"), .customLong("filter")],
    help: ArgumentHelp("Use only packets that this filter takes. Packet numbers count all of them.", valueName: "bpf"))
  var filter: String?

  @Option(
    name: [.customShort("c"), .customLong("count")],
    help: ArgumentHelp("Stop after this many packets that passed the filter.", valueName: "packets"))
  var count: UInt64?

  @Argument(
    help: ArgumentHelp(
      "Captures, as behind -r, as long as the words name existing files; then the filter. Behind -- all words are the filter.",
      valueName: "word"),
    completion: .file())
  var words: [String] = []

  /// Filter expression; complete once the words were taken.
  var expression: String? { filter }

  /// Takes the first words as captures and the others as the filter, and checks the inputs of a run on files.
  ///
  /// With `-f` no word is a capture.
  ///
  /// - Parameter filterWords: the words behind `--`.
  /// - Returns: one line that says how a word was taken that could mean something else; nil if there is none.
  /// - Throws: `ValidationError` for words that are wrong together.
  mutating func takeWords(filterWords: [String]) throws -> String? {
    try checkFilter(filterWords)
    let split = CaptureWords(words)
    read += split.captures.map { FilePath(ArgumentText.bytes(of: $0)) }
    words = split.filter
    if let word = words.first, CaptureWords.isMissingFile(word) {
      throw ValidationError("'\(word)' is no file; check the name and the folder, or say -- \(word) if it is a filter")
    }
    if read.isEmpty {
      if words.first == MergeCommand.name { throw ValidationError("merge comes before its options: reasm merge FOLDER") }
      if let file = words.first(where: CaptureWords.isFile) {
        throw ValidationError("'\(file)' is a file; captures come before the filter, or say -r \(file)")
      }
      if let word = words.first {
        throw ValidationError("'\(word)' is no file, and no capture is named; say which to read: reasm FILE, or -r - for standard input")
      }
    }
    for path in read { try validate(path) }
    if Set(read).count < read.count { throw ValidationError("one capture is named twice; name each once") }
    if follow && (read.count != 1 || !isFile(read[0])) {
      throw ValidationError("--follow waits for one file; leave it out for several, for folders, pipes, addresses and interfaces")
    }
    setFilter(filterWords)
    return split.remark
  }

  /// Takes the words of a live capture, which reads no files, as the filter.
  mutating func takeLiveWords(filterWords: [String]) throws {
    try checkFilter(filterWords)
    defer { setFilter(filterWords) }
    guard read.isEmpty, let file = words.first, CaptureWords.isFile(file), !CaptureWords.couldBeginFilter(file) else { return }
    throw ValidationError("'\(file)' is a file, and -i captures from an interface; leave one of them out, or say -- \(file) for a filter")
  }

  /// Advice for a filter that does not compile, if it holds the name of a file; nil otherwise.
  var adviceOnFilter: String? {
    guard let file = words.first(where: CaptureWords.isFile) else { return nil }
    return "'\(file)' is a file: captures come before the filter, or each behind its own -r"
  }

  func validate() throws {
    if count == 0 { throw ValidationError("--count 0 reads nothing; leave it out to read everything") }
  }

  private func checkFilter(_ filterWords: [String]) throws {
    let all = words + filterWords
    guard let filter, !all.isEmpty else { return }
    throw ValidationError(
      "two filters: '\(filter)' and '\(all.joined(separator: " "))'; give one, and with -f each capture behind its own -r")
  }

  private mutating func setFilter(_ filterWords: [String]) {
    let all = words + filterWords
    if !all.isEmpty { filter = all.joined(separator: " ") }
  }

  /// Whether the input never ends by itself, so that a signal is the regular end of the run.
  var isEndless: Bool { follow || read.allSatisfy { (try? RemoteAddress($0)) != nil } }

  /// Whether all inputs are files that do not grow, so that nobody waits for the first lines.
  ///
  /// A path that names nothing counts as a file, so that the message about it is that of reading.
  var isAtRest: Bool {
    !follow
      && read.allSatisfy { path in
        if path == "-" || (try? RemoteAddress(path)) != nil { return false }
        var status = stat()
        return stat(path.terminated, &status) != 0 || status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR
      }
  }

  private func validate(_ path: FilePath) throws {
    if path.isEmpty { throw ValidationError("--read is empty; name a capture") }
    do throws(CaptureError) { _ = try RemoteAddress(path) } catch { throw ValidationError(error.description) }
  }

  private func isFile(_ path: FilePath) -> Bool {
    var status = stat()
    return path != "-" && (stat(path.terminated, &status) != 0 || status.st_mode & S_IFMT == S_IFREG)
      && !path.bytes.starts(with: "tcp://".utf8)
  }
}
