extension CaptureFormat {
  /// What the first bytes of a stream are: a capture, or one that is compressed. None of them are taken.
  ///
  /// Four bytes at first, and more only of what is no classic capture: a pipe with nothing but a header in it must not block.
  /// - Returns: the stream of the capture itself.
  /// - Throws: `CaptureError` where it is none, with what it looks like.
  static func recognise(
    _ stream: ByteStream, path: String
  ) throws(CaptureError) -> (stream: ByteStream, format: CaptureFormat, compression: Compression?) {
    if let format = try recognise(plain: stream, path: path) { return (stream, format, nil) }
    _ = try stream.require(Compression.magicLength)
    guard let compression = Compression(start(of: stream, Compression.magicLength)) else { throw try stranger(stream, path: path) }
    let inner = ByteStream(DecompressedInput(stream, compression, path: path), capacity: innerBufferSize)
    guard let format = try recognise(plain: inner, path: path) else { throw try stranger(inner, path: path) }
    return (inner, format, compression)
  }

  /// As much as the decoders like to give at once.
  private static let innerBufferSize = 128 << 10

  private static func recognise(plain stream: ByteStream, path: String) throws(CaptureError) -> CaptureFormat? {
    if try !stream.require(4), stream.available == 0 { throw CaptureError(.empty, path: path) }
    guard let format = CaptureFormat(start(of: stream, 4)) else { return nil }
    guard format.container == .pcapng else { return format }
    guard try stream.require(12) else {
      throw CaptureError(.cutHeader, path: path, detail: "\(stream.available) bytes of a section header")
    }
    return CaptureFormat(start(of: stream, 12))
  }

  private static func stranger(_ stream: ByteStream, path: String) throws(CaptureError) -> CaptureError {
    _ = try stream.require(FileSignature.length)
    let signature = FileSignature(start(of: stream, FileSignature.length))
    return CaptureError(.notACapture(looksLike: signature?.name, advice: signature?.advice ?? "give a pcap or pcapng file"), path: path)
  }

  private static func start(of stream: ByteStream, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: stream.start, count: min(count, stream.available)))
  }
}
