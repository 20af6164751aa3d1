import ArgumentParser
import FlowFiles
import Paths

/// Options for the output.
struct OutputOptions: ParsableArguments {
  private static let standardTemplate: FilePath = "%A.%a-%B.%b%V%v%C%c"

  @Option(
    name: [.customShort("o"), .customLong("output-dir")],
    help: ArgumentHelp("Write to this new or empty folder. Left out: a.streams for a.pcap, in the current folder.", valueName: "dir"),
    completion: .directory)
  var directory: FilePath?

  @Flag(
    help: """
      Remove what an earlier run wrote to the folder before the first packet: the files that its index names or, where it was cut short, \
      its .reasm-run. Other files stay. Replace the files of -w and --tar.
      """)
  var force = false

  @Option(
    help: ArgumentHelp(
      """
      Write all files into this new tar file instead of a folder, each when it is complete, and the indexes last; - for standard output. \
      The index names the place of every file in it. With -o the indexes are in the folder too.
      """, valueName: "file"), completion: .file())
  var tar: FilePath?

  @Option(
    help: ArgumentHelp(
      "So many threads write files, whatever their number the same ones; 0: the one that reads. (default: processors, from 1 to 8)",
      valueName: "number"))
  var writers: Int?

  @Option(
    name: [.customShort("T"), .customLong("name-template")],
    help: ArgumentHelp("Names of the files, in tcpflow's template language; / makes folders.", valueName: "template"))
  var template = Self.standardTemplate

  @Option(
    help: ArgumentHelp("Missing bytes: zero leaves a hole of their length, so that offsets stay; skip leaves no room.", valueName: "form"))
  var gaps = GapMode.zero

