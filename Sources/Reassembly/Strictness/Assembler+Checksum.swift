import Packets

/// Checksums: a sample of them is computed, so that a summary can state how many are wrong.
///
/// Rules, section 9: Optional strictness. They are not acted on by default, because captures on the sending host are full of wrong ones.
extension Assembler {
  /// Interval of the sample: one of so many segments has its checksum computed.
  private static let sampling: UInt64 = 64
  /// Number of segments at the beginning that are all computed.
  private static let sampledFirst: UInt64 = 128

  /// Whether the checksum of the next segment is to be computed.
  @inline(__always)
  var isChecksumDue: Bool {
    statistics.segments % Self.sampling == Self.sampling - 1 || statistics.segments < Self.sampledFirst || options.verifiesChecksums
  }

  /// Computes and counts the checksum of a segment; nil if the segment was not captured whole.
  mutating func checksumIsValid(_ segment: borrowing TCPSegment) -> Bool? {
    switch segment.verifyChecksum() {
    case .partial: return nil
    case .valid:
      statistics.checksumsChecked &+= 1
      return true
    case .invalid:
      statistics.checksumsChecked &+= 1
      statistics.checksumsBad &+= 1
      return false
    }
  }
}
