/// Captures that begin like a classic one and have longer packet headers, which no number tells: those of Nokia's tcpdump and of some Linux
/// distributions of the nineties. libpcap does not read them, and their packets would be misread.
extension PcapReader {
  /// Bytes that such programs put behind the header of a packet.
  private static let moreBytes = [4, 8, 12]
  private static let recordsLookedAt = 4

  /// Refuses such a capture, by the packet headers that are at hand behind that of the file.
  func refuseVariants() throws(CaptureError) {
    guard !areRecords(headerLength), let more = Self.moreBytes.first(where: { areRecords(headerLength + $0) }) else { return }
    throw CaptureError(
      .notACapture(
        looksLike: "a pcap with \(more) more bytes in each packet header, as Nokia's tcpdump and old Linux distributions wrote it",
        advice: FileSignature.convert), path: path)
  }

  /// Whether headers of this length lead from one packet to the next: two of them at least.
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
