internal import Packets
internal import Paths

/// Reads the packets of a pcapng capture, block by block.
///
/// Sections may differ in byte order, and interfaces in link type, snapshot length and time unit. Key logs are handed on. Name resolution
/// and unknown blocks are passed over without being kept.
final class PcapngReader: PacketSource {
  /// What an Interface Description Block says.
  struct Interface {
    var link: Link
    /// In bytes; 0 where there is no bound.
    var snapshotLength: Int
    var clock = InterfaceClock()
    /// Bytes of the frame check sequence at the end of each packet that does not state another length; 0 where there is none.
    var checkSequence = 0
    /// The latest total of its statistics.
    var statisticsDrops: UInt64?
    /// The sum of what its packets state, each since the packet before.
    var packetDrops: UInt64?

    /// Both count the same losses, and either may be incomplete.
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

  /// Greatest length in bytes of a block whose two lengths are compared before it is believed: as much as libpcap takes.
  static let maxBlockLength: UInt32 = 16 << 20

  let stream: ByteStream
  let path: FilePath
  let links: LinkTable
  /// Takes the key logs of the capture; nil where nobody wants them.
  let onSecrets: (([UInt8]) -> Void)?
  @exclusivity(unchecked) var order: ByteOrder
  /// Interfaces of the section; nil for one whose description is damaged, so that those behind it keep their numbers.
  @exclusivity(unchecked) var interfaces: [Interface?] = []
  /// Of the interface that the packet at hand came from, and its number; -1 where none is chosen.
  @exclusivity(unchecked) var chosen = -1
  @exclusivity(unchecked) var clock = InterfaceClock()
  @exclusivity(unchecked) var maxPacketLength = 0
  @exclusivity(unchecked) var checkSequence = 0
  /// Of the sections before.
  var earlierDrops: UInt64?
  var damage = CaptureDamage()
  /// Packets that were passed over since the last batch, and keep their numbers.
  private var numbersToSkip: UInt64 = 0
  private var hasSection = false
  @exclusivity(unchecked) private var taken = 0

  @exclusivity(unchecked) var link: Link
  private(set) var linkTypes: [LinkType] = []
  private(set) var snapshotLength = 0

  /// Reads up to the first interface, and those behind it that are at hand: no pipe is waited for.
  init(
    _ stream: ByteStream, _ format: CaptureFormat, _ links: LinkTable, path: FilePath, onSecrets: (([UInt8]) -> Void)? = nil
  ) throws(CaptureError) {
    self.onSecrets = onSecrets
    self.stream = stream
    self.path = path
    self.links = links
    order = ByteOrder(format.byteOrder)
    link = Link(LinkType(rawValue: -1), nil)
    do throws(CaptureError) {
      try readFirstInterfaces()
    } catch {
      // Before the first interface nothing can be read: it is the header of the file that is cut off or wrong.
      switch error.reason {
      case .truncated: throw CaptureError(.cutHeader, path: path, detail: error.detail)
      case .damaged: throw CaptureError(.unsupported, path: path, detail: error.detail)
      default: throw error
      }
    }
  }

  private func readFirstInterfaces() throws(CaptureError) {
    while interfaces.isEmpty, let type = try nextBlock() {
      // The packets that stand here are of no interface that could still be described.
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

  /// Notes that the block at hand is damaged, whose end is known.
  private func note(_ error: CaptureError) { damage.add(error.detail, bytes: blockLength) }

  var drops: UInt64? { interfaces.compactMap { $0?.drops }.reduce(earlierDrops) { ($0 ?? 0).addingSaturated($1) } }

  /// The block at hand, from its type to behind its second length.
  var block: UnsafePointer<UInt8> { stream.start }
  var blockLength: Int { taken }

  /// Makes the next block of a type that is looked into available as a whole, and passes over others; nil at the end.
  ///
  /// A damaged block is passed over, and the next one that can be found is taken.
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

  /// Makes the block at hand available as a whole; nil where it is passed over.
  private func blockAtHand() throws(CaptureError) -> UInt32? {
    let type = order.uint32(stream.start, 0)
    // The number of a section header reads the same in both orders, and only its third word tells which one follows.
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

  /// Takes in the packet that the block at hand holds; `false` where its interface is not described.
  private func takePacket(_ type: UInt32, _ batch: inout PacketBatch) throws(CaptureError) -> Bool {
    switch type {
    case BlockType.packet: try takePacket(interface: blockLength >= 32 ? order.uint32(block, 8) : 0, &batch)
    case BlockType.obsoletePacket: try takeObsoletePacket(&batch)
    default: try takeSimplePacket(&batch)
    }
  }

  /// Takes in what the block at hand says, which holds no packet.
  private func take(_ type: UInt32) throws(CaptureError) {
    if type == BlockType.section {
      // Nothing is known of the blocks of a section that cannot be understood.
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

  /// Notes an interface that the section has.
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
  /// The sum, held at the end of its range.
  func addingSaturated(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
