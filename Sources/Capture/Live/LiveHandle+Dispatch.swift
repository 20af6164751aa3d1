internal import CPcap
internal import Glibc
internal import Packets

/// State that libpcap's callback needs while a batch is passed on.
private struct Batch {
  var packetsRead: UInt64
  let nanosecondsPerUnit: Int64
  let linkType: LinkType
  let interface: UInt32
  let dump: LiveDump?
  let body: (borrowing CapturedPacket) -> Void

  mutating func take(_ header: UnsafePointer<pcap_pkthdr>, _ data: UnsafePointer<UInt8>) {
    packetsRead &+= 1
    dump?.append(header.pointee, data)
    let captured = Int(header.pointee.caplen)
    let stamp = header.pointee.ts
    // The kernel's clock counts seconds since 1970, far from the end of 64 bits.
    let time = Int64(stamp.tv_sec) &* 1_000_000_000 &+ Int64(stamp.tv_usec) &* nanosecondsPerUnit
    let record = PacketRecord(
      time: Timestamp(nanoseconds: time), start: data, capturedLength: captured, originalLength: max(captured, Int(header.pointee.len)),
      packetNumber: packetsRead, interface: interface, linkType: linkType)
    // Sound: libpcap keeps `caplen` bytes at `data` until this call returns, and the packet cannot outlive it.
    withUnsafePointer(to: record) { body(CapturedPacket($0)) }
  }
}

extension LiveHandle {
  /// Passes on the packets that are there, at most as many as the kernel delivered at once, without waiting.
  ///
  /// The corresponding libpcap function is `pcap_dispatch`.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of packets.
  ///   - number: the interface number of the packets.
  ///   - body: receives each packet.
  /// - Returns: the number of packets.
  /// - Throws: `LiveError` if capturing has ended; every packet before was passed on.
  public mutating func dispatch(
    atMost limit: Int, interface number: UInt32 = 0, _ body: (borrowing CapturedPacket) -> Void
  ) throws(LiveError) -> Int {
    let before = packetsRead
    var error: Int32 = 0
    let answer = withoutActuallyEscaping(body) { body in
      var batch = Batch(
        packetsRead: before, nanosecondsPerUnit: nanosecondsPerUnit, linkType: linkType, interface: number, dump: dump, body: body)
      let answer = withUnsafeMutablePointer(to: &batch) { batch in
        pcap_dispatch(
          handle, Int32(clamping: limit),
          { context, header, data in
            guard let context, let header, let data else { return }
            UnsafeMutableRawPointer(context).assumingMemoryBound(to: Batch.self).pointee.take(header, data)
          }, UnsafeMutableRawPointer(batch).assumingMemoryBound(to: UInt8.self))
      }
      error = errno
      packetsRead = batch.packetsRead
      return answer
    }
    // The netfilter logs and queues are read without buffering, and libpcap reports a failure if no packet is there.
    let isEmpty = answer == PCAP_ERROR && error == EAGAIN
    if answer < 0, answer != PCAP_ERROR_BREAK, !isEmpty {
      throw LiveError(.gone, name: interface, detail: String(cString: pcap_geterr(handle)))
    }
    return Int(packetsRead &- before)
  }
}
