public import Stages

/// Match of a pattern in the bytes of one direction of a layer.
///
/// If several matches end at the same byte, the one that begins first counts. The one with the leftmost start is chosen among those, and
/// the longest of several with that start; then the bytes behind it are searched in the same way, so that no match overlaps another one of
/// its pattern.
public struct Match: Hashable, Sendable {
  /// Index of the pattern in its set.
  public var pattern: Int
  /// Offset of the first byte in the layer.
  public var offset: Int64
  /// Number of bytes, at least 1.
  public var length: Int64
  /// Packet that brought the first byte; nil if it is too far back to be known.
  public var first: ByteStamp?
  /// Packet that brought the last byte.
  public var last: ByteStamp
  /// Bytes around the match: up to 64, with the match in the middle; of a longer match its last 64 bytes.
  ///
  /// Bytes beyond a gap or the end of the data are missing.
  public var around: [UInt8]
  /// Offset of the first byte of `around` in the layer.
  public var aroundOffset: Int64
}

/// Number of matches of one direction of a layer, which several searches may share.
public final class MatchTally {
  /// Number of matches of a pattern that are listed; further ones are counted only.
  public static let mostListed: UInt64 = 1_000

  private var counts: [Int: UInt64] = [:]
  /// Number of matches.
  public private(set) var total: UInt64 = 0
  /// Number of matches beyond those that are listed.
  public private(set) var notListed: UInt64 = 0

  /// Creates an empty tally.
  public init() {}

  /// Counts a match.
  ///
  /// - Returns: whether it is listed.
  func count(_ pattern: Int) -> Bool {
    let number = counts[pattern, default: 0] &+ 1
    counts[pattern] = number
    total &+= 1
    if number > Self.mostListed { notListed &+= 1 }
    return number <= Self.mostListed
  }

  /// Whether further matches of a pattern are counted only.
  func isFull(_ pattern: Int) -> Bool { counts[pattern, default: 0] >= Self.mostListed }
}
