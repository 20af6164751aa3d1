internal import Packets
internal import Paths

/// Reader of a pcapng capture, block by block.
///
/// Sections may differ in byte order, and interfaces in link type, snapshot length and time unit. Name resolution, secrets and unknown
/// blocks are skipped without being kept.
final class PcapngReader: PacketSource {
  /// Contents of an Interface Description Block.
  struct Interface {
    var link: Link
    /// Snapshot length in bytes; 0 if there is no limit.
    var snapshotLength: Int
    var clock = InterfaceClock()
    /// Length in bytes of the frame check sequence of packets that state no other length; 0 if there is none.
    var checkSequence = 0
    /// Latest total of the interface's statistics.
    var statisticsDrops: UInt64?
    /// Sum of the losses that packets state, each since the packet before.
    var packetDrops: UInt64?

    /// Number of lost packets: both counts refer to the same losses, and either may be incomplete.
    var drops: UInt64? {
      guard let statisticsDrops, let packetDrops else { return statisticsDrops ?? packetDrops }
      return max(statisticsDrops, packetDrops)
    }
  }

  /// Block types, as the file states them.
  enum BlockType {
    static let section: UInt32 = 0x0a0d_0d0a
    static let interface: UInt32 = 1
    static let obsoletePacket: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let statistics: UInt32 = 5
    static let packet: UInt32 = 6
    static let secrets: UInt32 = 10
    /// Names, a journal, secrets, and the two forms of a custom block: registered, and passed over.
    static let passedOver: Set<UInt32> = [4, 9, secrets, 0xbad, 0x4000_0bad]

    static func isPacket(_ type: UInt32) -> Bool { type == packet || type == obsoletePacket || type == simplePacket }

    static func isRead(_ type: UInt32) -> Bool {
      isPacket(type) || type == section || type == interface || type == statistics
    }

    static func isRegistered(_ type: UInt32) -> Bool { isRead(type) || passedOver.contains(type) }
  }

  /// Length in bytes up to which the two lengths of a block are compared before it is trusted: the limit of libpcap.
  static let maxBlockLength: UInt32 = 16 << 20

  let stream: ByteStream
  let path: FilePath
  let links: LinkTable
  /// Takes the key logs of the capture; nil where nobody wants them.
  let onSecrets: (([UInt8]) -> Void)?
  /// Table that takes the interfaces; nil where nobody wants them.
  let described: InputInterfaces?
  @exclusivity(unchecked) var order: ByteOrder
  /// Interfaces of the section; nil for one whose description is damaged, so that later ones keep their numbers.
  @exclusivity(unchecked) var interfaces: [Interface?] = []
  /// Number of the interface of the current packet, -1 if none is chosen; the properties below are those of this interface.
  @exclusivity(unchecked) var chosen = -1
  @exclusivity(unchecked) var clock = InterfaceClock()
  @exclusivity(unchecked) var maxPacketLength = 0
  @exclusivity(unchecked) var checkSequence = 0
  /// Losses in earlier sections.
  var earlierDrops: UInt64?
  var damage = CaptureDamage()
  /// Number of packets that were skipped since the last batch and that keep their numbers.
  private var numbersToSkip: UInt64 = 0
  private var hasSection = false
  @exclusivity(unchecked) private var taken = 0

  @exclusivity(unchecked) var link: Link
  private(set) var linkTypes: [LinkType] = []
  private(set) var snapshotLength = 0

  /// Reads up to the first interface, and the interfaces behind it that are in the buffer: it does not wait for a pipe.
  init(
    _ stream: ByteStream, _ format: CaptureFormat, _ links: LinkTable, path: FilePath, onSecrets: (([UInt8]) -> Void)? = nil,
    described: InputInterfaces? = nil
  ) throws(CaptureError) {
    self.onSecrets = onSecrets
    self.described = described
    self.stream = stream
    self.path = path
    self.links = links
    order = ByteOrder(format.byteOrder)
    link = Link(LinkType(rawValue: -1), nil)
    do throws(CaptureError) {
      try readFirstInterfaces()
    } catch {
      // Before the first interface nothing can be read: the header of the file is cut off or wrong.
      switch error.reason {
      case .truncated: throw CaptureError(.cutHeader, path: path, detail: error.detail)
      case .damaged: throw CaptureError(.unsupported, path: path, detail: error.detail)
      default: throw error
      }
    }
  }

  private func readFirstInterfaces() throws(CaptureError) {
    while interfaces.isEmpty, let type = try nextBlock() {
      // The packets here belong to no interface that could still be described.
      if BlockType.isPacket(type) { passOverUndescribed() } else { try take(type) }
    }
    stream.consume(taken)
    taken = 0
    while stream.available >= 8, order.uint32(stream.start, 0) == BlockType.interface,
      stream.available >= Int(order.uint32(stream.start, 4)), let type = try nextBlock()
    {
      try take(type)
      stream.consume(taken)
      taken = 0
    }
  }

