internal import Reassembly

/// Figures of a direction's file: those of the engine, minus the bytes that an option kept out of the file.
///
/// Two equations hold: `length` is the sum of bytes, gaps and truncated bytes, and `payloadBytes` is the sum of bytes and of truncated,
/// repeated and dropped bytes. If a direction has too few bytes for a file, only its gaps count as stream.
struct FileAccount {
  let bytes: Int64
  let length: Int64
  let truncatedBytes: Int64
  /// Number of bytes of a direction that has too few for a file.
  let withheldBytes: UInt64

  init(_ half: HalfReport, _ file: FlowFile?) {
    if file?.isWithheld == true {
      withheldBytes = UInt64(clamping: half.bytes)
      (bytes, truncatedBytes, length) = (0, 0, half.gapBytes)
    } else {
      withheldBytes = 0
      truncatedBytes = file?.truncatedBytes ?? 0
      bytes = half.bytes &- truncatedBytes
      length = half.length
    }
  }
}
