extension RandomAccessCollection {
  /// Returns the index of the first element for which a condition holds; the end if there is none.
  ///
  /// The condition must hold for every element behind one for which it holds. O(log n).
  @inline(__always)
  package func partitioningIndex(where holds: (Element) -> Bool) -> Index {
    var low = startIndex
    var count = count
    while count > 0 {
      let half = count / 2
      let middle = index(low, offsetBy: half)
      if holds(self[middle]) {
        count = half
      } else {
        low = index(after: middle)
        count -= half + 1
      }
    }
    return low
  }
}
