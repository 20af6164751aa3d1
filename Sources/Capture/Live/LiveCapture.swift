internal import CPcap
internal import Glibc
public import Packets
internal import Paths

/// Live capture from one or several interfaces, whose packets are merged by time.
///
/// Packets of a single interface are passed on in place. Packets of several interfaces are copied and wait for one another, a tenth of a
/// second or two.
public struct LiveCapture: ~Copyable {
  /// A handle that is an element of an array, and the reason why it ended.
  private final class Source {
    var handle: LiveHandle
    var isOver = false

    init(_ handle: consuming LiveHandle) { self.handle = handle }
  }

  /// Facts about an interface that is captured from.
  public struct Interface: Sendable {
    /// Name of the interface.
    public let name: String
    /// Link type of its packets.
    public let linkType: LinkType
    /// Greatest number of bytes that are kept of a packet.
    public let snapshotLength: Int
    /// Unit of time stamps: 9 for nanoseconds, 6 for microseconds.
    let timeResolution: UInt8
    /// Warning by libpcap about a setting that it could not apply and that is not essential; nil if there is none.
    public let warning: String?
  }

  /// Interfaces in the order in which they were named; the interface number of a packet is an index of it.
  public let interfaces: [Interface]
  /// Errors of interfaces that ended while others continue and that were not returned yet.
  private var failures: [LiveError] = []
  private let sources: [Source]
  private var waiting = WaitingPackets()
  private var packetsGiven: UInt64 = 0
  private var dump: LiveDump?

  /// Opens every interface.
  ///
  /// - Parameter settings: the settings of each interface.
  /// - Throws: `LiveError` of the first interface that cannot be opened.
  public init(_ settings: [LiveSettings]) throws(LiveError) {
    var sources: [Source] = []
    var interfaces: [Interface] = []
    for settings in settings {
      let source = Source(try LiveHandle(settings))
      sources.append(source)
      interfaces.append(
        Interface(
          name: source.handle.interface, linkType: source.handle.linkType, snapshotLength: source.handle.snapshotLength,
          timeResolution: source.handle.nanosecondsPerUnit == 1 ? 9 : 6, warning: source.handle.warning))
    }
    self.sources = sources
    self.interfaces = interfaces
  }

  private var isAlone: Bool { sources.count == 1 }

  /// Keeps every packet that is read from now on in a file, whose packet numbers are those of `CaptureInfo`.
  ///
  /// - Parameter dump: the file.
  /// - Throws: `LiveError`, also if the link types of the interfaces differ: a file has one link type.
  public mutating func keepPackets(in dump: LiveDump) throws(LiveError) {
    if isAlone { return try sources[0].handle.keepPackets(in: dump) }
    if let other = interfaces.first(where: { $0.linkType != interfaces[0].linkType }) {
      throw LiveError(.mixedLinkTypes(interfaces[0].name, other.name), name: dump.path.description)
    }
    try dump.begin(sources[0].handle.handle)
    self.dump = dump
  }

  /// Changes the owner of the file that keeps packets.
  ///
  /// - Parameters:
  ///   - user: the user id.
  ///   - group: the group id.
  /// - Throws: `LiveError` if the system refuses.
  public func handOver(user: UInt32, group: UInt32) throws(LiveError) {
    if isAlone { return try sources[0].handle.handOver(user: user, group: group) }
    try dump?.handOver(user: user, group: group)
  }

  /// Writes the packets that were kept so far.
  ///
  /// - Throws: `LiveError`, once, if they could not be written.
  public mutating func flushKeptPackets() throws(LiveError) {
    if isAlone { return try sources[0].handle.flushKeptPackets() }
    try dump?.flush()
  }

  /// Passes on the packets that are due, without waiting.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of packets.
  ///   - isLast: whether packets that still wait for packets of other interfaces are passed on too.
  ///   - body: receives each packet.
  /// - Returns: the number of packets.
  /// - Throws: `LiveError` if capturing has ended; every packet before was passed on.
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

  /// Number of packets that are read from one interface before the next one's turn.
  private static let batch = 256

  /// Reads the packets of the interfaces, and chooses those that are due.
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

  /// Returns the errors of interfaces that ended since the last call while others continue.
  public mutating func takeFailures() -> [LiveError] {
    guard !failures.isEmpty, !sources.allSatisfy(\.isOver) else { return [] }
    defer { failures.removeAll() }
    return failures
  }

  /// Waits until packets are there, a signal arrives or the time is over.
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
    // Packets that wait in memory need a new look soon, and so does an interface without a descriptor to wait at.
    let longest: Int32 = canWait ? waiting.isEmpty ? milliseconds : 20 : 10
    _ = poll(&descriptors, nfds_t(descriptors.count), min(milliseconds, longest))
  }

  /// Returns the sums of the kernel's counters over all interfaces.
  ///
  /// It must be called from time to time, before a counter can wrap unnoticed.
  ///
  /// - Returns: the counters.
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
