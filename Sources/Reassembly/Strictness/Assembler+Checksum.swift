import Packets

/// Checksums are not acted on by default, because captures on the sending host are full of wrong ones; a sample of them is computed, so
/// that a summary can say what it found.
extension Assembler {
  /// Of that many segments one has its checksum computed, and every one of the first few.
  private static let sampling: UInt64 = 64
  private static let sampledFirst: UInt64 = 128

  /// Whether it is the turn of the segment that is counted next.
  @inline(__always)
  var isChecksumDue: Bool {
    statistics.segments % Self.sampling == Self.sampling - 1 || statistics.segments < Self.sampledFirst || options.verifiesChecksums
  }

  /// Computes the checksum of a segment; nil where it could not be.
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
