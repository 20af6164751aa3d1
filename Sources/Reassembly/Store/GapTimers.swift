import Packets

/// Gap timers: the directions that have bytes queued, in a binary heap with the one with the oldest queued byte on top.
///
/// Each direction knows its place in the heap.
struct GapTimers {
  private struct Entry {
    var arrival: UInt64
    var half: HalfHandle
    /// Order of equal arrivals, so that every execution gives the same result: connections in the order of ids.
    var rank: UInt64
  }

  static let absent = UInt32.max

  private var entries: [Entry] = []

  var isEmpty: Bool { entries.isEmpty }
  var count: Int { entries.count }

  /// The direction whose oldest queued byte is oldest, and the arrival of that byte.
  ///
  /// O(1).
  var oldest: (half: HalfHandle, arrival: UInt64)? {
    guard let top = entries.first else { return nil }
    return (top.half, top.arrival)
  }

  /// Inserts or moves a direction, or removes it if `arrival` is nil.
  ///
  /// O(log n).
  mutating func update(_ half: HalfHandle, arrival: UInt64?) {
    let place = half.state.gapTimerPlace
    guard let arrival else {
      if place != Self.absent { remove(at: Int(place)) }
      return
    }
    if place == Self.absent {
      entries.append(Entry(arrival: arrival, half: half, rank: half.rank))
      rise(from: entries.count - 1)
    } else if entries[Int(place)].arrival != arrival {
      entries[Int(place)].arrival = arrival
      rise(from: Int(place))
      sink(from: Int(half.state.gapTimerPlace))
    }
  }

  private mutating func remove(at place: Int) {
    entries[place].half.state.gapTimerPlace = Self.absent
    let last = entries.removeLast()
    guard place < entries.count else { return }
    entries[place] = last
    last.half.state.gapTimerPlace = UInt32(place)
    rise(from: place)
    sink(from: Int(last.half.state.gapTimerPlace))
  }

  private func precedes(_ a: Entry, _ b: Entry) -> Bool {
    a.arrival != b.arrival ? a.arrival < b.arrival : a.rank < b.rank
  }

  private mutating func rise(from start: Int) {
    let entry = entries[start]
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard precedes(entry, entries[parent]) else { break }
      put(entries[parent], at: place)
      place = parent
    }
    put(entry, at: place)
  }

  private mutating func sink(from start: Int) {
    let entry = entries[start]
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, precedes(entries[child + 1], entries[child]) { child += 1 }
      guard precedes(entries[child], entry) else { break }
      put(entries[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    entries[place] = entry
    entry.half.state.gapTimerPlace = UInt32(place)
  }
}
