internal import CPcap
internal import Glibc
internal import Packets
internal import Paths

/// A link type with the filter compiled for it.
final class Link {
  let linkType: LinkType
  @exclusivity(unchecked) private var filter: PacketFilter?
  /// The same filter for the bytes behind a VLAN tag; nil if there is none.
  @exclusivity(unchecked) private var taggedFilter: PacketFilter?
  /// Number of packets that the filter rejected and that it accepts behind their VLAN tag.
  private(set) var packetsBehindTags: UInt64 = 0

  init(_ linkType: LinkType, _ filter: consuming PacketFilter?, tagged: consuming PacketFilter? = nil) {
    self.linkType = linkType
    self.filter = filter
    taggedFilter = tagged
  }

  /// Records in a packet whether the filter accepts it.
  @inline(__always)
  func filter(_ packet: inout PacketRecord) {
    if filter != nil { packet.passesFilter = passes(packet) }
  }

  private func passes(_ packet: PacketRecord) -> Bool {
    var header = pcap_pkthdr()
    header.caplen = UInt32(clamping: packet.info.capturedLength)
    header.len = UInt32(clamping: packet.info.originalLength)
    if filter?.passes(&header, packet.start) ?? true { return true }
    if taggedFilter?.passes(&header, packet.start) ?? false { packetsBehindTags &+= 1 }
    return false
  }

  /// Whether the link type itself states if a packet ends with a frame check sequence: radiotap, PPI, netANALYZER, mPacket, ERF.
  ///
  /// The decoder evaluates that statement, and the container's statement is ignored.
  var statesCheckSequence: Bool { [127, 192, 197, 240, 241, 274].contains(linkType.rawValue) }

  /// Length in bytes of the longest packet that libpcap accepts for the link type; a longer one is damage.
  var maxPacketLength: Int {
    switch linkType.rawValue {
    case DLT_DBUS, DLT_USB_LINUX_MMAPPED: 128 << 20
    case DLT_EBHSCR: 8 << 20
    default: Int(LinkTable.maxSnapshotLength)
    }
  }
}

/// The link types of a run, each with the filter compiled for it once.
///
/// Files and programs have different numbers for some link types (`LINKTYPE_*` and `DLT_*`). libpcap translates them here, and validates
/// the headers of classic captures.
final class LinkTable {
  /// MAXIMUM_SNAPLEN of libpcap, in bytes.
  static let maxSnapshotLength: Int32 = 262_144
  static let headerLength = 24

  private let expression: String?
  private var links: [Int32: Link] = [:]
  private var translations: [UInt16: LinkType] = [:]

  init(filter expression: String?) { self.expression = expression }

  var hasFilter: Bool { expression != nil }

  /// Number of packets that the filter rejected because it does not look behind VLAN tags.
  var packetsBehindTags: UInt64 { links.values.reduce(0) { $0 &+ $1.packetsBehindTags } }

  /// Compiles the filter for packets behind a VLAN tag; nil if it tests for tags itself, and for link types without them.
  private func taggedFilter(_ expression: String, _ handle: OpaquePointer, _ path: FilePath) -> PacketFilter? {
    guard !expression.split(whereSeparator: { !$0.isLetter }).contains("vlan") else { return nil }
    return try? PacketFilter("vlan and (\(expression))", for: handle, path: path)
  }

  /// Returns the link type with the compiled filter.
  ///
  /// - Parameters:
  ///   - linkType: the link type.
  ///   - path: the path for errors.
  /// - Returns: the link.
  /// - Throws: `CaptureError` if the filter does not compile for this link type.
  func link(_ linkType: LinkType, path: FilePath) throws(CaptureError) -> Link {
    if let link = links[linkType.rawValue] { return link }
    let link: Link
    if let expression {
      guard let handle = pcap_open_dead(linkType.rawValue, Self.maxSnapshotLength) else {
        throw CaptureError(.system, path: path, errno: ENOMEM, detail: "no memory for the filter")
      }
      defer { pcap_close(handle) }
      link = Link(linkType, try PacketFilter(expression, for: handle, path: path), tagged: taggedFilter(expression, handle, path))
    } else {
      link = Link(linkType, nil)
    }
    links[linkType.rawValue] = link
    return link
  }

  /// Returns the link type that a number in a file stands for.
  func linkType(of number: UInt16, path: FilePath) throws(CaptureError) -> LinkType {
    if let known = translations[number] { return known }
    var header = [UInt8](repeating: 0, count: Self.headerLength)
    header.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: 0xa1b2_c3d4, toByteOffset: 0, as: UInt32.self)
      bytes.storeBytes(of: 2, toByteOffset: 4, as: UInt16.self)
      bytes.storeBytes(of: 4, toByteOffset: 6, as: UInt16.self)
      bytes.storeBytes(of: UInt32(number), toByteOffset: 20, as: UInt32.self)
    }
    let linkType = try Self.judge(header, path: path).linkType
    translations[number] = linkType
    return linkType
  }

  /// Lets libpcap validate the header of a classic capture.
  ///
  /// - Throws: `CaptureError` with libpcap's words if it rejects the header.
  static func judge(
    _ header: [UInt8], path: FilePath
  ) throws(CaptureError) -> (linkType: LinkType, snapshotLength: Int, major: Int32, minor: Int32) {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: header.count)
    defer { copy.deallocate() }
    _ = copy.initialize(from: header)
    guard let file = fmemopen(copy.baseAddress, copy.count, "r") else { throw CaptureError(errno: errno, path: path) }
    var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = pcap_fopen_offline(file, &words) else {
      fclose(file)
      let detail = words.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
      throw CaptureError(.unsupported, path: path, detail: detail)
    }
    defer { pcap_close(handle) }
    return (
      LinkType(rawValue: pcap_datalink(handle)), Int(pcap_snapshot(handle)), pcap_major_version(handle), pcap_minor_version(handle)
    )
  }
}
