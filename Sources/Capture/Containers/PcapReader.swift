internal import Packets
internal import Paths

/// Reader of a classic capture.
///
/// libpcap validates the file header. Packets are described in place.
///
/// A packet may be longer than the snapshot length in the header, which some programs state wrongly. It is returned whole, up to libpcap's
/// own limit for its link type.
final class PcapReader: PacketSource {
  /// Order of the two lengths in a packet header, which old versions wrote the other way round.
  private enum LengthOrder {
    case inOrder, swapped, eitherWay
  }

  let stream: ByteStream
  let path: FilePath
  let order: ByteOrder
  let headerLength: Int
  private let lengthOrder: LengthOrder
  let maxPacketLength: Int
  /// Nanoseconds per unit of the fraction of a time stamp.
  private let unit: Int64
  /// Length in bytes of the frame check sequence at the end of every packet; 0 if the header declares none.
  private let checkSequence: Int
  @exclusivity(unchecked) private var taken = 0

  let link: Link
  let snapshotLength: Int
  var linkTypes: [LinkType] { [link.linkType] }
  var drops: UInt64? { nil }
  var damage: CaptureDamage { CaptureDamage() }

  init(
    _ stream: ByteStream, _ format: CaptureFormat, _ links: LinkTable, path: FilePath, described: InputInterfaces? = nil
  ) throws(CaptureError) {
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
    described?.begin()
    described?.add(
      CaptureInterface(
        fileLinkType: UInt16(truncatingIfNeeded: linkTypeField), linkType: verdict.linkType,
        snapshotLength: UInt32(clamping: verdict.snapshotLength), timeResolution: unit == 1 ? 9 : 6, checkSequence: checkSequence))
    try refuseVariants()
  }

  /// Offset of the link type in the file header.
  private static let linkTypeOffset = 20

  /// Returns the length of the check sequence that the link type field declares: bit 26 is the flag, bits 28 to 31 count units of 16 bits.
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

  /// Adds the packets that are in the buffer as a whole; the first packet that is not, or is damaged, is left to the next `fill`.
  private func takePackets(_ batch: inout PacketBatch) {
    // Local copies: properties of a class are read again after each write that could alias them.
    let (start, available, headerLength, link, linkType) = (stream.start, stream.available, headerLength, link, link.linkType)
    let (order, lengthOrder, maxPacketLength, unit) = (order, lengthOrder, maxPacketLength, unit)
    var offset = 0
    while !batch.isFull, available &- offset >= headerLength {
      let header = start + offset
      let lengths = Self.lengths(header, order, lengthOrder)
      guard lengths.captured <= maxPacketLength, available &- offset &- headerLength >= lengths.captured else { break }
      // Neither product nor sum overflows 64 bits: 2³² seconds and 2³² microseconds are below 2⁶³ nanoseconds.
      let time = Int64(order.uint32(header, 0)) &* 1_000_000_000 &+ Int64(order.uint32(header, 4)) &* unit
      batch.append(
        PacketRecord(
          time: Timestamp(nanoseconds: time), start: header + headerLength, capturedLength: lengths.captured,
          originalLength: max(lengths.captured, lengths.original), linkType: linkType), of: link)
      offset &+= headerLength &+ lengths.captured
    }
    taken = offset
  }

  /// Returns the two lengths in the packet header at an offset behind the consumed bytes.
  func lengths(at offset: Int) -> (captured: Int, original: Int) { Self.lengths(stream.start + offset, order, lengthOrder) }

  /// Returns the two lengths in a packet header, in bytes.
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
