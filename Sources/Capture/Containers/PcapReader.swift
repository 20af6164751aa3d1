internal import Packets
internal import Paths

/// Reads the packets of a classic capture.
///
/// libpcap judges the header; the records are read where they lie.
///
/// A packet may be longer than the header's snapshot length, which some programs get wrong: it is given whole, up to libpcap's own
/// bound for its link type.
final class PcapReader: PacketSource {
  /// Whether old versions wrote the two lengths of a packet in the other order.
  private enum LengthOrder {
    case inOrder, swapped, eitherWay
  }

  let stream: ByteStream
  let path: FilePath
  let order: ByteOrder
  let headerLength: Int
  private let lengthOrder: LengthOrder
  let maxPacketLength: Int
  /// Nanoseconds that a fraction stands for.
  private let unit: Int64
  /// Bytes of the frame check sequence at the end of every packet; 0 where the header declares none.
  private let checkSequence: Int
  @exclusivity(unchecked) private var taken = 0

  let link: Link
  let snapshotLength: Int
  var linkTypes: [LinkType] { [link.linkType] }
  var drops: UInt64? { nil }
  var damage: CaptureDamage { CaptureDamage() }

  init(_ stream: ByteStream, _ format: CaptureFormat, _ links: LinkTable, path: FilePath) throws(CaptureError) {
    guard try stream.require(LinkTable.headerLength) else {
      throw CaptureError(.cutHeader, path: path, detail: "\(stream.available) of \(LinkTable.headerLength) bytes")
    }
    let header = [UInt8](UnsafeBufferPointer(start: stream.start, count: LinkTable.headerLength))
    let verdict = try LinkTable.judge(header, path: path)
    let linkTypeField = ByteOrder(format.byteOrder).uint32(stream.start, Self.linkTypeOffset)
    stream.consume(LinkTable.headerLength)
    self.stream = stream
    self.path = path
    order = ByteOrder(format.byteOrder)
    headerLength = format.container == .pcapModified ? 24 : 16
    unit = format.container == .pcapNanosecond ? 1 : 1000
    lengthOrder =
      switch (verdict.major, verdict.minor) {
      case (2, ..<3), (543, _): .swapped
      case (2, 3): .eitherWay
      default: .inOrder
      }
    link = try links.link(verdict.linkType, path: path)
    maxPacketLength = link.maxPacketLength
    checkSequence = link.statesCheckSequence ? 0 : Self.checkSequence(linkTypeField)
    snapshotLength = verdict.snapshotLength
    try refuseVariants()
  }

  /// Place of the link type in the header of the file.
  private static let linkTypeOffset = 20

  /// The length that the field of the link type declares: bit 26 says that there is one, and bits 28 to 31 count units of 16 bits.
  private static func checkSequence(_ field: UInt32) -> Int { field & 1 << 26 == 0 ? 0 : Int(field >> 28) * 2 }

  func fill(_ batch: inout PacketBatch) throws(CaptureError) {
    stream.consume(taken)
    taken = 0
    guard try stream.require(headerLength) else {
      if stream.available == 0 { return }
      throw CaptureError(.truncated, path: path, detail: "\(stream.available) of \(headerLength) bytes of a packet header")
    }
    let length = Self.lengths(stream.start, order, lengthOrder).captured
    guard length <= maxPacketLength else {
      throw CaptureError(.damaged, path: path, detail: "a packet of \(length) bytes, where \(maxPacketLength) is the most there can be")
    }
    guard try stream.require(headerLength &+ length) else {
      let present = stream.available - headerLength
      throw CaptureError(.truncated, path: path, detail: "\(present) of \(length) bytes of a packet")
    }
    takePackets(&batch)
    if checkSequence > 0 { batch.removeCheckSequences(checkSequence) }
  }

  /// Describes the packets that are at hand as a whole; the first one that is not, or is damaged, is left to the next `fill`.
  private func takePackets(_ batch: inout PacketBatch) {
    // Copies: what a class holds is read again wherever something was written that could be it.
    let (start, available, headerLength, link, linkType) = (stream.start, stream.available, headerLength, link, link.linkType)
    let (order, lengthOrder, maxPacketLength, unit) = (order, lengthOrder, maxPacketLength, unit)
    var offset = 0
    while !batch.isFull, available &- offset >= headerLength {
      let header = start + offset
      let lengths = Self.lengths(header, order, lengthOrder)
      guard lengths.captured <= maxPacketLength, available &- offset &- headerLength >= lengths.captured else { break }
      // Neither product nor sum leaves 64 bits: 2³² seconds and 2³² microseconds are below 2⁶³ nanoseconds.
      let time = Int64(order.uint32(header, 0)) &* 1_000_000_000 &+ Int64(order.uint32(header, 4)) &* unit
      batch.append(
        PacketRecord(
          time: Timestamp(nanoseconds: time), start: header + headerLength, capturedLength: lengths.captured,
          originalLength: max(lengths.captured, lengths.original), linkType: linkType), of: link)
      offset &+= headerLength &+ lengths.captured
    }
    taken = offset
  }

  /// The two lengths that a packet header states that many bytes behind what was taken.
  func lengths(at offset: Int) -> (captured: Int, original: Int) { Self.lengths(stream.start + offset, order, lengthOrder) }

  /// The two lengths that the header of a packet states, in bytes.
  @inline(__always)
  private static func lengths(_ header: UnsafePointer<UInt8>, _ order: ByteOrder, _ lengthOrder: LengthOrder)
    -> (captured: Int, original: Int)
  {
    let captured = Int(order.uint32(header, 8))
    let original = Int(order.uint32(header, 12))
    if lengthOrder == .swapped || lengthOrder == .eitherWay && captured > original { return (original, captured) }
    return (captured, original)
  }
}
