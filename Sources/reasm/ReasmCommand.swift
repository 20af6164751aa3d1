import ArgumentParser
import Capture
import Glibc

/// The command line.
struct ReasmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reasm",
    abstract: "Write each direction of each TCP connection in a capture to a file of its own.",
    usage: """
      reasm -r FILE [-o DIR] [OPTION ...] [FILTER ...]
             reasm -i INTERFACE [-o DIR] [OPTION ...] [FILTER ...]
      """,
    discussion: """
      Beside the files, connections.ndjson says for each connection what is in them and what is missing, and run.json what was read.

      Exit status: 0 everything was read and written; 1 nothing could be done; 2 a part (the capture is cut off, reading was interrupted, \
      output failed for some connections); 64 wrong usage.
      """,
    version: "reasm \(ReasmCommand.version) with \(PcapLibrary.version)")

  static let version = "0.1.0"

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Live capture") var live: LiveOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Reassembly") var reassembly: ReassemblyOptions
  @OptionGroup(title: "Timers, in packet time, and limits; 0 means none") var limits: LimitOptions
  @OptionGroup(title: "Messages") var messages: MessageOptions
  @OptionGroup(title: "Events") var events: EventOptions

  func validate() throws {
    if live.listInterfaces { return }
    if input.read.isEmpty && live.interface == nil {
      throw ValidationError("say which capture to read: -r FILE, or -r - for standard input; or capture: -i INTERFACE")
    }
    if !input.read.isEmpty && live.interface != nil {
      throw ValidationError("-i captures from an interface and -r reads a file; give one of them")
    }
    if messages.summary == .json && events.events {
      throw ValidationError("--events and --summary json both go to standard output; run.json in the folder is the summary: leave it out")
    }
    if messages.summary == .json && messages.verbose {
      throw ValidationError("--summary json holds every counter already; leave --verbose out")
    }
  }
}

/// What is read.
struct InputOptions: ParsableArguments {
  @Option(
    name: [.customShort("r"), .customLong("read")], help: ArgumentHelp("The capture to read; - is standard input.", valueName: "file"))
  var read: [String] = []

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

  /// The filter, however it was given.
  var expression: String? { filter ?? (words.isEmpty ? nil : words.joined(separator: " ")) }

  func validate() throws {
    if let file = words.first(where: { access($0, F_OK) == 0 }) {
      throw ValidationError(
        read.isEmpty
          ? "'\(file)' is a file; to read it, say -r \(file)"
          : "'\(file)' is a file, and words behind the options are a filter; each capture needs its own -r: -r \(file)")
    }
    guard read.count <= 1 else {
      throw ValidationError("one capture at a time; put several together with: mergecap -w all.pcapng \(read.joined(separator: " "))")
    }
    if filter != nil && !words.isEmpty {
      throw ValidationError("two filters: '\(filter ?? "")' and '\(words.joined(separator: " "))'; give one")
    }
    if count == 0 { throw ValidationError("--count 0 reads nothing; leave it out to read everything") }
  }
}

/// What is said on standard error and standard output.
struct MessageOptions: ParsableArguments {
  enum Summary: String, CaseIterable, ExpressibleByArgument {
    case text, json, none
  }

  @Option(help: ArgumentHelp("The summary at the end: text on standard error, or run.json on standard output.", valueName: "form"))
  var summary = Summary.text

  @Flag(help: "One line per packet on standard error: its number, the connection, what became of it.")
  var trace = false

  @Flag(name: [.customShort("q"), .long], help: "No text summary and no warnings, errors only.")
  var quiet = false

  @Flag(name: [.customShort("v"), .long], help: "Say what is read, and show the counters that are zero too.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }
}
