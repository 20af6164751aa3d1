internal import Compression
internal import Paths

extension CaptureFormat {
  /// Recognizes a stream by its first bytes: a capture, or a compressed capture.
  ///
  /// No bytes are consumed. Four bytes are required first, and more only if they are not those of a classic capture: a pipe that holds
  /// nothing but a header must not block.
  ///
  /// - Parameters:
  ///   - stream: the stream, at its first byte.
  ///   - path: the path for messages.
  ///   - compression: set to the compression if there is one, also if an error follows.
  ///   - wrapped: returns the origin to read instead of the decompressed bytes.
  /// - Returns: the stream of the capture itself, and its format.
  /// - Throws: `CaptureError` if the stream is no capture, with what it looks like.
  static func recognise(
    _ stream: ByteStream, path: FilePath, compression: inout CompressionFormat?, wrapped: (any ByteOrigin) -> any ByteOrigin = { $0 }
  ) throws(CaptureError) -> (stream: ByteStream, format: CaptureFormat) {
    if let format = try recognise(plain: stream, path: path) { return (stream, format) }
    compression = try compressed(stream)
    guard let compression else {
      if try isERF(stream) { return (stream, .erf) }
      throw try stranger(stream, path: path)
    }
    let inner = try ByteStream(wrapped(DecompressedInput(stream, compression, path: path)), capacity: innerBufferSize)
    if let format = try recognise(plain: inner, path: path) { return (inner, format) }
    // Only one layer of compression is removed: repeated compression could continue without end.
    if try isERF(inner) { return (inner, .erf) }
    if let second = try compressed(inner) {
      let looksLike = "compressed twice, \(second.rawValue) in \(compression.rawValue)"
      throw CaptureError(.notACapture(looksLike: looksLike, advice: "unpack it once: \(compression.unpacking)"), path: path)
    }
    throw try stranger(inner, path: path)
  }

  private static func compressed(_ stream: ByteStream) throws(CaptureError) -> CompressionFormat? {
    _ = try stream.require(CompressionFormat.magicLength)
    return CompressionFormat(start(of: stream, CompressionFormat.magicLength))
  }

  /// Size in bytes that lets decoders return large pieces.
  private static let innerBufferSize = 128 << 10

  private static func recognise(plain stream: ByteStream, path: FilePath) throws(CaptureError) -> CaptureFormat? {
    if try !stream.require(4), stream.available == 0 { throw CaptureError(.empty, path: path) }
    guard let format = CaptureFormat(start(of: stream, 4)) else { return nil }
    guard format.container == .pcapng else { return format }
    guard try stream.require(12) else {
      throw CaptureError(.cutHeader, path: path, detail: "\(stream.available) bytes of a section header")
    }
    return CaptureFormat(start(of: stream, 12))
  }

  /// Number of records that are checked before a file without a magic number is taken for ERF; 60 KiB of records suffice.
  ///
  /// A file that ends inside an earlier record must have at least `fewestRecords` before it.
  private static let mostRecords = 20
  private static let fewestRecords = 3
  private static let mostRecordBytes = 60 << 10

  /// Whether a stream begins with ERF records.
  ///
  /// The tests are those of Wireshark: known types, lengths that lead from one record to the next, and times that advance by a week at most
  /// and go back by a second at most.
  private static func isERF(_ stream: ByteStream) throws(CaptureError) -> Bool {
    var offset = 0
    var before: UInt64?
    for number in 0..<mostRecords where offset < mostRecordBytes {
      guard try stream.require(offset + ERFRecord.headerLength) else {
        return number > 0 && (stream.available == offset || number >= fewestRecords)
      }
      let record = ERFRecord(stream.start + offset)
      guard record.isPlausible, record.packetOffset(stream.start + offset) <= record.length else { return false }
      guard try stream.require(offset + record.length) else { return number >= fewestRecords }
      offset += record.length
      if record.type == ERFRecord.padding || record.type == ERFRecord.metadata { continue }
      if let before {
        let (later, earlier) = (max(before, record.stamp), min(before, record.stamp))
        guard (later - earlier) >> 32 <= (record.stamp < before ? 1 : 7 * 86_400) else { return false }
      }
      before = record.stamp
    }
    return before != nil
  }

  private static func stranger(_ stream: ByteStream, path: FilePath) throws(CaptureError) -> CaptureError {
    _ = try stream.require(FileSignature.length)
    let signature = FileSignature(start(of: stream, FileSignature.length))
    return CaptureError(.notACapture(looksLike: signature?.name, advice: signature?.advice ?? "give a pcap or pcapng file"), path: path)
  }

  private static func start(of stream: ByteStream, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: stream.start, count: min(count, stream.available)))
  }
}
