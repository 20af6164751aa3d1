internal import Packets

/// Contents of blocks. Each block is in the buffer as a whole, at least 12 bytes long.
extension PcapngReader {
  /// Adds the packet of an Enhanced Packet Block.
  ///
  /// - Returns: false if its interface is not described.
  func takePacket(interface number: UInt32, _ batch: inout PacketBatch) throws(CaptureError) -> Bool {
    guard blockLength >= 32 else { throw damaged("a packet block of \(blockLength) bytes") }
    guard chosen == Int(number) || choose(Int(number)) else { return false }
    let captured = order.uint32(block, 20)
    guard Int(captured) <= blockLength - 32 else { throw damaged("a packet of \(captured) bytes in a block of \(blockLength)") }
    try checkLength(Int(captured))
    append(block, blockLength, Int(captured), &batch)
    return true
  }

  /// Adds the packet of the obsolete Packet Block, whose fields from the time on are at the same offsets.
  func takeObsoletePacket(_ batch: inout PacketBatch) throws(CaptureError) -> Bool {
    let isTaken = try takePacket(interface: blockLength >= 32 ? UInt32(order.uint16(block, 8)) : 0, &batch)
    let unknown = UInt16.max
    if isTaken, case let drops = order.uint16(block, 10), drops != unknown { add(packetDrops: UInt64(drops)) }
    return isTaken
  }

  @inline(__always)
  private func append(_ block: UnsafePointer<UInt8>, _ length: Int, _ captured: Int, _ batch: inout PacketBatch) {
    let ticks = UInt64(order.uint32(block, 12)) << 32 | UInt64(order.uint32(block, 16))
    let time = clock.time(ticks)
    if time == nil { damage.untimedPackets &+= 1 }
    batch.append(
      PacketRecord(
        time: time ?? batch.latestTime, start: block + 28, capturedLength: captured,
        originalLength: max(captured, Int(order.uint32(block, 24))), interface: UInt32(truncatingIfNeeded: chosen), linkType: link.linkType),
      of: link)
    // Padding has up to three bytes, and an option has at least four.
    let checkSequence = length &- 32 &- captured < 4 ? checkSequence : takeOptions(block, length, captured)
    if checkSequence > 0 { batch.removeCheckSequence(checkSequence) }
  }

  /// Evaluates the options of a packet, and returns the length of its frame check sequence.
  @inline(never)
  private func takeOptions(_ block: UnsafePointer<UInt8>, _ length: Int, _ captured: Int) -> Int {
    var checkSequence = checkSequence
    var drops: UInt64 = 0
    _ = forEachOption(in: block, 28 + (captured + 3) & ~3..<length - 4) { code, value in
      guard let start = value.baseAddress else { return }
      if code == OptionCode.packetFlags, value.count >= 4, !link.statesCheckSequence {
        let stated = Int(order.uint32(start, 0) >> 5 & 0xf)
        if stated != 0 { checkSequence = stated }
      } else if code == OptionCode.packetDrops, value.count >= 8 {
        drops = drops.addingSaturated(order.uint64(start, 0))
      }
    }
    if drops > 0 { add(packetDrops: drops) }
    return checkSequence
  }

  /// Adds packets that were lost between the current packet and the one before.
  private func add(packetDrops count: UInt64) {
    interfaces[chosen]?.packetDrops = (interfaces[chosen]?.packetDrops ?? 0).addingSaturated(count)
  }

