/// Data of an SVG path in whole numbers, written with relative coordinates, which are short.
struct SVGPath {
  /// Text of the attribute `d`.
  private(set) var data = ""
  private var x = 0
  private var y = 0
  /// Point to which `close` returns.
  private var begin = (x: 0, y: 0)

  /// Whether nothing was drawn.
  var isEmpty: Bool { data.isEmpty }

  /// Moves to a point without drawing.
  mutating func move(_ toX: Int, _ toY: Int) {
    data += data.isEmpty ? "M\(toX) \(toY)" : "m\(toX - x)\(Self.second(toY - y))"
    (x, y) = (toX, toY)
    begin = (toX, toY)
  }

  /// Draws a vertical line.
  mutating func vertical(_ toY: Int) {
    data += "v\(toY - y)"
    y = toY
  }

  /// Draws a horizontal line.
  mutating func horizontal(_ toX: Int) {
    data += "h\(toX - x)"
    x = toX
  }

  /// Draws a line.
  mutating func line(_ toX: Int, _ toY: Int) {
    data += "l\(toX - x)\(Self.second(toY - y))"
    (x, y) = (toX, toY)
  }

  /// Closes the figure.
  mutating func close() {
    data += "z"
    (x, y) = begin
  }

  /// A minus sign separates numbers as a space does.
  private static func second(_ value: Int) -> String { value < 0 ? "\(value)" : " \(value)" }
}
