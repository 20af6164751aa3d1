import ArgumentParser
import FlowFiles

/// Options for a list of the connections instead of files.
struct ListOptions: ParsableArguments {
  @Flag(
    help: """
      Print a table of the connections, and write no files: who, when, how much, what is missing or in conflict, and the host in HTTP and \
      TLS. For programs: --list=csv, --list=tsv or --list=json.
      """)
  var list = false

  // The parser has no options whose value may be left out: `--list=csv` is made `--list-as-csv` before.
  @Flag(name: .customLong("list-as-csv"), help: .hidden) var csv = false
  @Flag(name: .customLong("list-as-tsv"), help: .hidden) var tsv = false
  @Flag(name: .customLong("list-as-json"), help: .hidden) var json = false

  @Option(help: ArgumentHelp("With --list: the order. (default: id; bytes with --top)", valueName: "order"))
  var sort: ListOrder?

  @Option(help: ArgumentHelp("With --list: only the first connections.", valueName: "number"))
  var top: Int?

  /// Whether connections are listed.
  var isWanted: Bool { list || form != nil }

  /// Form for programs; nil for the table.
  var form: ListForm? { csv ? .csv : tsv ? .tsv : json ? .json : nil }

  var order: ListOrder { sort ?? (top == nil ? .id : .bytes) }

  func validate() throws {
    if !isWanted {
      if sort != nil { throw ValidationError("--sort is the order of a list; add --list") }
      if top != nil { throw ValidationError("--top shortens a list; add --list") }
    }
    if let top, top < 1 { throw ValidationError("--top \(top) lists nothing; leave it out for all connections") }
    if [csv, tsv, json].count(where: { $0 }) > 1 { throw ValidationError("--list has one form: csv, tsv or json") }
  }

  /// Returns a command line as it was typed, for messages.
  static func typed(_ arguments: [String]) -> [String] {
    arguments.map { word in ListForm.allCases.contains { word == "--list-as-\($0.rawValue)" } ? "--list" : word }
  }

  /// Returns a command line in which the form of `--list` is an option of its own; an unknown form remains.
  static func understood(_ arguments: [String]) -> [String] {
    guard let place = arguments.firstIndex(where: { $0.hasPrefix("--list=") }) else { return arguments }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    guard place < end else { return arguments }
    return arguments[..<end].map { word in
      ListForm.allCases.first { word == "--list=\($0.rawValue)" }.map { "--list-as-\($0.rawValue)" } ?? word
    } + arguments[end...]
  }
}

extension ListOrder: ExpressibleByArgument {}

extension ReasmCommand {
  /// Checks that nothing was asked for beside a list that it does not do.
  func checkList() throws {
    guard list.isWanted else { return }
    if console.console { throw ValidationError("--list prints connections and --console what is in them; choose one") }
    if output.directory != nil {
      throw ValidationError(
        "--list writes no files, and -o names a folder for them; choose one: connections.ndjson in the folder is a list too")
    }
    if events.events { throw ValidationError("--events and --list both go to standard output; choose one") }
    if messages.summary == .json { throw ValidationError("--list and --summary json both go to standard output; choose one") }
    if events.onClose != nil { throw ValidationError("--on-close is about files, and --list writes none; choose one") }
    if let option = firstOptionOfFiles ?? search.firstOption {
      throw ValidationError("\(option) is about files, and --list writes none; choose one")
    }
    if tls.isWanted { throw ValidationError("--list reads the hellos of TLS by itself and opens none; leave --tls and --keylog out") }
    if http.http { throw ValidationError("--list reads the heads of HTTP by itself; leave --http out") }
    if let word = input.words.first, ListForm(rawValue: word) != nil {
      throw ValidationError("'\(word)' would be the filter; a form of --list stands behind =: --list=\(word)")
    }
  }
}
