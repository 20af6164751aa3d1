internal import CPcap
internal import Glibc
public import Packets
internal import Paths

/// What packets are captured from together: one interface, or several, whose packets come merged by time.
///
/// Those of one interface are handed on where they lie. Those of several are copied and wait for one another, a tenth of a second or two.
public struct LiveCapture: ~Copyable {
  /// A handle that lies in an array, and why it ended.
  private final class Source {
    var handle: LiveHandle
    var isOver = false

    init(_ handle: consuming LiveHandle) { self.handle = handle }
  }

  /// What is known of an interface that is captured from.
  public struct Interface: Sendable {
    public let name: String
    public let linkType: LinkType
    /// The most bytes that are kept of a packet.
    public let snapshotLength: Int
    /// Something that libpcap could not do as it was asked, and did not need to.
    public let warning: String?
  }

  /// The interfaces in the order in which they were named; a packet has the place of its interface as its number.
  public let interfaces: [Interface]
  /// Interfaces that ended while others went on, and were not asked for yet.
  private var failures: [LiveError] = []
  private let sources: [Source]
  private var waiting = WaitingPackets()
  private var packetsGiven: UInt64 = 0
  private var dump: LiveDump?

  /// Opens every interface.
  /// - Throws: `LiveError` of the first that cannot be opened.
  public init(_ settings: [LiveSettings]) throws(LiveError) {
    var sources: [Source] = []
    var interfaces: [Interface] = []
    for settings in settings {
      let source = Source(try LiveHandle(settings))
      sources.append(source)
      interfaces.append(
        Interface(
          name: source.handle.interface, linkType: source.handle.linkType, snapshotLength: source.handle.snapshotLength,
          warning: source.handle.warning))
    }
    self.sources = sources
    self.interfaces = interfaces
  }

  private var isAlone: Bool { sources.count == 1 }

  /// Keeps every packet that is read from now on in a file, whose packet numbers are those of `CaptureInfo`.
  /// - Throws: `LiveError`, also where interfaces differ in their link types: a file has one.
  public mutating func keepPackets(in dump: LiveDump) throws(LiveError) {
    if isAlone { return try sources[0].handle.keepPackets(in: dump) }
    if let other = interfaces.first(where: { $0.linkType != interfaces[0].linkType }) {
      throw LiveError(.mixedLinkTypes(interfaces[0].name, other.name), name: dump.path.description)
    }
    try dump.begin(sources[0].handle.handle)
    self.dump = dump
  }

  /// Gives the file of `keepPackets` to a user.
  public func handOver(user: UInt32, group: UInt32) throws(LiveError) {
    if isAlone { return try sources[0].handle.handOver(user: user, group: group) }
    try dump?.handOver(user: user, group: group)
  }

  /// Writes what was kept so far.
  /// - Throws: once, where it could not be written.
  public mutating func flushKeptPackets() throws(LiveError) {
    if isAlone { return try sources[0].handle.flushKeptPackets() }
    try dump?.flush()
  }

  /// Hands on the packets that are due, and does not wait.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of packets.
  ///   - isLast: what still waits for packets of other interfaces is handed on too.
  ///   - body: takes each packet.
  /// - Returns: the number of packets.
  /// - Throws: where capturing is over: every packet before was handed on.
  public mutating func dispatch(
    atMost limit: Int, isLast: Bool = false, _ body: (borrowing CapturedPacket) -> Void
  ) throws(LiveError) -> Int {
    if isAlone { return isLast ? 0 : try sources[0].handle.dispatch(atMost: limit, body) }
    if !waiting.hasDue { try fill(isLast) }
    var count = 0
    while count < limit, waiting.hasDue {
      packetsGiven &+= 1
      waiting.removeFirst(number: packetsGiven, body, dump, unit: sources[0].handle.nanosecondsPerUnit)
      count += 1
    }
    return count
  }

  /// Packets that are taken from one interface before the others have their turn.
  private static let batch = 256

  /// Takes what the interfaces have, and chooses what is due.
  private mutating func fill(_ isLast: Bool) throws(LiveError) {
    let now = Self.now
    for (number, source) in sources.enumerated() where !source.isOver && !isLast {
      do throws(LiveError) {
        _ = try source.handle.dispatch(atMost: Self.batch, interface: UInt32(number)) { waiting.add($0, now: now) }
      } catch {
        source.isOver = true
        failures.append(error)
      }
    }
    let isOver = sources.allSatisfy(\.isOver)
    waiting.choose(now: now, all: isLast || isOver)
    if isOver, waiting.isEmpty, let last = failures.popLast() { throw last }
  }

  /// The interfaces that ended since this was asked last, while others go on.
  public mutating func takeFailures() -> [LiveError] {
    guard !failures.isEmpty, !sources.allSatisfy(\.isOver) else { return [] }
    defer { failures.removeAll() }
    return failures
  }

  /// Waits until packets are there, a signal comes or the time is over.
  public func wait(milliseconds: Int32) {
    if isAlone { return sources[0].handle.wait(milliseconds: milliseconds) }
    var (descriptors, canWait) = ([pollfd](), true)
    for source in sources where !source.isOver {
      guard let descriptor = source.handle.pollDescriptor else {
        canWait = false
        continue
      }
      descriptors.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }
    // What waits in memory is looked at again soon, as is an interface that there is nothing to wait at for.
    let longest: Int32 = canWait ? waiting.isEmpty ? milliseconds : 20 : 10
    _ = poll(&descriptors, nfds_t(descriptors.count), min(milliseconds, longest))
  }

  /// The kernel's counters of all interfaces. Must be asked for now and then, so that none goes round unseen.
  public mutating func kernelCounters() -> KernelCounters {
    sources.reduce(into: KernelCounters()) { total, source in
      let counters = source.handle.kernelCounters()
      total.received &+= counters.received
      total.dropped &+= counters.dropped
      total.droppedByInterface &+= counters.droppedByInterface
    }
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
