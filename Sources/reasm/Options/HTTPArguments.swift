import ArgumentParser
import FlowFiles

/// Options for HTTP.
struct HTTPArguments: ParsableArguments {
  @Flag(help: "Read HTTP, on whatever port: http.ndjson has a line per exchange, the folder http the bodies, decoded.")
  var http = false

  @Flag(name: .customLong("http-only"), help: "With --http: write no files of streams.")
  var only = false

  @Option(
    name: .customLong("http-names"),
    help: ArgumentHelp("Names of bodies: flat is connection, exchange, host and name; tree is host/path/name.", valueName: "form"))
  var names = BodyNaming.flat

  @Flag(name: .customLong("http-parts"), help: "Each part of a multipart body gets a file of its own.")
  var parts = false

  @Option(
    name: .customLong("http-max-body"),
    help: ArgumentHelp("Of a longer body or WebSocket message the rest is left out. (default: \(Self.maxBodyDefault))", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var maxBody = Self.maxBodyDefault

  static let maxBodyDefault = SizeArgument(bytes: 1 << 30)

  @Flag(help: "Write http.har, an HTTP Archive 1.2 of all exchanges.")
  var har = false

  @Option(
    name: .customLong("har-text"),
    help: ArgumentHelp("http.har holds the text of bodies up to this. (default: \(Self.harTextDefault))", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var harText = Self.harTextDefault

  static let harTextDefault = SizeArgument(bytes: 1 << 20)

  /// First given option that has no effect without `--http`; nil if there is none.
  private var firstOption: String? {
    let given: [(isGiven: Bool, option: String)] = [
      (names != .flat, "--http-names"), (parts, "--http-parts"), (only, "--http-only"), (har, "--har"),
      (maxBody != Self.maxBodyDefault, "--http-max-body"),
    ]
    return given.first(where: \.isGiven)?.option
  }

  func validate() throws {
    if !http, let option = firstOption { throw ValidationError("\(option) is about HTTP; say --http too") }
    if !har, harText != Self.harTextDefault { throw ValidationError("--har-text is about http.har; say --har too") }
  }

  /// Options of the HTTP files; nil without `--http`.
  var outputOptions: HTTPOutputOptions? {
    guard http else { return nil }
    var options = HTTPOutputOptions()
    options.naming = names
    options.writesParts = parts
    options.writesHAR = har
    options.maxHARText = Int64(harText.bytes)
    options.maxBody = maxBody.bytes == 0 ? .max : Int64(maxBody.bytes)
    return options
  }
}

extension BodyNaming: ExpressibleByArgument {}
