/// Scale that divides a range of times or offsets into equal units.
package struct Scale {
  /// Value at the beginning of the scale.
  private let start: Double
  /// Length of the range; above 0.
  private let span: Double
  /// Number of units.
  private let units: Double

  /// Creates a scale.
  ///
  /// - Parameters:
  ///   - start: the value at the beginning.
  ///   - end: the value at the end; the range has at least the length 1.
  ///   - units: the number of units.
  package init(from start: Int64, to end: Int64, units: Int) {
    self.start = Double(start)
    span = max(1, Double(end) - Double(start))
    self.units = Double(units)
  }

  /// Returns the place of a value, `0...units`.
  ///
  /// Values outside of the range are at its ends: a clock that steps back puts packets far outside.
  package func place(of value: Int64) -> Int { Int(max(0, min(units, (Double(value) - start) / span * units))) }

  /// Returns the unit that a value is in, `0..<units`.
  package func unit(of value: Int64) -> Int { min(Int(units) - 1, place(of: value)) }
}
