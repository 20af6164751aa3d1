import ArgumentParser
import FlowFiles

/// What is written where.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customLong("output-dir")],
    help: ArgumentHelp("Write to this new or empty folder. Left out: a.streams for a.pcap, in the current folder.", valueName: "dir"))
  var directory: String?

  @Flag(help: "Remove what an earlier run wrote to the folder, by its index, before the first packet.")
  var force = false

  @Option(
    name: [.customShort("T"), .customLong("name-template")],
    help: ArgumentHelp("Names of the files, in tcpflow's template language; / makes folders.", valueName: "template"))
  var template = "%A.%a-%B.%b%V%v%C%c"

  @Option(
    help: ArgumentHelp("Missing bytes: zero leaves a hole of their length, so that offsets stay; skip leaves no room.", valueName: "form"))
  var gaps = GapMode.zero

  @Option(
    help: ArgumentHelp("A longer gap takes no room in the file; 0: none is too long. (default: 16M)", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var maxGap = SizeArgument(bytes: 16 << 20)

  @Flag(help: "Write neither connections.ndjson nor run.json.")
  var noIndex = false

  @Flag(help: "Put the SHA-256 of each file into the index.")
  var hash = false

  func validate() throws {
    _ = try nameTemplate()
    if let directory, directory.isEmpty { throw ValidationError("--output-dir is empty; name a folder") }
    if hash && noIndex { throw ValidationError("--hash goes into the index, and --no-index leaves that out; choose one") }
  }

  /// What FlowFiles does with a flow.
  func flowFileOptions(_ reassembly: ReassemblyOptions) throws -> FlowFileOptions {
    var options = FlowFileOptions()
    options.template = try nameTemplate()
    options.gaps = gaps
    options.maxGap = maxGap.bytes == 0 ? .max : Int64(maxGap.bytes)
    options.hashes = hash
    options.writesIndex = !noIndex
    options.checksStates = reassembly.strictState
    options.checksOptions = reassembly.strictOptions
    return options
  }

  private func nameTemplate() throws -> NameTemplate {
    do {
      return try NameTemplate(template)
    } catch {
      throw ValidationError("--name-template '\(template)': \(error)")
    }
  }
}

extension GapMode: ExpressibleByArgument {}