  /// Adds the packets of the chosen interface that are in the buffer as a whole, from `offset` bytes behind the current block on.
  ///
  /// Any other block, or a damaged one, is left to the next `fill`.
  ///
  /// - Returns: the number of bytes of the blocks that were added.
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
      append(block, length, captured, &batch)
      done &+= length
    }
    return done
  }

  /// Adds the packet of a Simple Packet Block: it belongs to the first interface, has no time, and only the snapshot length cuts it.
  func takeSimplePacket(_ batch: inout PacketBatch) throws(CaptureError) -> Bool {
    guard blockLength >= 16 else { throw damaged("a packet block of \(blockLength) bytes") }
    guard chosen == 0 || choose(0), let limit = interfaces[0]?.snapshotLength else { return false }
    let original = Int(order.uint32(block, 8))
    let bound = limit == 0 ? original : min(original, limit)
    guard bound <= blockLength - 16 else { throw damaged("a packet of \(bound) bytes in a block of \(blockLength)") }
    try checkLength(bound)
    damage.untimedPackets &+= 1
    batch.append(
      PacketRecord(
        time: batch.latestTime, start: block + 12, capturedLength: bound, originalLength: original, linkType: link.linkType), of: link)
    if checkSequence > 0 { batch.removeCheckSequence(checkSequence) }
    return true
  }

  /// Chooses the interface of the packets that follow.
  ///
  /// - Returns: false if it is not described.
  private func choose(_ number: Int) -> Bool {
    guard number < interfaces.count, let interface = interfaces[number] else { return false }
    chosen = number
    link = interface.link
    clock = interface.clock
    maxPacketLength = link.maxPacketLength
    checkSequence = interface.checkSequence
    return true
  }

  @inline(__always)
  private func checkLength(_ captured: Int) throws(CaptureError) {
    guard captured <= maxPacketLength else {
      throw damaged("a packet of \(captured) bytes, where \(maxPacketLength) is the most there can be")
    }
  }

  /// Begins a section, in which interfaces are numbered anew.
  func takeSection() throws(CaptureError) {
    guard blockLength >= 28 else { throw damaged("a section header of \(blockLength) bytes") }
    let (major, minor) = (order.uint16(block, 12), order.uint16(block, 14))
    guard major == 1, minor == 0 || minor == 2 else { throw damaged("pcapng version \(major).\(minor)") }
    earlierDrops = drops
    interfaces.removeAll()
    described?.begin()
    chosen = -1
  }

  func takeInterface() throws(CaptureError) {
    guard blockLength >= 20 else {
      interfaces.append(nil)
      described?.add(nil)
      throw damaged("an interface description of \(blockLength) bytes")
    }
    let linkType = try links.linkType(of: order.uint16(block, 8), path: path)
    var interface = Interface(link: try links.link(linkType, path: path), snapshotLength: Int(order.uint32(block, 12)))
    var (name, resolution): ([UInt8]?, UInt8) = (nil, 6)
    let isWhole = forEachOption(in: block, 16..<blockLength - 4) { code, value in
      guard let start = value.baseAddress else { return }
      switch (code, value.count) {
      case (OptionCode.interfaceName, 1...): if described != nil { name = Array(value) }
      case (OptionCode.timeResolution, 1...):
        resolution = value[0]
        interface.clock.setResolution(resolution)
      case (OptionCode.timeOffset, 8...): interface.clock.offset = Int64(bitPattern: order.uint64(start, 0))
      case (OptionCode.checkSequence, 1...): interface.checkSequence = Self.checkSequence(interface.link, Int(value[0]))
      default: break
      }
    }
    // The statements before the damage count, and the packets can be read.
    add(interface)
    described?.add(
      CaptureInterface(
        fileLinkType: order.uint16(block, 8), linkType: linkType, snapshotLength: order.uint32(block, 12), name: name,
        timeResolution: resolution, timeOffset: interface.clock.offset, checkSequence: interface.checkSequence))
    if !isWhole { throw damaged("an option that is longer than its block") }
  }

  /// Returns the length of the check sequence that `if_fcslen` states.
  ///
  /// The format specifies bits, but its example and all known writers use bytes. The two are distinguishable: no check sequence has 16
  /// bytes, and none has fewer than 16 bits.
  private static func checkSequence(_ link: Link, _ value: Int) -> Int {
    link.statesCheckSequence ? 0 : value < 16 ? value : value / 8
  }

  /// Evaluates the numbers of packets dropped by the interface and by the operating system; each block has the totals since the start.
  func takeStatistics() throws(CaptureError) {
    guard blockLength >= 24 else { throw damaged("interface statistics of \(blockLength) bytes") }
    let number = Int(order.uint32(block, 8))
    guard number < interfaces.count, interfaces[number] != nil else { return }
    var total: UInt64?
    let isWhole = forEachOption(in: block, 20..<blockLength - 4) { code, value in
      guard code == OptionCode.dropsOfInterface || code == OptionCode.dropsOfSystem, value.count >= 8, let start = value.baseAddress
      else { return }
      total = (total ?? 0).addingSaturated(order.uint64(start, 0))
    }
    if let total { interfaces[number]?.statisticsDrops = total }
    if !isWhole { throw damaged("an option that is longer than its block") }
  }

  /// A Decryption Secrets Block: hands on a key log of TLS; secrets of other kinds are passed over.
  func takeSecrets() {
    guard let onSecrets, let length = SecretsBlock.keyLogLength(block, blockLength, order) else { return }
    onSecrets(Array(UnsafeBufferPointer(start: block + SecretsBlock.headLength, count: length)))
  }

  /// Option codes, whose meaning depends on the type of the block.
  private enum OptionCode {
    static let interfaceName: UInt16 = 2
    static let packetFlags: UInt16 = 2
    static let packetDrops: UInt16 = 4
    static let dropsOfInterface: UInt16 = 5
    static let dropsOfSystem: UInt16 = 7
    static let timeResolution: UInt16 = 9
    static let checkSequence: UInt16 = 13
    static let timeOffset: UInt16 = 14
  }

  /// Calls `body` with each option in a part of a block.
  ///
  /// - Returns: false if an option extends beyond the part, which ends the walk.
  private func forEachOption(
    in block: UnsafePointer<UInt8>, _ range: Range<Int>, _ body: (UInt16, UnsafeBufferPointer<UInt8>) -> Void
  ) -> Bool {
    var offset = range.lowerBound
    while offset + 4 <= range.upperBound {
      let code = order.uint16(block, offset)
      if code == 0 { return true }
      let length = Int(order.uint16(block, offset + 2))
      offset += 4
      guard offset + length <= range.upperBound else { return false }
      body(code, UnsafeBufferPointer(start: block + offset, count: length))
      offset += (length + 3) & ~3
    }
    return true
  }
}
