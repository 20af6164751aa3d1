internal import CPcap
internal import Glibc
public import Packets

/// An interface that is being captured from.
///
/// `dispatch` returns packets in batches, in place in the ring that libpcap shares with the kernel: nothing is copied. The handle never
/// blocks in libpcap, which could take forever on a quiet network. `wait` blocks for a given time.
public struct LiveHandle: ~Copyable {
  /// Name of the interface.
  public let interface: String
  /// Link type of its packets.
  public let linkType: LinkType
  /// Greatest number of bytes that are kept of a packet.
  public let snapshotLength: Int
  /// Warning by libpcap about a setting that it could not apply and that is not essential; nil if there is none.
  public let warning: String?
  /// Number of packets that were read.
  ///
  /// With a filter in the kernel, these are the packets that passed it.
  public internal(set) var packetsRead: UInt64 = 0

  let handle: OpaquePointer
  /// Nanoseconds per unit of the fraction in a time stamp.
  let nanosecondsPerUnit: Int64
  /// Descriptor to wait at; negative if the device has none.
  private let descriptor: Int32
  private var counters = KernelCounterReader()
  var dump: LiveDump?

  /// Opens an interface and sets the filter in the kernel.
  ///
  /// The corresponding libpcap functions are `pcap_create`, `pcap_activate` and those between.
  ///
  /// - Parameter settings: the settings of the interface.
  /// - Throws: `LiveError`, which distinguishes a missing interface, missing permission and a wrong option.
  public init(_ settings: LiveSettings) throws(LiveError) {
    let (handle, warning) = try Self.open(settings)
    self.handle = handle
    self.warning = warning
    interface = settings.interface
    linkType = LinkType(rawValue: pcap_datalink(handle))
    snapshotLength = Int(pcap_snapshot(handle))
    nanosecondsPerUnit = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1_000
    descriptor = pcap_get_selectable_fd(handle)
    // Programs that this one starts must not be able to capture.
    for open in [descriptor, pcap_fileno(handle)] where open >= 0 { _ = fcntl(open, F_SETFD, FD_CLOEXEC) }
  }

  deinit { pcap_close(handle) }

  /// Keeps every packet that is read from now on in a file, whose packet numbers are those of `CaptureInfo`.
  ///
  /// - Parameter dump: the file.
  /// - Throws: `LiveError` if the header cannot be written.
  public mutating func keepPackets(in dump: LiveDump) throws(LiveError) {
    try dump.begin(handle)
    self.dump = dump
  }

  /// Changes the owner of the file that keeps packets.
  ///
  /// - Parameters:
  ///   - user: the user id.
  ///   - group: the group id.
  /// - Throws: `LiveError` if the system refuses.
  public func handOver(user: UInt32, group: UInt32) throws(LiveError) { try dump?.handOver(user: user, group: group) }

  /// Writes the packets that were kept so far.
  ///
  /// - Throws: `LiveError`, once, if they could not be written.
  public mutating func flushKeptPackets() throws(LiveError) { try dump?.flush() }

  /// Descriptor for waiting at several handles at once; nil if there is none.
  var pollDescriptor: Int32? { descriptor >= 0 ? descriptor : nil }

  /// Waits until packets are there, a signal arrives or the time is over.
  public func wait(milliseconds: Int32) {
    guard descriptor >= 0 else {
      // Without a descriptor to wait at, it checks every 10 ms.
      usleep(useconds_t(max(1, min(milliseconds, 10))) * 1_000)
      return
    }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    _ = poll(&waiting, 1, milliseconds)
  }

  /// Returns the kernel's counters.
  ///
  /// It must be called from time to time, before a counter can wrap unnoticed.
  ///
  /// - Returns: the counters.
  public mutating func kernelCounters() -> KernelCounters {
    counters.update(handle)
    return counters.total
  }
}
