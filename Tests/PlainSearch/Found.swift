package import Matching
internal import Stages

/// Piece of a direction: bytes that one packet brought, or a gap of some bytes.
package enum Piece {
  case bytes([UInt8])
  case gap(Int)
}

/// Receiver that keeps the matches.
package final class Found: MatchReceiver {
  package private(set) var matches: [Match] = []

  package init() {}

  package func matched(_ match: Match, in matcher: StreamMatcher) { matches.append(match) }

  /// Searches pieces, of which each has a packet number from 1 on, gaps too.
  package static func matches(of set: PatternSet, in pieces: [Piece], tally: MatchTally = MatchTally()) -> [Match] {
    let found = Found()
    let matcher = StreamMatcher(set, tally: tally, receiver: found)
    var offset: Int64 = 0
    for (index, piece) in pieces.enumerated() {
      let stamp = ByteStamp(nanoseconds: Int64(index) * 10, packet: UInt64(index) + 1, input: 3)
      switch piece {
      case .bytes(let bytes):
        matcher.append(bytes.span, at: offset, stamp: stamp)
        offset += Int64(bytes.count)
      case .gap(let length):
        matcher.gap()
        offset += Int64(length)
      }
    }
    matcher.end()
    return found.matches.sorted { ($0.offset, $0.pattern) < ($1.offset, $1.pattern) }
  }
}
