internal import CPcap

/// Counters of the kernel since the capture began.
public struct KernelCounters: Hashable, Sendable {
  /// Number of packets that passed the filter, including those that were dropped.
  public var received: UInt64 = 0
  /// Number of packets that the kernel dropped because its buffer was full.
  public var dropped: UInt64 = 0
  /// Number of packets that the interface or its driver dropped.
  public var droppedByInterface: UInt64 = 0

  /// Creates counters that are zero.
  public init() {}
}

/// 64-bit counters derived from libpcap's counters, whose 32 bits wrap within a day on a busy interface.
struct KernelCounterReader {
  private(set) var total = KernelCounters()
  private var last = pcap_stat()

  /// Reads the kernel's counters; it must be called before any counter can advance by 2³².
  ///
  /// If libpcap does not answer, for example because the interface is gone, the known values remain.
  mutating func update(_ handle: OpaquePointer) {
    var now = pcap_stat()
    guard pcap_stats(handle, &now) == 0 else { return }
    total.received &+= UInt64(now.ps_recv &- last.ps_recv)
    total.dropped &+= UInt64(now.ps_drop &- last.ps_drop)
    // A driver that restarts counts from 0 again, which makes the difference negative.
    total.droppedByInterface &+= UInt64(max(0, Int32(bitPattern: now.ps_ifdrop &- last.ps_ifdrop)))
    last = now
  }
}
