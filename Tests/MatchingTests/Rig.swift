import Matching
import Stages

/// The library of the searches.
enum Library {
  /// Whether it can be loaded.
  static let isThere = PatternSet.isLoadable
  static let reason = "needs libvectorscan5, whose library libhs.so.5 cannot be loaded"
}

/// Piece of a direction: bytes that one packet brought, or a gap of some bytes.
enum Piece {
  case bytes([UInt8])
  case gap(Int)
}

/// Receiver that keeps the matches.
final class Found: MatchReceiver {
  var matches: [Match] = []

  func matched(_ match: Match, in matcher: StreamMatcher) { matches.append(match) }

  /// Searches pieces, of which each has a packet number from 1 on, gaps too.
  static func matches(of set: PatternSet, in pieces: [Piece], tally: MatchTally = MatchTally()) -> [Match] {
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

  /// Matches in one piece of text, as texts.
  static func texts(_ patterns: [Pattern], _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    return try matches(of: PatternSet(patterns), in: [.bytes(bytes)]).map {
      String(decoding: bytes[Int($0.offset)..<Int($0.offset + $0.length)], as: UTF8.self)
    }
  }
}

extension Pattern {
  /// Creates a pattern of text.
  init(_ text: String, isLiteral: Bool = false, flags: Flags = []) { self.init(Array(text.utf8), isLiteral: isLiteral, flags: flags) }
}
