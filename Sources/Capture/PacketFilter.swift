internal import CPcap
internal import Paths

/// A compiled filter expression, which is applied to packets after they were counted.
struct PacketFilter: ~Copyable {
  private var program: bpf_program

  /// Compiles an expression for the link type and snapshot length of a handle.
  ///
  /// The corresponding libpcap function is `pcap_compile`.
  init(_ expression: String, for handle: OpaquePointer, path: FilePath) throws(CaptureError) {
    program = bpf_program()
    guard pcap_compile(handle, &program, expression, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
      throw CaptureError(.filter(expression: expression), path: path, detail: String(cString: pcap_geterr(handle)))
    }
  }

  /// Whether a packet passes the filter.
  ///
  /// O(length of the program); programs have no loops.
  @inline(__always)
  mutating func passes(_ header: UnsafePointer<pcap_pkthdr>, _ bytes: UnsafePointer<UInt8>) -> Bool {
    pcap_offline_filter(&program, header, bytes) != 0
  }

  deinit {
    var program = program
    pcap_freecode(&program)
  }
}
