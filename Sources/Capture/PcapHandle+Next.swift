internal import CPcap
internal import Glibc
internal import Packets

extension PcapHandle {
  /// Reads one packet; nil at the end of the capture. O(its length), no allocation.
  ///
  /// The corresponding libpcap function is `pcap_next_ex`, which reads whatever `RecordReader` does not.
  /// - Throws: `CaptureError` where the capture ends inside a packet or is damaged; every packet before it was given.
  @_lifetime(&self)
  public mutating func next() throws(CaptureError) -> CapturedPacket? {
    var ordinary = pcap_pkthdr()
    if let data = records?.next(&ordinary) { return take(&ordinary, data) }
    // From the first record on that is not ordinary libpcap reads.
    records = nil
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var data: UnsafePointer<UInt8>?
    let answer = pcap_next_ex(handle, &header, &data)
    guard answer == 1, let header, let data else {
      if answer == PCAP_ERROR_BREAK { return nil }
      throw readError(errno)
    }
    return take(&header.pointee, data)
  }

  /// - Parameter data: `header.caplen` bytes that stay until the next packet is read.
  @_lifetime(&self)
  @inline(__always)
  private mutating func take(_ header: inout pcap_pkthdr, _ data: UnsafePointer<UInt8>) -> CapturedPacket {
    packetsRead &+= 1
    let captured = Int(header.caplen)
    let info = CaptureInfo(
      time: time(of: header.ts), capturedLength: captured, originalLength: max(captured, Int(header.len)), packetNumber: packetsRead,
      input: input)
    let passes = filter?.passes(&header, data) ?? true
    // Sound: whoever read the packet keeps `caplen` bytes at `data` until the next call, and the result borrows `self` until then.
    let bytes = Span(_unsafeStart: data, count: captured)
    return _overrideLifetime(CapturedPacket(info: info, bytes: bytes, passesFilter: passes), mutating: &self)
  }

  /// Seconds and nanoseconds as one number, held at the ends of its range.
  ///
  /// Classic captures write the seconds as 32 bits without sign and libpcap reads them with one: 2038 must not become 1901.
  @inline(__always)
  private func time(of stamp: timeval) -> Timestamp {
    var seconds = Int64(stamp.tv_sec)
    if seconds < 0 && format.container != .pcapng { seconds = seconds &+ (1 << 32) }
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return Timestamp(nanoseconds: seconds < 0 ? .min : .max) }
    let (sum, beyond) = product.addingReportingOverflow(Int64(stamp.tv_usec))
    if beyond { return Timestamp(nanoseconds: product < 0 ? .min : .max) }
    return Timestamp(nanoseconds: sum)
  }

  private func readError(_ error: Int32) -> CaptureError {
    let detail = String(cString: pcap_geterr(handle))
    if detail.contains("truncated") { return CaptureError(.truncated, path: path, detail: detail) }
    // libpcap ends such a message with the words of the error number.
    if detail.hasPrefix("error reading dump file") {
      return CaptureError(error == EINTR ? .interrupted : .system, path: path, errno: error, detail: detail)
    }
    if detail.contains("different from the type of the first interface") || detail.contains("an interface has a") {
      return CaptureError(.mixedLinkTypes, path: path, detail: detail)
    }
    return CaptureError(.damaged, path: path, detail: detail)
  }
}
