/// Format of a compressed file, told by its first bytes, never by its name.
public enum CompressionFormat: String, Sendable, CaseIterable {
  /// gzip (RFC 1952).
  case gzip
  /// Zstandard (RFC 8878).
  case zstd
  /// The .xz format.
  case xz
  /// The LZ4 frame format.
  case lz4
  /// bzip2.
  case bzip2

  /// Number of bytes of the longest magic.
  public static let magicLength = 6

  /// Tells the format by the first bytes.
  ///
  /// O(1).
  ///
  /// - Parameter start: the first bytes, ``magicLength`` of them where there are as many.
  /// - Returns: nil if they are none of these.
  public init?(_ start: [UInt8]) {
    if start.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) || Self.isSkippableFrame(start) {
      self = .zstd
    } else if start.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) {
      self = .xz
    } else if start.starts(with: [0x04, 0x22, 0x4d, 0x18]) {
      self = .lz4
    } else if start.starts(with: [0x42, 0x5a, 0x68]) {
      self = .bzip2
    } else {
      return nil
    }
  }

  /// The beginning of what pzstd and zstd's seekable format write.
  private static func isSkippableFrame(_ start: [UInt8]) -> Bool {
    start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1...3] == [0x2a, 0x4d, 0x18]
  }

  /// Makes the decoder of one frame.
  ///
  /// - Returns: nil if there is no memory for its state.
  public func makeDecoder() -> (any Decoder)? {
    switch self {
    case .gzip: ZlibDecoder(.gzip)
    case .zstd: ZstdDecoder()
    case .xz: XZDecoder()
    case .lz4: LZ4Decoder()
    case .bzip2: Bzip2Decoder()
    }
  }
}
