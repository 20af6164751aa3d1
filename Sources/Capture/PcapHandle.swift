internal import CPcap
internal import Glibc
public import Packets

/// A capture that is being read. The only type that holds libpcap's handle.
///
/// Packets come one by one from `next()` and are valid until the next call. Every packet counts, whatever the filter.
public struct PcapHandle: ~Copyable {
  /// As the user wrote it; `-` for standard input.
  public let path: String
  /// Index of the input, handed on in each `CaptureInfo`.
  public let input: UInt32
  public let format: CaptureFormat
  public let linkType: LinkType
  /// In bytes; nil for a pipe or another input that has no size.
  public let fileSize: Int64?
  /// The most bytes the capture keeps of a packet, as its header says.
  public let snapshotLength: Int
  /// How many packets were read, those the filter turned away included.
  public internal(set) var packetsRead: UInt64 = 0

  let handle: OpaquePointer
  let buffer: UnsafeMutablePointer<CChar>
  var filter: PacketFilter?
  /// Reads in libpcap's place for as long as it can.
  var records: RecordReader?

  /// Opens a capture file, or standard input for `-`, and compiles the filter for it.
  ///
  /// The corresponding libpcap function is `pcap_fopen_offline_with_tstamp_precision`, in nanoseconds.
  /// - Throws: `CaptureError` that tells a missing file, a folder, missing permission, an empty file and one that is no capture apart.
  public init(path: String, filter expression: String? = nil, input: UInt32 = 0) throws(CaptureError) {
    let source = try CaptureSource(path: path)
    let (format, fileSize) = (source.format, source.size)
    let (handle, buffer) = try source.open()
    do throws(CaptureError) {
      let filter = try expression.map { expression throws(CaptureError) in try PacketFilter(expression, for: handle, path: path) }
      self.init(path: path, input: input, format: format, fileSize: fileSize, handle: handle, buffer: buffer, filter: filter)
    } catch {
      pcap_close(handle)
      buffer.deallocate()
      throw error
    }
  }

  private init(
    path: String, input: UInt32, format: CaptureFormat, fileSize: Int64?, handle: OpaquePointer, buffer: UnsafeMutablePointer<CChar>,
    filter: consuming PacketFilter?
  ) {
    self.path = path
    self.input = input
    self.format = format
    self.fileSize = fileSize
    self.handle = handle
    self.buffer = buffer
    self.filter = filter
    records = RecordReader(handle, format: format, isFile: fileSize != nil)
    linkType = LinkType(rawValue: pcap_datalink(handle))
    snapshotLength = Int(pcap_snapshot(handle))
  }

  deinit {
    // The buffer belongs to the stdio stream, which pcap_close closes: it goes last.
    pcap_close(handle)
    buffer.deallocate()
  }
}
