internal import Reassembly

/// What of a direction lies in its file: the engine's figures, less what an option kept out of the file.
///
/// The laws hold for it: `length` is bytes and gaps and truncated bytes, `payloadBytes` is bytes, truncated and repeated ones, and those
/// dropped. Of a direction that has too few bytes for a file nothing counts as stream but its gaps.
struct FileAccount {
  let bytes: Int64
  let length: Int64
  let truncatedBytes: Int64
  /// Bytes of a direction that has too few for a file.
  let withheldBytes: UInt64
  let dropped: Tally<DropReason>

  init(_ half: HalfReport, _ file: FlowFile?) {
    var dropped = half.dropped
    if file?.isWithheld == true {
      withheldBytes = UInt64(clamping: half.bytes)
      dropped[.belowMinimum] &+= withheldBytes
      (bytes, truncatedBytes, length) = (0, 0, half.gapBytes)
    } else {
      withheldBytes = 0
      truncatedBytes = file?.truncatedBytes ?? 0
      bytes = half.bytes &- truncatedBytes
      length = half.length
    }
    self.dropped = dropped
  }
}
