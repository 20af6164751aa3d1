internal import Paths

/// How a capture is compressed, told by its first bytes, never by its name.
public enum Compression: String, Sendable, CaseIterable {
  case gzip, zstd, xz, lz4, bzip2

  /// As many bytes as the longest magic has.
  static let magicLength = 6

  /// Tells it by the first bytes; nil where they are none of these.
  ///
  /// O(1).
  init?(_ start: [UInt8]) {
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

  /// What pzstd and zstd's seekable format begin with.
  private static func isSkippableFrame(_ start: [UInt8]) -> Bool {
    start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1...3] == [0x2a, 0x4d, 0x18]
  }

  /// The command that takes it off outside.
  var unpacking: String { "\(rawValue) -dc FILE | reasm -r - -o DIR" }

  /// - Throws: `CaptureError` where there is no memory for its state.
  func makeDecoder(path: FilePath) throws(CaptureError) -> any Decoder {
    let decoder: (any Decoder)? =
      switch self {
      case .gzip: GzipDecoder()
      case .zstd: ZstdDecoder()
      case .xz: XZDecoder()
      case .lz4: LZ4Decoder()
      case .bzip2: Bzip2Decoder()
      }
    guard let decoder else { throw CaptureError(.system, path: path, detail: "no memory to decompress \(rawValue)") }
    return decoder
  }
}
