import ArgumentParser
import Capture
import Paths

/// Options for capturing from interfaces instead of reading files.
struct LiveOptions: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("interface")],
    help: ArgumentHelp(
      "Capture from this interface, or from all with 'any'; -D lists them. Repeat it, and they are merged by time.", valueName: "name"),
    completion: .shellCommand("ls /sys/class/net"))
  var interfaces: [String] = []

  /// Whether packets come from interfaces and not from files.
  var isLive: Bool { !interfaces.isEmpty }

  @Flag(name: [.customShort("D"), .long], help: "List the interfaces, and do nothing else.")
  var listInterfaces = false

  @Option(
    name: [.customShort("s"), .long],
    help: ArgumentHelp("Keep this much of each packet; the rest becomes gaps. (default: everything)", valueName: "bytes"))
  var snaplen: Int?

  @Flag(name: [.customShort("p"), .long], help: "Do not ask the interface for packets to other hosts.")
  var noPromiscuous = false

  @Option(
    name: [.customShort("B"), .long],
    help: ArgumentHelp("The kernel keeps this much until it is read. (default: 64M)", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var bufferSize: SizeArgument?

  @Flag(help: "Take each packet at once instead of many at a time; costs more, and drops come sooner.")
  var immediate = false

  @Option(help: ArgumentHelp("Whose clock stamps the packets: host, adapter and others.", valueName: "type"))
  var timeStampType: String?

  @Option(
    name: [.customShort("w"), .long],
    help: ArgumentHelp("Keep the packets in this new file too, as pcap; packet numbers are those of it.", valueName: "file"),
    completion: .file())
  var write: FilePath?

  @Option(help: ArgumentHelp("Stop after this time.", valueName: "time"), transform: DurationArgument.init(parsing:))
  var duration: DurationArgument?

  @Option(
    name: [.customShort("U"), .long],
    help: ArgumentHelp("Give up root for this user, for good, once everything is open.", valueName: "name"),
    completion: .shellCommand("cut -d: -f1 /etc/passwd"),
    transform: UserIdentity.init(parsing:))
  var user: UserIdentity?

  @Option(
    help: ArgumentHelp("A line of figures on standard error this often.", valueName: "time"), transform: DurationArgument.init(parsing:))
  var statsInterval: DurationArgument?

  private static let smallestBuffer = 64 << 10

  func validate() throws {
    if interfaces.contains("") { throw ValidationError("--interface is empty; -D lists those that exist") }
    if Set(interfaces).count < interfaces.count { throw ValidationError("one interface is named twice; name each once") }
    if interfaces.count > 1, interfaces.contains(LiveSettings.everyInterface) {
      throw ValidationError("-i any is all interfaces, and each other -i would give its packets twice; leave one of them out")
    }
    if let snaplen, snaplen < 0 { throw ValidationError("--snaplen cannot be negative; 0 keeps everything") }
    if let size = bufferSize?.bytes, size < Self.smallestBuffer || size > Int(Int32.max) {
      throw ValidationError("--buffer-size is from 64K to just below 2G")
    }
    if let write, write.isEmpty || write == "-" {
      throw ValidationError("--write needs the name of a file; for a pipe there is: tcpdump -w - | tee FILE | reasm -r -")
    }
    if let duration, duration.duration == nil { throw ValidationError("--duration 0 captures nothing; leave it out for no end") }
    if let statsInterval, statsInterval.duration == nil { throw ValidationError("--stats-interval 0 has no sense; leave it out") }
  }

  /// Returns the reason why given options require an interface; nil if there is one, or no such options are given.
  func refusal(reading: Bool) -> String? {
    guard !isLive, let option = given.first else { return nil }
    if reading && option == "--write" {
      return "--write is for capturing from an interface; to cut packets out of a file: tcpdump -r FILE -w OTHER FILTER"
    }
    return "\(option) is for capturing from an interface; " + (reading ? "leave it out with -r" : "say which: -i NAME")
  }

  /// Options other than the interface that were given.
  private var given: [String] {
    let all: [(String, Bool)] = [
      ("--snaplen", snaplen != nil), ("--no-promiscuous", noPromiscuous), ("--buffer-size", bufferSize != nil),
      ("--immediate", immediate), ("--time-stamp-type", timeStampType != nil), ("--write", write != nil),
      ("--duration", duration != nil), ("--user", user != nil), ("--stats-interval", statsInterval != nil),
    ]
    return all.filter(\.1).map(\.0)
  }

  func settings(interface: String, filter: String?) -> LiveSettings {
    var settings = LiveSettings(interface: interface)
    if let snaplen, snaplen > 0 { settings.snapshotLength = min(snaplen, LiveSettings.wholePacket) }
    settings.isPromiscuous = !noPromiscuous
    if let bufferSize { settings.bufferSize = bufferSize.bytes }
    settings.isImmediate = immediate
    settings.timeStampType = timeStampType
    settings.filter = filter
    return settings
  }
}