  @Option(
    help: ArgumentHelp("A longer gap takes no room in the file; 0: none is too long. (default: 16M)", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var maxGap = SizeArgument(bytes: 16 << 20)

  @Option(
    help: ArgumentHelp(
      "Gaps of all files together get this much room; 0: as much as they need. (default: \(Self.maxHolesDefault))", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var maxHoles = Self.maxHolesDefault

  static let maxHolesDefault = SizeArgument(bytes: 4 << 30)

  @Flag(help: "Write no files of streams. Copies of bytes are still compared, as far back as memory reaches.")
  var noStreams = false

  @Flag(help: "Write neither connections.ndjson nor run.json.")
  var noIndex = false

  @Option(
    name: .customLong("index"),
    help: ArgumentHelp(
      "Lines of the index: short leaves out what is zero or empty; full has the same fields on every line, for tables.", valueName: "form"))
  var indexForm = IndexForm.short

  @Flag(help: "Leave out what tells why a transfer stalls: round-trip times, silences, closed windows, repeated segments.")
  var noAnalysis = false

  @Flag(help: "Put the SHA-256 of each file into the index, and that of each input into run.json.")
  var hash = false

  @Flag(help: "Write chunks.ndjson: which packet brought which bytes of which file.")
  var chunks = false

  @Flag(
    help: """
      Write report.html: one page with verdict, custody, timeline, connections, hosts, objects of HTTP and graphs, which opens in any \
      browser and loads nothing.
      """)
  var report = false

  @Flag(help: "A direction without a byte gets an empty file.")
  var writeEmpty = false

  @Option(
    help: ArgumentHelp("A direction with fewer bytes gets no file.", valueName: "size"), transform: SizeArgument.init(parsing:))
  var minBytes: SizeArgument?

  @Option(
    help: ArgumentHelp("No file grows beyond this; the index counts the rest.", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var maxBytes: SizeArgument?

  func validate() throws {
    _ = try nameTemplate()
    if let directory, directory.isEmpty { throw ValidationError("--output-dir is empty; name a folder") }
    if let writers, !(0...Self.mostWriters).contains(writers) {
      throw ValidationError("--writers is from 0 to \(Self.mostWriters)")
    }
    if let tar, tar.isEmpty { throw ValidationError("--tar is empty; name a file, or - for standard output") }
    if hash && noIndex { throw ValidationError("--hash goes into the index, and --no-index leaves that out; choose one") }
    if indexForm != .short && noIndex {
      throw ValidationError("--index \(indexForm) is the form of the index, and --no-index leaves that out; choose one")
    }
    if chunks && noIndex { throw ValidationError("--chunks names connections by the index, and --no-index leaves that out; choose one") }
    if report && noIndex {
      throw ValidationError("--report names connections by the index, and --no-index leaves that out; choose one")
    }
    let (least, most) = (minBytes?.bytes ?? 0, maxBytes?.bytes ?? 0)
    if writeEmpty && least > 0 {
      throw ValidationError("--write-empty makes files without a byte, and --min-bytes leaves out small ones; choose one")
    }
    if most > 0 && least > most { throw ValidationError("--min-bytes \(least) is more than --max-bytes \(most): no file could be right") }
  }

  /// Returns the first given option that has no effect if no files are written.
  ///
  /// - Parameter keepsPackets: whether packets go to the file of `-w`, which `--force` concerns too.
  /// - Returns: the name of the option; nil if there is none.
  func firstOptionOfFiles(keepsPackets: Bool) -> String? {
    let given: [(isGiven: Bool, option: String)] = [
      (report, "--report"), (noStreams, "--no-streams"), (chunks, "--chunks"), (writeEmpty, "--write-empty"),
      (minBytes != nil, "--min-bytes"), (maxBytes != nil, "--max-bytes"),
      (writers != nil, "--writers"), (hash, "--hash"), (force && !keepsPackets, "--force"), (noIndex, "--no-index"),
      (indexForm != .short, "--index"),
      (template != Self.standardTemplate, "--name-template"),
      (gaps != .zero, "--gaps"),
    ]
    return given.first(where: \.isGiven)?.option
  }

  /// An option on the command line that means nothing where streams have no files.
  var firstOptionOfStreams: String? {
    let given: [(isGiven: Bool, option: String)] = [
      (chunks, "--chunks"), (hash, "--hash"), (writeEmpty, "--write-empty"), (minBytes != nil, "--min-bytes"),
    ]
    return given.first(where: \.isGiven)?.option
  }

  private static let mostWriters = 64

  /// Whether something is written, to a folder or to an archive that the command line names.
  var namesPlace: Bool { directory != nil || tar != nil }

  /// Whether the archive, if there is one, lies in the folder of `-o` and has a name that lines can state.
  var tarIsInFolder: Bool {
    guard let tar else { return true }
    guard let directory, let name = tar.lastComponent, name.text != nil else { return false }
    return directory.appending(name.bytes) == tar
  }

  /// Returns the options for FlowFiles.
  func flowFileOptions(_ reassembly: ReassemblyOptions) throws -> FlowFileOptions {
    var options = FlowFileOptions()
    options.template = try nameTemplate()
    options.gaps = gaps
    options.maxGap = maxGap.bytes == 0 ? .max : Int64(maxGap.bytes)
    options.maxHoles = maxHoles.bytes == 0 ? .max : Int64(maxHoles.bytes)
    options.hashes = hash
    if let writers { options.writers = writers }
    options.writesIndex = !noIndex
    options.indexForm = indexForm
    options.checksStates = reassembly.strictState
    options.checksOptions = reassembly.strictOptions
    options.keyScopes = reassembly.keyScopes
    options.writesChunks = chunks
    options.writesEmpty = writeEmpty
    options.minBytes = Int64(minBytes?.bytes ?? 0)
    if let most = maxBytes?.bytes, most > 0 { options.maxBytes = Int64(most) }
    return options
  }

  func nameTemplate() throws -> NameTemplate {
    do {
      return try NameTemplate(template)
    } catch {
      throw ValidationError("--name-template '\(template)': \(error)")
    }
  }
}

extension GapMode: ExpressibleByArgument {}
extension IndexForm: ExpressibleByArgument {}
