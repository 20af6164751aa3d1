internal import Packets
internal import Reassembly

/// Maximal ranges in which a further copy of stream bytes differs from the bytes that were written.
struct Differences {
  /// Number of bytes of each version that a conflict shows.
  static let shownBytes = 64

  private(set) var found: [ListedConflict] = []
  /// Number of ranges found, including those that are not listed.
  private(set) var count: UInt64 = 0
  private let listLimit: Int
  private let base: Int64
  private let other: PacketReference
  private var open: ListedConflict?

  /// Creates an empty list.
  ///
  /// - Parameters:
  ///   - base: the stream offset of the first byte of the copy.
  ///   - other: the packet of the copy.
  ///   - listLimit: the greatest number of ranges that are kept.
  init(base: Int64, other: PacketReference, listLimit: Int) {
    self.base = base
    self.other = other
    self.listLimit = listLimit
  }

  /// Compares `bytes[range]` with `kept`, the version of these bytes that was written.
  ///
  /// A range continues that of the previous call if the two are adjacent.
  mutating func compare(_ kept: Span<UInt8>, with bytes: Span<UInt8>, _ range: Range<Int>) {
    precondition(kept.count >= range.count, "both versions must be there")
    // Almost every copy is identical.
    if range.isEmpty { return }
    if Self.areEqual(kept.extracting(first: range.count), bytes.extracting(range)) {
      interrupt()
      return
    }
    for index in 0..<range.count {
      let written = kept[index]
      let position = range.lowerBound + index
      if written == bytes[position] {
        if open != nil { interrupt() }
      } else {
        note(written, bytes[position], at: base &+ Int64(position))
      }
    }
  }

  /// Whether two spans of equal length have equal bytes.
  private static func areEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in ByteRanges.areEqual(a, b) } }
  }

  /// Ends the current range: the next bytes are not adjacent to the previous ones.
  mutating func interrupt() {
    guard let conflict = open else { return }
    open = nil
    count &+= 1
    if found.count < listLimit { found.append(conflict) }
  }

  private mutating func note(_ written: UInt8, _ copied: UInt8, at offset: Int64) {
    if open == nil { open = ListedConflict(offset: offset, length: 0, keptBy: nil, kept: [], otherBy: other, other: []) }
    // Beyond the list only the number counts, however many ranges one packet produces.
    if found.count < listLimit { open?.append(written, copied) }
  }
}
