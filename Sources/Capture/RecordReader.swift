internal import CPcap
internal import Glibc

/// Reads the ordinary records of a classic capture file in large pieces, without a second copy and three `fread`s a packet.
///
/// libpcap has opened the file and judged its header. Whatever is not ordinary (the end, a record that is cut or too long, a strange
/// time) is libpcap's again: it is put at that record, and this reader stops for good. So errors are libpcap's own, and nothing of
/// its leniency is written twice.
///
///     | 16: header of a record | captured bytes | 16 | captured bytes | ...
///     ^ position                                                        ^ end of what was read
struct RecordReader: ~Copyable {
  private let file: UnsafeMutablePointer<FILE>
  private let descriptor: Int32
  private let memory: UnsafeMutableRawPointer
  /// Bounds in `memory` of what was read and not yet given.
  private var position = 0
  private var end = 0
  /// Where in the file the byte at `end` lies.
  private var fileOffset: off_t
  /// Nanoseconds in a unit of the fraction, and how many units make a second.
  private let unit: Int
  private let unitsPerSecond: UInt32
  /// Longer records are not ordinary.
  private let longest: Int

  private static let headerLength = 16
  /// Fits the second-level cache, so that what the kernel copied is still there when it is read.
  private static let capacity = 256 << 10

  /// - Returns: nil where libpcap must read: no regular file, another format or byte order, an old version.
  init?(_ handle: OpaquePointer, format: CaptureFormat, isFile: Bool) {
    guard isFile, format.byteOrder == .little, format.container == .pcap || format.container == .pcapNanosecond else { return nil }
    // Up to version 2.3 the two lengths of a record may stand the other way round.
    guard pcap_major_version(handle) == 2, pcap_minor_version(handle) == 4, let file = pcap_file(handle) else { return nil }
    let start = ftello(file)
    guard start >= 0 else { return nil }
    self.file = file
    descriptor = fileno(file)
    fileOffset = start
    unit = format.container == .pcap ? 1_000 : 1
    unitsPerSecond = format.container == .pcap ? 1_000_000 : 1_000_000_000
    longest = min(Int(pcap_snapshot(handle)), Self.capacity - Self.headerLength)
    memory = .allocate(byteCount: Self.capacity, alignment: 64)
  }

  deinit { memory.deallocate() }

  /// The next record as libpcap would give it, valid until the next call; nil where libpcap must go on, which stands before it then.
  @inline(__always)
  mutating func next(_ header: inout pcap_pkthdr) -> UnsafePointer<UInt8>? {
    if end &- position < Self.headerLength, !fill(Self.headerLength) { return leave() }
    // At least 16 bytes lie behind `position`.
    let record = memory + position
    let seconds = UInt32(littleEndian: record.loadUnaligned(as: UInt32.self))
    let fraction = UInt32(littleEndian: record.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    let captured = Int(UInt32(littleEndian: record.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    let original = UInt32(littleEndian: record.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    guard fraction < unitsPerSecond, captured <= longest else { return leave() }
    let length = Self.headerLength &+ captured
    if end &- position < length, !fill(length) { return leave() }
    header.ts.tv_sec = Int(Int32(bitPattern: seconds))
    header.ts.tv_usec = Int(fraction) &* unit
    header.caplen = UInt32(truncatingIfNeeded: captured)
    header.len = original
    let bytes = memory + (position &+ Self.headerLength)
    position &+= length
    return UnsafePointer(bytes.assumingMemoryBound(to: UInt8.self))
  }

  /// Reads on until `count` bytes are at hand; false where the file has no more or cannot be read.
  ///
  /// `count` is at most `capacity`.
  private mutating func fill(_ count: Int) -> Bool {
    memory.copyMemory(from: memory + position, byteCount: end - position)
    end -= position
    position = 0
    while end < count {
      let more = pread(descriptor, memory + end, Self.capacity - end, fileOffset)
      guard more > 0 else { return false }
      end += more
      fileOffset += off_t(more)
    }
    return true
  }

  /// Puts libpcap at the record at hand.
  @inline(never)
  private mutating func leave() -> UnsafePointer<UInt8>? {
    fseeko(file, fileOffset - off_t(end - position), SEEK_SET)
    return nil
  }
}
