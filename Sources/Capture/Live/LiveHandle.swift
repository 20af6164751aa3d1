internal import CPcap
internal import Glibc
public import Packets

/// An interface that is being captured from.
///
/// Packets come in batches from `dispatch`, as they lie in the ring that libpcap shares with the kernel: nothing is copied. The handle never
/// blocks in libpcap, which on a quiet network could last for ever; `wait` does, for as long as it is told.
public struct LiveHandle: ~Copyable {
  /// Name of the interface.
  public let interface: String
  /// Link type of its packets.
  public let linkType: LinkType
  /// The most bytes that are kept of a packet.
  public let snapshotLength: Int
  /// Something that libpcap could not do as it was asked, and did not need to.
  public let warning: String?
  /// How many packets were read.
  ///
  /// With a filter in the kernel, those that passed it.
  public internal(set) var packetsRead: UInt64 = 0

  let handle: OpaquePointer
  /// What one unit of the fraction in a time stamp is worth.
  let nanosecondsPerUnit: Int64
  /// To wait at; negative where the device has none.
  private let descriptor: Int32
  private var counters = KernelCounterReader()
  var dump: LiveDump?

  /// Opens an interface and sets the filter in the kernel.
  ///
  /// The corresponding libpcap functions are `pcap_create`, `pcap_activate` and those between.
  /// - Throws: `LiveError` that tells a missing interface, missing permission and a wrong option apart.
  public init(_ settings: LiveSettings) throws(LiveError) {
    let (handle, warning) = try Self.open(settings)
    self.handle = handle
    self.warning = warning
    interface = settings.interface
    linkType = LinkType(rawValue: pcap_datalink(handle))
    snapshotLength = Int(pcap_snapshot(handle))
    nanosecondsPerUnit = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1_000
    descriptor = pcap_get_selectable_fd(handle)
    // Programs that this one starts must not capture.
    for open in [descriptor, pcap_fileno(handle)] where open >= 0 { _ = fcntl(open, F_SETFD, FD_CLOEXEC) }
  }

  deinit { pcap_close(handle) }

  /// Keeps every packet that is read from now on in a file, whose packet numbers are those of `CaptureInfo`.
  public mutating func keepPackets(in dump: LiveDump) throws(LiveError) {
    try dump.begin(handle)
    self.dump = dump
  }

  /// Gives the file of `keepPackets` to a user.
  public func handOver(user: UInt32, group: UInt32) throws(LiveError) { try dump?.handOver(user: user, group: group) }

  /// Writes what was kept so far.
  /// - Throws: once, where it could not be written.
  public mutating func flushKeptPackets() throws(LiveError) { try dump?.flush() }

  /// To wait at for several at once; nil where there is none.
  var pollDescriptor: Int32? { descriptor >= 0 ? descriptor : nil }

  /// Waits until packets are there, a signal comes or the time is over.
  public func wait(milliseconds: Int32) {
    guard descriptor >= 0 else {
      // Without anything to wait at: a look every 10 ms.
      usleep(useconds_t(max(1, min(milliseconds, 10))) * 1_000)
      return
    }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    _ = poll(&waiting, 1, milliseconds)
  }

  /// The kernel's counters.
  ///
  /// Must be asked for now and then, so that none goes round unseen.
  public mutating func kernelCounters() -> KernelCounters {
    counters.update(handle)
    return counters.total
  }
}
