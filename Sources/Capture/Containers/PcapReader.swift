internal import Packets

/// Reads the packets of a classic capture. libpcap judges the header; the records are read where they lie.
///
/// A packet may be longer than the header's snapshot length, which some programs get wrong: it is given whole, up to libpcap's own
/// bound for its link type.
final class PcapReader: PacketSource {
  /// Whether old versions wrote the two lengths of a packet in the other order.
  private enum Lengths {
    case inOrder, swapped, eitherWay
  }

  private let stream: ByteStream
  private let path: String
  private let order: ByteOrder
  private let headerLength: Int
  private let lengths: Lengths
  private let maxPacketLength: Int
  /// Nanoseconds that a fraction stands for.
  private let unit: Int64
  @exclusivity(unchecked) private var taken = 0

  let link: Link
  let snapshotLength: Int
  var linkTypes: [LinkType] { [link.linkType] }
  var drops: UInt64? { nil }

  init(_ stream: ByteStream, _ format: CaptureFormat, _ links: LinkTable, path: String) throws(CaptureError) {
    guard try stream.require(LinkTable.headerLength) else {
      throw CaptureError(.cutHeader, path: path, detail: "\(stream.available) of \(LinkTable.headerLength) bytes")
    }
    let header = [UInt8](UnsafeBufferPointer(start: stream.start, count: LinkTable.headerLength))
    let verdict = try LinkTable.judge(header, path: path)
    stream.consume(LinkTable.headerLength)
    self.stream = stream
    self.path = path
    order = ByteOrder(format.byteOrder)
    headerLength = format.container == .pcapModified ? 24 : 16
    unit = format.container == .pcapNanosecond ? 1 : 1000
    lengths =
      switch (verdict.major, verdict.minor) {
      case (2, ..<3), (543, _): .swapped
      case (2, 3): .eitherWay
      default: .inOrder
      }
    link = try links.link(verdict.linkType, path: path)
    maxPacketLength = link.maxPacketLength
    snapshotLength = verdict.snapshotLength
  }

  /// O(length of the packet), no allocation.
  func advance(_ packet: inout PacketRecord) throws(CaptureError) -> Bool {
    stream.consume(taken)
    taken = 0
    guard try stream.require(headerLength) else {
      if stream.available == 0 { return false }
      throw CaptureError(.truncated, path: path, detail: "\(stream.available) of \(headerLength) bytes of a packet header")
    }
    let header = stream.start
    let seconds = order.uint32(header, 0)
    let fraction = order.uint32(header, 4)
    var captured = order.uint32(header, 8)
    var original = order.uint32(header, 12)
    if lengths == .swapped || lengths == .eitherWay && captured > original { (captured, original) = (original, captured) }
    guard captured <= maxPacketLength else {
      throw CaptureError(.damaged, path: path, detail: "a packet of \(captured) bytes, where \(maxPacketLength) is the most there can be")
    }
    let length = Int(captured)
    guard try stream.require(headerLength &+ length) else {
      let present = stream.available - headerLength
      throw CaptureError(.truncated, path: path, detail: "\(present) of \(length) bytes of a packet")
    }
    taken = headerLength &+ length
    // Neither product nor sum leaves 64 bits: 2³² seconds and 2³² microseconds are below 2⁶³ nanoseconds.
    packet.time = Timestamp(nanoseconds: Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* unit)
    packet.start = stream.start + headerLength
    packet.capturedLength = length
    packet.originalLength = max(length, Int(original))
    packet.linkType = link.linkType
    packet.passesFilter = link.passes(packet)
    return true
  }
}
