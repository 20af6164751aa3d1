import FlowFiles
import Matching
import Stages

/// Search of what is printed for patterns, so that matches stand out.
final class ConsoleSearch {
  private let patterns: PatternSet
  /// Number of matches, and number of those that are counted only.
  private var found: UInt64 = 0
  private var notListed: UInt64 = 0

  /// Creates the search of a run.
  ///
  /// - Parameter patterns: the patterns, whose memory this search alone takes.
  init(_ patterns: PatternSet) { self.patterns = patterns }

  /// Figures for the run summary.
  var figures: RunReport.MatchFigures {
    RunReport.MatchFigures(patterns, matches: found, notListed: notListed)
  }

  /// Returns the search of a direction, or of the head or the body of a message.
  func begin() -> PrintedSearch {
    PrintedSearch(patterns) { [unowned self] tally in
      found &+= tally.total
      notListed &+= tally.notListed
    }
  }

  /// Returns the places of the matches in a text that is whole.
  ///
  /// O(bytes).
  func places(in text: [UInt8]) -> MatchPlaces {
    let search = begin()
    search.append(text.span, at: 0)
    return search.end()
  }
}

/// Search of one piece of what is printed.
final class PrintedSearch: MatchReceiver {
  /// Greatest number of matches whose places are kept: 1.6 MB.
  private static let most = 100_000

  private let tally = MatchTally()
  private let count: (MatchTally) -> Void
  /// The search; nil when it is over.
  private var matcher: StreamMatcher?
  private var found: [Range<Int64>] = []

  fileprivate init(_ patterns: PatternSet, _ count: @escaping (MatchTally) -> Void) {
    self.count = count
    matcher = StreamMatcher(patterns, tally: tally, receiver: self)
  }

  /// Searches the next bytes; those that do not follow the last ones are behind a gap.
  func append(_ bytes: Span<UInt8>, at offset: Int64) {
    // The stamp is not used: only the places of matches are.
    matcher?.append(bytes, at: offset, stamp: ByteStamp(nanoseconds: 0, packet: 0))
  }

  /// Ends the search.
  ///
  /// O(matches log matches).
  func end() -> MatchPlaces {
    guard let matcher else { return MatchPlaces(found) }
    matcher.end()
    self.matcher = nil
    count(tally)
    return MatchPlaces(found)
  }

  /// Number of matches so far.
  var total: UInt64 { tally.total }

  func matched(_ match: Match, in matcher: StreamMatcher) {
    guard found.count < Self.most else { return }
    found.append(match.offset..<(match.offset &+ match.length))
  }
}

/// Ranges of bytes that match, in the order of offsets, none touching another.
struct MatchPlaces {
  static let none = MatchPlaces([])

  private var ranges: [Range<Int64>] = []

  /// Joins ranges that overlap or touch; they may be in any order.
  init(_ found: [Range<Int64>]) {
    for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = ranges.last, range.lowerBound <= last.upperBound {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        ranges.append(range)
      }
    }
  }

  var isEmpty: Bool { ranges.isEmpty }

  /// Returns the index of the first range that ends behind an offset.
  ///
  /// O(log ranges).
  func index(at offset: Int64) -> Int { ranges.partitioningIndex { $0.upperBound > offset } }

  /// Finds out whether the byte at an offset is part of a match.
  ///
  /// O(1) on average for ascending offsets.
  ///
  /// - Parameters:
  ///   - offset: the offset.
  ///   - index: the range that was found for an offset before this one; 0 before the first.
  /// - Returns: whether it is.
  func contains(_ offset: Int64, _ index: inout Int) -> Bool {
    while index < ranges.count, ranges[index].upperBound <= offset { index += 1 }
    return index < ranges.count && ranges[index].lowerBound <= offset
  }
}