  func fill(_ batch: inout PacketBatch) throws(CaptureError) {
    while let type = try nextBlock() {
      guard BlockType.isPacket(type) else {
        try take(type)
        continue
      }
      batch.skipNumbers(numbersToSkip)
      numbersToSkip = 0
      do throws(CaptureError) {
        guard try takePacket(type, &batch) else {
          passOverUndescribed()
          continue
        }
      } catch {
        note(error)
        numbersToSkip &+= 1
        continue
      }
      taken &+= takePackets(behind: taken, &batch)
      return
    }
  }

  private func passOverUndescribed() {
    damage.undescribedPackets &+= 1
    numbersToSkip &+= 1
  }

  /// Records that the current block, whose end is known, is damaged.
  private func note(_ error: CaptureError) { damage.add(error.detail, bytes: blockLength) }

  var drops: UInt64? { interfaces.compactMap { $0?.drops }.reduce(earlierDrops) { ($0 ?? 0).addingSaturated($1) } }

  /// Current block, from its type to the end of its second length.
  var block: UnsafePointer<UInt8> { stream.start }
  var blockLength: Int { taken }

  /// Makes the next block of an evaluated type available as a whole, and skips others; nil at the end.
  ///
  /// A damaged block is skipped, and the next valid one is used.
  private func nextBlock() throws(CaptureError) -> UInt32? {
    while true {
      stream.consume(taken)
      taken = 0
      guard try stream.require(12) else {
        if stream.available == 0 { return nil }
        throw cut(stream.available, of: 12)
      }
      do throws(CaptureError) {
        if let type = try blockAtHand() { return type }
      } catch {
        guard hasSection, error.reason == .damaged || error.reason == .truncated && isImplausible, maySeek else { throw error }
        damage.add(error.detail, bytes: try findBlock(after: error))
      }
    }
  }

  /// Makes the current block available as a whole; nil if it is skipped.
  private func blockAtHand() throws(CaptureError) -> UInt32? {
    let type = order.uint32(stream.start, 0)
    // The type of a section header is the same in both byte orders, and only its third word reveals the order.
    if type == BlockType.section { try takeByteOrder() }
    let length = order.uint32(stream.start, 4)
    guard length >= 12, length % 4 == 0 else { throw damaged("a block of \(length) bytes") }
    if length > Self.maxBlockLength {
      guard BlockType.passedOver.contains(type) else {
        throw damaged("a block of \(length) bytes, where \(Self.maxBlockLength) is the most there can be")
      }
      guard try stream.skip(Int(length) - 4), try stream.require(4) else { throw cut(nil, of: Int(length)) }
      guard order.uint32(stream.start, 0) == length else { throw damaged("the two lengths of a block differ") }
      stream.consume(4)
      return nil
    }
    guard try stream.require(Int(length)) else { throw cut(stream.available, of: Int(length)) }
    guard order.uint32(stream.start, Int(length) - 4) == length else { throw damaged("the two lengths of a block differ") }
    taken = Int(length)
    if type == BlockType.secrets { takeSecrets() }
    return BlockType.isRead(type) ? type : nil
  }

  private func takeByteOrder() throws(CaptureError) {
    guard let swapped = isSwapped(sectionAt: 0) else { throw damaged("a section without a byte order") }
    order.isSwapped = swapped
  }

  /// Adds the packet of the current block.
  ///
  /// - Returns: false if its interface is not described.
  private func takePacket(_ type: UInt32, _ batch: inout PacketBatch) throws(CaptureError) -> Bool {
    switch type {
    case BlockType.packet: try takePacket(interface: blockLength >= 32 ? order.uint32(block, 8) : 0, &batch)
    case BlockType.obsoletePacket: try takeObsoletePacket(&batch)
    default: try takeSimplePacket(&batch)
    }
  }

  /// Evaluates the current block, which holds no packet.
  private func take(_ type: UInt32) throws(CaptureError) {
    if type == BlockType.section {
      // The contents of a section that is not understood are unknown.
      try takeSection()
      hasSection = true
      return
    }
    do throws(CaptureError) {
      if type == BlockType.interface { try takeInterface() } else { try takeStatistics() }
    } catch {
      guard error.reason == .damaged else { throw error }
      note(error)
    }
  }

  /// Adds an interface to the section.
  func add(_ interface: Interface) {
    interfaces.append(interface)
    if !linkTypes.contains(interface.link.linkType) { linkTypes.append(interface.link.linkType) }
    snapshotLength = max(snapshotLength, interface.snapshotLength == 0 ? Int(LinkTable.maxSnapshotLength) : interface.snapshotLength)
  }

  func damaged(_ words: String) -> CaptureError { CaptureError(.damaged, path: path, detail: words) }

  private func cut(_ count: Int?, of length: Int) -> CaptureError {
    CaptureError(.truncated, path: path, detail: count.map { "\($0) of \(length) bytes of a block" } ?? "in a block of \(length) bytes")
  }
}

extension UInt64 {
  /// Returns the sum, limited to the greatest value of the type.
  func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
