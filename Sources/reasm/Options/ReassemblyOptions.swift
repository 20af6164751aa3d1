import ArgumentParser
import Packets
import Reassembly

/// Options for the reassembly of streams.
struct ReassemblyOptions: ParsableArguments {
  enum Checksums: String, CaseIterable, ExpressibleByArgument {
    case verify, ignore
  }

  @Option(help: ArgumentHelp("Which copy of a byte wins among those not yet written.", valueName: "policy"))
  var overlapPolicy = OverlapPolicyArgument(.first)

  @Option(help: ArgumentHelp("Which copy of a byte wins where IPv4 fragments overlap.", valueName: "policy"))
  var fragmentPolicy = FragmentPolicyArgument(.first)

  @Flag(help: "Do not put IP fragments together.")
  var noDefrag = false

  @Option(help: ArgumentHelp("verify turns segments with a wrong checksum away.", valueName: "use"))
  var checksum = Checksums.ignore

  @Flag(help: "Only a SYN or SYN-ACK makes a connection.")
  var requireHandshake = false

  @Flag(help: "Turn segments away that the state of their connection does not allow.")
  var strictState = false

  @Flag(help: "Turn segments away that begin below the expected byte, or exceed the peer's MSS or window.")
  var strictOptions = false

  @Option(
    name: .customLong("key"),
    help: ArgumentHelp("Tell connections apart by vlan, tunnel or interface too; repeat it, or put commas between.", valueName: "scope"),
    completion: .list(KeyArgument.names.map(\.name)),
    transform: KeyArgument.init(parsing:))
  var keys: [KeyArgument] = []

  @Option(
    name: [.customShort("d"), .customLong("decode-as")],
    help: ArgumentHelp(
      """
      What stands at a number of one's own, as tshark has it: udp.port==8472,vxlan; ip.proto and ethertype have numbers too, and +N behind \
      the name passes over N bytes before it. Repeat it. Names: \(DecodeAs.names.joined(separator: ", ")).
      """, valueName: "rule"),
    transform: DecodeAsArgument.init(parsing:))
  var decodeAs: [DecodeAsArgument] = []

  var keyScopes: KeyScopes { keys.reduce(into: []) { $0.formUnion($1.scopes) } }
}

/// Options for the timers and limits of the assembler, with its defaults.
struct LimitOptions: ParsableArguments {
  private static let defaults = AssemblerOptions()
  private static let gapTimeoutDefault = DurationArgument(defaults.gapTimeout)
  private static let idleTimeoutDefault = DurationArgument(defaults.idleTimeout)
  private static let synTimeoutDefault = DurationArgument(defaults.synTimeout)
  private static let closeDelayDefault = DurationArgument(defaults.closeDelay)
  private static let stragglerTimeDefault = DurationArgument(defaults.stragglerTime)
  private static let fragmentTimeoutDefault = DurationArgument(defaults.fragmentTimeout)
  private static let connectionMemoryDefault = SizeArgument(limit: defaults.connectionMemory)
  private static let memoryLimitDefault = SizeArgument(limit: defaults.memoryLimit)
  private static let fragmentMemoryDefault = SizeArgument(limit: defaults.fragmentMemory)

  /// Returns the help of an option with its default, which the parser does not show for an option with a custom parser.
  private static func help(_ text: String, _ valueName: String, _ standard: some CustomStringConvertible) -> ArgumentHelp {
    ArgumentHelp("\(text) (default: \(standard))", valueName: valueName)
  }

  @Option(
    help: help("A queued byte waits this long for the hole before it.", "time", gapTimeoutDefault),
    transform: DurationArgument.init(parsing:))
  var gapTimeout = gapTimeoutDefault

  @Option(
    help: help("A connection without packets is over after this.", "time", idleTimeoutDefault), transform: DurationArgument.init(parsing:))
  var idleTimeout = idleTimeoutDefault

  @Option(help: help("So is a SYN without an answer.", "time", synTimeoutDefault), transform: DurationArgument.init(parsing:))
  var synTimeout = synTimeoutDefault

  @Option(
    help: help("From a reset or the second FIN to the end of the connection.", "time", closeDelayDefault),
    transform: DurationArgument.init(parsing:))
  var closeDelay = closeDelayDefault

  @Option(
    help: help("Late packets make no new connection for this long.", "time", stragglerTimeDefault),
    transform: DurationArgument.init(parsing:))
  var stragglerTime = stragglerTimeDefault

  @Option(
    help: help("A fragment waits this long for the rest of its datagram.", "time", fragmentTimeoutDefault),
    transform: DurationArgument.init(parsing:))
  var fragmentTimeout = fragmentTimeoutDefault

  @Option(help: help("Queued bytes of one connection.", "size", connectionMemoryDefault), transform: SizeArgument.init(parsing:))
  var connectionMemory = connectionMemoryDefault

  @Option(help: help("Queued bytes of all connections.", "size", memoryLimitDefault), transform: SizeArgument.init(parsing:))
  var memoryLimit = memoryLimitDefault

  @Option(help: help("Bytes that wait in IP fragments.", "size", fragmentMemoryDefault), transform: SizeArgument.init(parsing:))
  var fragmentMemory = fragmentMemoryDefault

  @Option(help: ArgumentHelp("Connections open at once.", valueName: "number"))
  var maxConnections = defaults.maxConnections ?? 0

  func validate() throws {
    guard maxConnections >= 0 else { throw ValidationError("--max-connections cannot be negative; 0 means none") }
  }

  /// Returns the options of the assembler as the command line states them.
  func assemblerOptions(_ reassembly: ReassemblyOptions) -> AssemblerOptions {
    var options = AssemblerOptions()
    options.gapTimeout = gapTimeout.duration
    options.idleTimeout = idleTimeout.duration
    options.synTimeout = synTimeout.duration
    options.closeDelay = closeDelay.duration
    options.stragglerTime = stragglerTime.duration
    options.fragmentTimeout = fragmentTimeout.duration
    options.connectionMemory = connectionMemory.limit
    options.memoryLimit = memoryLimit.limit
    options.fragmentMemory = fragmentMemory.limit
    options.maxConnections = maxConnections > 0 ? maxConnections : nil
    options.overlapPolicy = reassembly.overlapPolicy.policy
    options.fragmentPolicy = reassembly.fragmentPolicy.policy
    options.defragments = !reassembly.noDefrag
    options.keyScopes = reassembly.keyScopes
    options.decodeAs = DecodeAsArgument.rules(reassembly.decodeAs)
    options.requiresHandshake = reassembly.requireHandshake
    options.verifiesChecksums = reassembly.checksum == .verify
    return options
  }
}
