internal import Packets
internal import Reassembly

/// Times and counts of one line of the list, which tell why a transfer stalls.
public struct ListedStalls: Equatable, Sendable {
  /// Nanoseconds from the SYN to the SYN-ACK; nil if that was not measured.
  public var synRoundTrip: Int64?
  /// Number of segments that repeat what was captured before, both directions.
  public var retransmittedSegments: UInt64
  /// Number of times that an end closed its window.
  public var zeroWindows: UInt64
  /// Nanoseconds during which a window was closed, both directions.
  public var zeroWindowTime: Int64
  /// Length of the longest silence in nanoseconds; 0 if there is none.
  public var longestSilence: Int64
  /// Whether the client sent the packet after it.
  public var isSilenceEndedByClient: Bool
  /// Number of the packet after it.
  public var silencePacket: UInt64

  /// What the client sent.
  public var client: ListedDirection
  /// What the server sent.
  public var server: ListedDirection

  /// Word of the end that sent the packet after the longest silence.
  public var silenceSide: String { (isSilenceEndedByClient ? ConnectionEnd.client : .server).name.description }

  /// Creates the times of a report; nil if it has none.
  init?(_ report: ConnectionReport) {
    guard let timing = report.timing, let originator = report.originator.timing, let responder = report.responder.timing,
      let client = ListedDirection(report[report.client], since: report.start.nanoseconds),
      let server = ListedDirection(report[report.client.other], since: report.start.nanoseconds)
    else { return nil }
    self.client = client
    self.server = server
    synRoundTrip = timing.synRoundTrip?.nanoseconds
    retransmittedSegments = originator.retransmittedSegments &+ responder.retransmittedSegments
    zeroWindows = originator.zeroWindows &+ responder.zeroWindows
    zeroWindowTime = originator.zeroWindowTime.nanoseconds &+ responder.zeroWindowTime.nanoseconds
    longestSilence = timing.longestSilence?.length.nanoseconds ?? 0
    isSilenceEndedByClient = timing.longestSilence?.endedBy == report.client
    silencePacket = timing.longestSilence?.packetNumber ?? 0
  }

  // MARK: Encoding in a spool

  private static let ownWordCount = 6
  static let wordCount = ownWordCount + 2 * ListedDirection.wordCount
  private static let none = UInt64.max

  /// Encoded times; the first word is that of no times if there are none.
  static func words(_ stalls: ListedStalls?) -> [UInt64] {
    guard let stalls else { return [none] + [UInt64](repeating: 0, count: wordCount - 1) }
    return [
      stalls.retransmittedSegments, stalls.synRoundTrip.map(UInt64.init(bitPattern:)) ?? none, stalls.zeroWindows,
      UInt64(bitPattern: stalls.zeroWindowTime), UInt64(bitPattern: stalls.longestSilence),
      stalls.silencePacket << 1 | (stalls.isSilenceEndedByClient ? 1 : 0),
    ] + stalls.client.words + stalls.server.words
  }

  /// Decodes times; nil if the words are those of none.
  init?(_ words: [UInt64]) {
    guard words.count == Self.wordCount, words[0] != Self.none else { return nil }
    retransmittedSegments = words[0]
    synRoundTrip = words[1] == Self.none ? nil : Int64(bitPattern: words[1])
    zeroWindows = words[2]
    zeroWindowTime = Int64(bitPattern: words[3])
    longestSilence = Int64(bitPattern: words[4])
    silencePacket = words[5] >> 1
    isSilenceEndedByClient = words[5] & 1 == 1
    let place = Self.ownWordCount + ListedDirection.wordCount
    client = ListedDirection(words[Self.ownWordCount..<place])
    server = ListedDirection(words[place...])
  }
}
