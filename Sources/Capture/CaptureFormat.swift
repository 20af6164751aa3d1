/// Format of a capture file, as its first bytes state it.
public struct CaptureFormat: Hashable, Sendable {
  /// Kind of file.
  public enum Container: String, Sendable {
    /// Classic pcap with microseconds.
    case pcap
    /// Classic pcap with microseconds.
    case pcapNanosecond = "pcap-nanosecond"
    /// Classic pcap with longer packet headers, as patched versions of libpcap wrote it in the nineties.
    case pcapModified = "pcap-modified"
    /// pcapng.
    case pcapng
    /// Records of Endace's cards, without a file header.
    case erf
  }

  /// Order of the bytes of a number.
  public enum ByteOrder: String, Sendable {
    /// Least significant byte first, or most significant byte first.
    case little, big
  }

  /// Kind of file.
  public var container: Container
  /// Byte order of numbers in the file.
  public var byteOrder: ByteOrder

  /// ERF, whose time stamps are little-endian; the lengths are big-endian.
  static let erf = CaptureFormat(container: .erf, byteOrder: .little)

  init(container: Container, byteOrder: ByteOrder) {
    self.container = container
    self.byteOrder = byteOrder
  }

  /// Recognizes the format by the first twelve bytes; nil if they are not those of a capture that libpcap reads.
  ///
  /// O(1).
  init?(_ start: [UInt8]) {
    guard start.count >= 4 else { return nil }
    switch (start[0], start[1], start[2], start[3]) {
    case (0xa1, 0xb2, 0xc3, 0xd4): (container, byteOrder) = (.pcap, .big)
    case (0xd4, 0xc3, 0xb2, 0xa1): (container, byteOrder) = (.pcap, .little)
    case (0xa1, 0xb2, 0x3c, 0x4d): (container, byteOrder) = (.pcapNanosecond, .big)
    case (0x4d, 0x3c, 0xb2, 0xa1): (container, byteOrder) = (.pcapNanosecond, .little)
    case (0xa1, 0xb2, 0xcd, 0x34): (container, byteOrder) = (.pcapModified, .big)
    case (0x34, 0xcd, 0xb2, 0xa1): (container, byteOrder) = (.pcapModified, .little)
    case (0x0a, 0x0d, 0x0d, 0x0a): (container, byteOrder) = (.pcapng, start.count >= 9 && start[8] == 0x4d ? .little : .big)
    default: return nil
    }
  }
}
