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

  @Argument(help: ArgumentHelp("The filter, as words behind the options.", valueName: "filter"))
  var words: [String] = []

  /// Filter expression, from either way to give it.
  var expression: String? { filter ?? (words.isEmpty ? nil : words.joined(separator: " ")) }

  func validate() throws {
    if let file = words.first(where: { access(FilePath(ArgumentText.bytes(of: $0)).terminated, F_OK) == 0 }) {
      throw ValidationError(
        read.isEmpty
          ? "'\(file)' is a file; to read it, say -r \(file)"
          : "'\(file)' is a file, and words behind the options are a filter; each capture needs its own -r: -r \(file)")
    }
    for path in read { try validate(path) }
    if Set(read).count < read.count { throw ValidationError("one capture is named twice; name each once") }
    if follow && (read.count != 1 || !isFile(read[0])) {
      throw ValidationError("--follow waits for one file; leave it out for several, for folders, pipes, addresses and interfaces")
    }
    if filter != nil && !words.isEmpty {
      throw ValidationError("two filters: '\(filter ?? "")' and '\(words.joined(separator: " "))'; give one")
    }
    if count == 0 { throw ValidationError("--count 0 reads nothing; leave it out to read everything") }
  }

  /// Whether the input never ends by itself, so that a signal is the regular end of the run.
  var isEndless: Bool { follow || read.allSatisfy { (try? RemoteAddress($0)) != nil } }

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
