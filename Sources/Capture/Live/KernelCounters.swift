internal import CPcap

/// What the kernel counted since the capture began.
public struct KernelCounters: Hashable, Sendable {
  /// Packets that passed the filter, those that were dropped included.
  public var received: UInt64 = 0
  /// Packets that the kernel had no room for.
  public var dropped: UInt64 = 0
  /// Packets that the interface or its driver lost.
  public var droppedByInterface: UInt64 = 0

  /// Makes counters that are zero.
  public init() {}
}

/// Makes 64-bit counters of libpcap's, which have 32 bits and pass their end within a day on a busy interface.
struct KernelCounterReader {
  private(set) var total = KernelCounters()
  private var last = pcap_stat()

  /// Asks the kernel; must be done before any counter can have gone round once.
  ///
  /// The known figures stay if libpcap does not answer, as when the interface is gone.
  mutating func update(_ handle: OpaquePointer) {
    var now = pcap_stat()
    guard pcap_stats(handle, &now) == 0 else { return }
    total.received &+= UInt64(now.ps_recv &- last.ps_recv)
    total.dropped &+= UInt64(now.ps_drop &- last.ps_drop)
    // A driver that starts anew counts from 0 again, and the difference is below 0.
    total.droppedByInterface &+= UInt64(max(0, Int32(bitPattern: now.ps_ifdrop &- last.ps_ifdrop)))
    last = now
  }
}
