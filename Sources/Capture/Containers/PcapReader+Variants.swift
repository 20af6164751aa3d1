/// Detection of captures that begin like a classic one and have longer packet headers, which no magic number reveals.
///
/// They come from Nokia's tcpdump and from some Linux distributions of the nineties. libpcap does not read them, and their packets would be
/// misread.
extension PcapReader {
  /// Numbers of additional bytes in the packet headers of such captures.
  private static let moreBytes = [4, 8, 12]
  private static let recordsLookedAt = 4

  /// Rejects such a capture, based on the packet headers that are in the buffer behind the file header.
  func refuseVariants() throws(CaptureError) {
    guard !areRecords(headerLength), let more = Self.moreBytes.first(where: { areRecords(headerLength + $0) }) else { return }
    throw CaptureError(
      .notACapture(
        looksLike: "a pcap with \(more) more bytes in each packet header, as Nokia's tcpdump and old Linux distributions wrote it",
        advice: FileSignature.convert), path: path)
  }

  /// Whether packet headers of this length lead from one packet to the next, for two of them at least.
  private func areRecords(_ length: Int) -> Bool {
    var offset = 0
    for number in 0..<Self.recordsLookedAt {
      guard stream.available - offset >= length else { return number >= 2 }
      let (captured, original) = lengths(at: offset)
      guard captured <= maxPacketLength, captured <= original, order.uint32(stream.start, offset + 4) < 1_000_000_000 else { return false }
      offset += length + captured
    }
    return true
  }
}
