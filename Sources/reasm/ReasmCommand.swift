import ArgumentParser
import Capture
import FlowFiles
import Packets
import Paths
import Reassembly

/// Command line of the program.
struct ReasmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reasm",
    abstract: "Write each direction of each TCP connection in a capture to a file of its own.",
    usage: """
      reasm FILE [FILE ...] [-o DIR] [OPTION ...] [FILTER ...]
      reasm -i INTERFACE [-i INTERFACE ...] [-o DIR] [OPTION ...] [FILTER ...]
      reasm merge DIR
      """,
    discussion: """
      Examples:
        reasm a.pcap -o out                  a file per direction, and an index
        reasm a.pcap b.pcap.gz               several captures, merged by time
        reasm a.pcap tcp port 80             only what the filter takes
        reasm a.pcap --list --top 20         the largest connections
        reasm a.pcap --console               read the conversations
        reasm a.pcap --console --format hex  the same in hexadecimal
        reasm a.pcap -o out --chunks --hash  trace every byte to its packet

      Read through on the way to TCP: \(ReasmCommand.encapsulations)

      Beside the files, connections.ndjson says for each connection what is in them and what is missing, and run.json what was read.

      Exit status: 0 everything was read and written; 1 nothing could be done; 2 a part (the capture is cut off, reading was interrupted, \
      output failed for some connections); 3 nothing matched (--fail-without-match); 64 wrong usage.
      """,
    version: "reasm \(ReasmCommand.version) with \(PcapLibrary.version)")

  static let version = "0.1.0"

  /// Names from the tables of the decoder.
  private static let encapsulations =
    "link types \(Encapsulations.linkTypes.joined(separator: ", ")); Ethernet types \(Encapsulations.etherTypes.joined(separator: ", ")); "
    + "IP protocols \(Encapsulations.ipProtocols.joined(separator: ", ")); in GRE \(Encapsulations.greTypes.joined(separator: ", ")); "
    + "over UDP \(Encapsulations.udpPorts.map(\.name).joined(separator: ", "))."

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Live capture") var live: LiveOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Captures of connections") var captures: CaptureArguments
  @OptionGroup(title: "TLS") var tls: TLSOptions
  @OptionGroup(title: "HTTP") var http: HTTPArguments
  @OptionGroup(title: "Search") var search: MatchOptions
  @OptionGroup(title: "Console") var console: ConsoleOptions
  @OptionGroup(title: "List") var list: ListOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Shards") var shards: ShardOptions
  @OptionGroup(title: "Reassembly") var reassembly: ReassemblyOptions
  @OptionGroup(title: "Timers, in packet time, and limits; 0 means none") var limits: LimitOptions
  @OptionGroup(title: "Messages") var messages: MessageOptions
  @OptionGroup(title: "Events") var events: EventOptions

  /// Takes the words that stand behind no option, and checks which options were given together.
  ///
  /// - Parameter filterWords: the words behind `--`, which the parser does not tell from others.
  /// - Returns: one line that says how a word was taken that could mean something else; nil if there is none.
  /// - Throws: `ValidationError` for words or options that are wrong together.
  mutating func complete(filterWords: [String]) throws -> String? {
    if live.listInterfaces { return nil }
    var remark: String?
    if live.isLive { try input.takeLiveWords(filterWords: filterWords) } else { remark = try input.takeWords(filterWords: filterWords) }
    try checkTogether()
    return remark
  }

  /// First given option that has no effect if no files are written; nil if there is none.
  var firstOptionOfFiles: String? {
    output.firstOptionOfFiles(keepsPackets: live.write != nil) ?? captures.firstOptionOfFiles ?? tls.firstOptionOfFiles
  }

  /// Whether names of files contain Ethernet addresses.
  var namesEthernetAddresses: Bool {
    get throws { try output.nameTemplate().namesEthernetAddresses || captures.namesEthernetAddresses }
  }

  /// Options of the assembler; times are measured where something shows them.
  var assemblerOptions: AssemblerOptions {
    var options = limits.assemblerOptions(reassembly)
    let isShown = list.isWanted || console.console || events.events || !output.noIndex
    options.measuresTiming = isShown && !output.noAnalysis
    return options
  }

  private func checkTogether() throws {
    if let words = shardRefusal { throw ValidationError(words) }
    try checkList()
    try checkArchive()
    if console.noPager, !console.console, !list.isWanted {
      throw ValidationError("--no-pager is about what is printed; add --console or --list")
    }
    if console.color != nil, !console.console, !list.isWanted {
      throw ValidationError("--color is about what is printed; add --console or --list")
    }
    if let words = live.refusal(reading: !input.read.isEmpty) { throw ValidationError(words) }
    if input.read.isEmpty && !live.isLive {
      throw ValidationError("say which capture to read: reasm FILE, or -r - for standard input; or capture: -i INTERFACE")
    }
    if let words = ForeignOptions.words(forTemplate: output.template.description) { throw ValidationError(words) }
    if !input.read.isEmpty && live.isLive {
      throw ValidationError("-i captures from an interface and -r reads a file; give one of them")
    }
    if events.events && (messages.summary == .json || console.console) {
      let other = console.console ? "--console" : "--summary json"
      throw ValidationError("--events and \(other) both go to standard output; choose one, run.json in the folder is the summary too")
    }
    if events.onClose != nil && console.console && !output.namesPlace {
      throw ValidationError("--on-close is about files, and --console alone writes none; name a folder for them with -o")
    }
    if output.report, console.console {
      throw ValidationError("--report writes a page about files, and --console prints; choose one")
    }
    if console.console, !output.namesPlace,
      let option = firstOptionOfFiles
    {
      throw ValidationError("\(option) is about files, and --console alone writes none; name a folder for them with -o")
    }
    if console.live, !output.namesPlace, let option = search.firstOption {
      throw ValidationError("\(option) searches what is over, and --live prints before; leave --live out, or name a folder with -o")
    }
    if http.only, let option = output.firstOptionOfStreams {
      throw ValidationError("\(option) is about files of streams, and --http-only writes none; choose one")
    }
    if output.noStreams, let option = output.firstOptionOfStreams {
      throw ValidationError("\(option) is about files of streams, and --no-streams writes none; choose one")
    }
    if http.http && output.noIndex {
      throw ValidationError("--http names connections by the index, and --no-index leaves that out; choose one")
    }
    let whole: [(isGiven: Bool, option: String)] = [
      (output.report, "--report"), (console.console, "--console"), (events.events, "--events"), (http.har, "--har"),
    ]
    if search.matching, let option = whole.first(where: \.isGiven)?.option {
      throw ValidationError("\(option) shows every connection, and --matching writes some of them; choose one")
    }
    if search.isWanted && output.noIndex {
      throw ValidationError("--match names connections by the index, and --no-index leaves that out; choose one")
    }
    if console.console && messages.summary == .json {
      throw ValidationError("--console and --summary json both go to standard output; choose one, or read run.json in the folder of -o")
    }
    if messages.summary == .json && messages.verbose {
      throw ValidationError("--summary json holds every counter already; leave --verbose out")
    }
  }
}

/// Options for messages on standard error and standard output.
struct MessageOptions: ParsableArguments {
  enum Summary: String, CaseIterable, ExpressibleByArgument {
    case text, json, none
  }

  @Option(help: ArgumentHelp("The summary at the end: text on standard error, or run.json on standard output.", valueName: "form"))
  var summary = Summary.text

  @Flag(help: "One line per packet on standard error: its number, of several inputs input:number; the connection; what became of it.")
  var trace = false

  @Flag(name: [.customShort("q"), .long], help: "No text summary and no warnings, errors only.")
  var quiet = false

  @Flag(name: [.customShort("v"), .long], help: "Say what is read, and show the counters that are zero too.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose contradict each other") }
  }
}
