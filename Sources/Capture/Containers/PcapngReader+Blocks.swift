internal import Packets

/// What the blocks say. Each is at hand as a whole, at least 12 bytes long.
extension PcapngReader {
  /// An Enhanced Packet Block, or the obsolete one, whose fields lie at the same places from the time on.
  func takePacket(interface number: UInt32) throws(CaptureError) -> PacketRecord {
    guard blockLength >= 32 else { throw damage("a packet block of \(blockLength) bytes") }
    if chosen != Int(number) { try choose(Int(number)) }
    let captured = order.uint32(block, 20)
    guard Int(captured) <= blockLength - 32 else { throw damage("a packet of \(captured) bytes in a block of \(blockLength)") }
    try checkLength(Int(captured))
    return packet(in: block, Int(captured))
  }

  @inline(__always)
  private func packet(in block: UnsafePointer<UInt8>, _ captured: Int) -> PacketRecord {
    let ticks = UInt64(order.uint32(block, 12)) << 32 | UInt64(order.uint32(block, 16))
    return PacketRecord(
      time: clock.time(ticks), start: block + 28, capturedLength: captured,
      originalLength: max(captured, Int(order.uint32(block, 24))), interface: UInt32(truncatingIfNeeded: chosen), linkType: link.linkType)
  }

  /// Adds the packets of the chosen interface that are at hand as a whole `offset` bytes behind the block at hand; answers how many bytes
  /// they take.
  ///
  /// Whatever else comes, or is damaged, is left to the next `fill`.
  func takePackets(behind offset: Int, _ batch: inout PacketBatch) -> Int {
    let (start, available) = (stream.start + offset, stream.available - offset)
    var done = 0
    while !batch.isFull, available &- done >= 32 {
      let block = start + done
      guard order.uint32(block, 0) == BlockType.packet, order.uint32(block, 8) == UInt32(truncatingIfNeeded: chosen) else { break }
      let length = Int(order.uint32(block, 4))
      let captured = Int(order.uint32(block, 20))
      guard length >= 32, length % 4 == 0, length <= available &- done, order.uint32(block, length - 4) == UInt32(length) else { break }
      guard captured <= length &- 32, captured <= maxPacketLength, length <= Self.maxBlockLength else { break }
      batch.append(packet(in: block, captured), of: link)
      done &+= length
    }
    return done
  }

  /// A Simple Packet Block: of the first interface, without a time, cut by the snapshot length alone.
  func takeSimplePacket() throws(CaptureError) -> PacketRecord {
    guard blockLength >= 16 else { throw damage("a packet block of \(blockLength) bytes") }
    if chosen != 0 { try choose(0) }
    let limit = interfaces[0].snapshotLength
    let original = Int(order.uint32(block, 8))
    let bound = limit == 0 ? original : min(original, limit)
    guard bound <= blockLength - 16 else { throw damage("a packet of \(bound) bytes in a block of \(blockLength)") }
    try checkLength(bound)
    return PacketRecord(
      time: Timestamp(nanoseconds: 0), start: block + 12, capturedLength: bound, originalLength: original, linkType: link.linkType)
  }

  /// Takes the interface of the packets that follow.
  private func choose(_ number: Int) throws(CaptureError) {
    guard number < interfaces.count else { throw damage("a packet of interface \(number), which is not described") }
    chosen = number
    link = interfaces[number].link
    clock = interfaces[number].clock
    maxPacketLength = link.maxPacketLength
  }

  @inline(__always)
  private func checkLength(_ captured: Int) throws(CaptureError) {
    guard captured <= maxPacketLength else {
      throw damage("a packet of \(captured) bytes, where \(maxPacketLength) is the most there can be")
    }
  }

  /// Interfaces are numbered anew in each section.
  func takeSection() throws(CaptureError) {
    guard blockLength >= 28 else { throw damage("a section header of \(blockLength) bytes") }
    let (major, minor) = (order.uint16(block, 12), order.uint16(block, 14))
    guard major == 1, minor == 0 || minor == 2 else { throw damage("pcapng version \(major).\(minor)") }
    earlierDrops = drops
    interfaces.removeAll()
    chosen = -1
  }

  func takeInterface() throws(CaptureError) {
    guard blockLength >= 20 else { throw damage("an interface description of \(blockLength) bytes") }
    let linkType = try links.linkType(of: order.uint16(block, 8), path: path)
    var interface = Interface(link: try links.link(linkType, path: path), snapshotLength: Int(order.uint32(block, 12)))
    var isCountable = true
    try forEachOption(from: 16) { code, value in
      switch (code, value.count) {
      case (9, 1...): isCountable = interface.clock.setResolution(value[0])
      case (14, 8...):
        if let start = value.baseAddress { interface.clock.offset = Int64(bitPattern: order.uint64(start, 0)) }
      default: break
      }
    }
    guard isCountable else { throw damage("an interface with a time unit that 64 bits cannot count") }
    add(interface)
  }

  /// Packets dropped by the interface and by the operating system; each block has the totals since the start.
  func takeStatistics() throws(CaptureError) {
    guard blockLength >= 24 else { throw damage("interface statistics of \(blockLength) bytes") }
    let number = Int(order.uint32(block, 8))
    guard number < interfaces.count else { return }
    var total: UInt64?
    try forEachOption(from: 20) { code, value in
      guard code == 5 || code == 7, value.count >= 8, let start = value.baseAddress else { return }
      total = (total ?? 0).addingSaturated(order.uint64(start, 0))
    }
    if let total { interfaces[number].drops = total }
  }

  /// The options that stand between `offset` and the second length of the block.
  private func forEachOption(from offset: Int, _ body: (UInt16, UnsafeBufferPointer<UInt8>) -> Void) throws(CaptureError) {
    var offset = offset
    let end = blockLength - 4
    while offset + 4 <= end {
      let code = order.uint16(block, offset)
      if code == 0 { return }
      let length = Int(order.uint16(block, offset + 2))
      offset += 4
      guard offset + length <= end else { throw damage("an option that is longer than its block") }
      body(code, UnsafeBufferPointer(start: block + offset, count: length))
      offset += (length + 3) & ~3
    }
  }
}
