/// Heap of inputs by the time of their next packet, the earliest on top; equal times are ordered by the number of the input.
struct MergeHeap {
  struct Entry: Comparable {
    /// Time of the next packet in nanoseconds.
    var time: Int64
    var input: UInt32

    @inline(__always)
    static func < (a: Entry, b: Entry) -> Bool { a.time != b.time ? a.time < b.time : a.input < b.input }
  }

  private var entries: [Entry] = []

  @inline(__always) var top: Entry? { entries.first }

  /// Adds an entry.
  ///
  /// O(log n).
  mutating func insert(_ entry: Entry) {
    entries.append(entry)
    var index = entries.count - 1
    while index > 0, entries[index] < entries[(index - 1) / 2] {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// Removes and returns the top entry.
  ///
  /// O(log n).
  mutating func removeTop() -> Entry? {
    guard let last = entries.popLast() else { return nil }
    return entries.isEmpty ? last : replaceTop(with: last)
  }

  /// Replaces the top entry, which must exist, and returns it.
  ///
  /// O(log n).
  mutating func replaceTop(with entry: Entry) -> Entry {
    let top = entries[0]
    entries[0] = entry
    var index = 0
    while true {
      var least = index
      for child in (2 * index + 1)..<(2 * index + 3) where child < entries.count && entries[child] < entries[least] { least = child }
      if least == index { return top }
      entries.swapAt(index, least)
      index = least
    }
  }
}
