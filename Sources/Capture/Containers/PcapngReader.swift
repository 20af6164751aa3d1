internal import Packets
internal import Paths

/// Reads the packets of a pcapng capture, block by block.
///
/// Sections may differ in byte order, and interfaces in link type, snapshot length and time unit. Name resolution, secrets and unknown
/// blocks are passed over without being kept.
final class PcapngReader: PacketSource {
  /// What an Interface Description Block says.
  struct Interface {
    var link: Link
    /// In bytes; 0 where there is no bound.
    var snapshotLength: Int
    var clock = InterfaceClock()
    /// The latest total of its statistics.
    var drops: UInt64?
  }

  /// Block types, as the file states them.
  enum BlockType {
    static let section: UInt32 = 0x0a0d_0d0a
    static let interface: UInt32 = 1
    static let obsoletePacket: UInt32 = 2
    static let simplePacket: UInt32 = 3
    static let statistics: UInt32 = 5
    static let packet: UInt32 = 6

    static func isPacket(_ type: UInt32) -> Bool { type == packet || type == obsoletePacket || type == simplePacket }
  }

  /// Of a block that is looked into, in bytes: as much as libpcap takes.
  static let maxBlockLength: UInt32 = 16 << 20

  let stream: ByteStream
  let path: FilePath
  let links: LinkTable
  @exclusivity(unchecked) var order: ByteOrder
  @exclusivity(unchecked) var interfaces: [Interface] = []
  /// Of the interface that the packet at hand came from, and its number; -1 where none is chosen.
  @exclusivity(unchecked) var chosen = -1
  @exclusivity(unchecked) var clock = InterfaceClock()
  @exclusivity(unchecked) var maxPacketLength = 0
  /// Of the sections before.
  var earlierDrops: UInt64?
  @exclusivity(unchecked) private var taken = 0

  @exclusivity(unchecked) var link: Link
  private(set) var linkTypes: [LinkType] = []
  private(set) var snapshotLength = 0

  /// Reads up to the first interface, and those behind it that are at hand: no pipe is waited for.
  init(_ stream: ByteStream, _ format: CaptureFormat, _ links: LinkTable, path: FilePath) throws(CaptureError) {
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
    while interfaces.isEmpty {
      guard let type = try nextBlock() else {
        throw CaptureError(.unsupported, path: path, detail: "it has no Interface Description Block")
      }
      if BlockType.isPacket(type) { throw damage("a packet stands before every Interface Description Block") }
      try take(type)
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
      let packet = try takePacket(type)
      batch.append(packet, of: link)
      taken &+= takePackets(behind: taken, &batch)
      return
    }
  }

  var drops: UInt64? { interfaces.compactMap(\.drops).reduce(earlierDrops) { ($0 ?? 0).addingSaturated($1) } }

  /// The block at hand, from its type to behind its second length.
  var block: UnsafePointer<UInt8> { stream.start }
  var blockLength: Int { taken }

  /// Makes the next block of a type that is looked into available as a whole, and passes over others; nil at the end.
  private func nextBlock() throws(CaptureError) -> UInt32? {
    while true {
      stream.consume(taken)
      taken = 0
      guard try stream.require(12) else {
        if stream.available == 0 { return nil }
        throw cut(stream.available, of: 12)
      }
      let type = order.uint32(stream.start, 0)
      // The number of a section header reads the same in both orders, and only its third word tells which one follows.
      if type == BlockType.section { try takeByteOrder() }
      let length = order.uint32(stream.start, 4)
      guard length >= 12, length % 4 == 0 else { throw damage("a block of \(length) bytes") }
      switch type {
      case BlockType.section, BlockType.interface, BlockType.obsoletePacket, BlockType.simplePacket, BlockType.statistics,
        BlockType.packet:
        guard length <= Self.maxBlockLength else {
          throw damage("a block of \(length) bytes, where \(Self.maxBlockLength) is the most there can be")
        }
        guard try stream.require(Int(length)) else { throw cut(stream.available, of: Int(length)) }
        taken = Int(length)
        guard order.uint32(stream.start, taken - 4) == length else { throw damage("the two lengths of a block differ") }
        return type
      default:
        guard try stream.skip(Int(length) - 4), try stream.require(4) else { throw cut(nil, of: Int(length)) }
        guard order.uint32(stream.start, 0) == length else { throw damage("the two lengths of a block differ") }
        stream.consume(4)
      }
    }
  }

  private func takeByteOrder() throws(CaptureError) {
    let magic: UInt32 = 0x1a2b_3c4d
    if order.uint32(stream.start, 8) == magic { return }
    order.isSwapped.toggle()
    guard order.uint32(stream.start, 8) == magic else { throw damage("a section without a byte order") }
  }

  /// Takes in the packet that the block at hand holds.
  private func takePacket(_ type: UInt32) throws(CaptureError) -> PacketRecord {
    switch type {
    case BlockType.packet: try takePacket(interface: blockLength >= 32 ? order.uint32(block, 8) : 0)
    case BlockType.obsoletePacket: try takePacket(interface: blockLength >= 32 ? UInt32(order.uint16(block, 8)) : 0)
    default: try takeSimplePacket()
    }
  }

  /// Takes in what the block at hand says, which holds no packet.
  private func take(_ type: UInt32) throws(CaptureError) {
    switch type {
    case BlockType.section: try takeSection()
    case BlockType.interface: try takeInterface()
    default: try takeStatistics()
    }
  }

  /// Notes an interface that the section has.
  func add(_ interface: Interface) {
    interfaces.append(interface)
    if !linkTypes.contains(interface.link.linkType) { linkTypes.append(interface.link.linkType) }
    snapshotLength = max(snapshotLength, interface.snapshotLength == 0 ? Int(LinkTable.maxSnapshotLength) : interface.snapshotLength)
  }

  func damage(_ words: String) -> CaptureError { CaptureError(.damaged, path: path, detail: words) }

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
