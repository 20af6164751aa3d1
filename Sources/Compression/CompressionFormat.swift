/// Format of a compressed file, recognized by its first bytes and never by its name.
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

  /// Length in bytes of the longest magic number.
  public static let magicLength = 6

  /// Recognizes the format by the first bytes; nil if they are those of no known format.
  ///
  /// O(1).
  ///
  /// - Parameter start: the first ``magicLength`` bytes, or fewer if there are no more.
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

  /// Whether the bytes begin a skippable frame, as pzstd and the seekable format of zstd write it.
  private static func isSkippableFrame(_ start: [UInt8]) -> Bool {
    start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1...3] == [0x2a, 0x4d, 0x18]
  }

  /// Creates a decoder of one frame.
  ///
  /// - Returns: the decoder; nil if memory allocation fails.
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
