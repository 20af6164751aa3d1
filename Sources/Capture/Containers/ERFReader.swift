internal import Packets
internal import Paths

/// Reader of an ERF file, which returns whole records; the decoder reads the record header.
///
/// libpcap has no filter for such records. The filter is applied to the packet inside, and packets of types that it cannot be applied to
/// are rejected.
final class ERFReader: PacketSource {
  private let stream: ByteStream
  private let path: FilePath
  private let link: Link
  private let links: LinkTable
  private var taken = 0

  /// Link type of the records, `LINKTYPE_ERF`.
  static let linkType = LinkType(rawValue: 197)

  var linkTypes: [LinkType] { [Self.linkType] }
  /// Snapshot length, which is the greatest length of a record: the field has 16 bits.
  var snapshotLength: Int { Int(UInt16.max) }
  /// Number of lost packets, which records count since the record before.
  private(set) var drops: UInt64?
  private(set) var damage = CaptureDamage()

  init(_ stream: ByteStream, _ links: LinkTable, path: FilePath, described: InputInterfaces? = nil) throws(CaptureError) {
    self.stream = stream
    self.path = path
    self.links = links
    link = Link(Self.linkType, nil)
    described?.begin()
    described?.add(
      CaptureInterface(fileLinkType: UInt16(truncatingIfNeeded: Self.linkType.rawValue), linkType: Self.linkType, timeResolution: 9))
    // A filter that does not compile is rejected before anything is read.
    if links.hasFilter { _ = try links.link(.ethernet, path: path) }
  }

  func fill(_ batch: inout PacketBatch) throws(CaptureError) {
    repeat {
      stream.consume(taken)
      taken = 0
      guard try stream.require(ERFRecord.headerLength) else {
        if stream.available == 0 { return }
        throw CaptureError(.truncated, path: path, detail: "\(stream.available) of \(ERFRecord.headerLength) bytes of a record header")
      }
      let record = ERFRecord(stream.start)
      guard record.isPlausible else {
        throw CaptureError(.damaged, path: path, detail: "a record of type \(record.type) and \(record.length) bytes")
      }
      guard try stream.require(record.length) else {
        throw CaptureError(.truncated, path: path, detail: "\(stream.available) of \(record.length) bytes of a record")
      }
      try takeRecords(&batch)
    } while batch.isEmpty
  }

  /// Adds the records that are in the buffer as a whole, and skips padding records.
  private func takeRecords(_ batch: inout PacketBatch) throws(CaptureError) {
    let (start, available) = (stream.start, stream.available)
    while !batch.isFull, available - taken >= ERFRecord.headerLength {
      let record = ERFRecord(start + taken)
      guard record.isPlausible, available - taken >= record.length else { break }
      if record.type != ERFRecord.padding { try add(record, start + taken, &batch) }
      taken += record.length
    }
  }

  private func add(_ record: ERFRecord, _ start: UnsafePointer<UInt8>, _ batch: inout PacketBatch) throws(CaptureError) {
    let offset = record.packetOffset(start)
    let original = max(record.length, offset + record.wireLength)
    let time = record.stamp == 0 ? batch.latestTime : record.time
    if record.stamp == 0 { damage.untimedPackets &+= 1 }
    var packet = PacketRecord(
      time: time, start: start, capturedLength: record.length, originalLength: original, linkType: Self.linkType)
    if links.hasFilter { packet.passesFilter = try passes(record, start, offset) }
    batch.append(packet, of: link)
    if record.drops > 0 { drops = (drops ?? 0).addingSaturated(UInt64(record.drops)) }
  }

  private func passes(_ record: ERFRecord, _ start: UnsafePointer<UInt8>, _ offset: Int) throws(CaptureError) -> Bool {
    guard let linkType = record.filterLinkType, offset <= record.length else { return false }
    var inner = PacketRecord(
      time: Timestamp(nanoseconds: 0), start: start + offset, capturedLength: min(record.length - offset, record.wireLength),
      originalLength: record.wireLength, linkType: linkType)
    try links.link(linkType, path: path).filter(&inner)
    return inner.passesFilter
  }
}
