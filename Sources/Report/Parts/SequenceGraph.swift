/// Time-sequence graph of one direction, as tcptrace draws it.
///
/// Marks stand in a drawing of fixed size that is stretched over the picture; letters, gaps and the scale stand above it in parts of a
/// thousandth, so that they are not stretched. The script zooms by changing the section of the drawing that is shown.
struct SequenceGraph {
  private static let width = 20_000
  private static let height = 10_000
  private static let mostLetters = 150

  private let direction: ConnectionDetail.Direction
  /// Times and offsets at the edges.
  private let start: Int64
  private let end: Int64
  private let low: Int64
  private let high: Int64

  init(_ direction: ConnectionDetail.Direction, start: Int64, end: Int64) {
    self.direction = direction
    var (from, to) = (start, max(start, end))
    // The window may be far above the bytes, which must stay visible.
    var (low, high) = (direction.origin, direction.origin &+ direction.length)
    for point in direction.points {
      (from, to) = (min(from, point.time), max(to, point.time))
      if point.kind == .acknowledgment {
        high = max(high, point.low)
      } else {
        (low, high) = (min(low, point.low), max(high, point.high))
      }
    }
    (self.start, self.end, self.low, self.high) = (from, to, low, max(high, low &+ 1))
  }

  func write(to page: inout HTMLWriter) {
    page.markup("<figure class=\"tsg\"><svg width=\"100%\" height=\"260\" role=\"img\" aria-label=\"Time-sequence graph\"")
    page.attribute("data-t", max(1, (end &- start) / 1_000))
    page.attribute("data-y0", low &- direction.origin)
    page.attribute("data-y1", high &- direction.origin)
    page.markup("><rect class=\"bg\" width=\"100%\" height=\"100%\"/>")
    // The margin has room for letters at the edges.
    page.markup("<svg class=\"area\" x=\"2%\" y=\"7%\" width=\"96%\" height=\"84%\"><svg class=\"bands\" width=\"100%\" height=\"100%\">")
    for gap in direction.gaps { band(gap.offset, gap.length, "gap", to: &page) }
    for conflict in direction.conflicts { band(conflict.offset, conflict.length, "conflict", to: &page) }
    page.markup("</svg><svg class=\"plot\" viewBox=\"0 0 20000 10000\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">")
    stairs("w", to: &page) { $0.high }
    stairs("a", to: &page) { $0.low }
    bars(.selective, "k", to: &page)
    bars(.segment, "s", to: &page)
    bars(.pushed, "s", to: &page)
    bars(.outOfOrder, "o", to: &page)
    bars(.repeated, "r", to: &page)
    pushes(to: &page)
    page.markup("</svg><svg class=\"letters\" width=\"100%\" height=\"100%\">")
    letters(to: &page)
    page.markup("</svg>")
    scale(to: &page)
    page.markup("</svg></svg></figure>\n")
  }

  private func x(_ time: Int64) -> Int { Scale(from: start, to: end, units: Self.width).place(of: time) }

  private func y(_ offset: Int64) -> Int {
    let part = (Double(offset) - Double(low)) / (Double(high) - Double(low))
    // Windows far above the picture are not visible.
    return Self.height - Int(max(-1, min(2, part)) * Double(Self.height))
  }

  private func bars(_ kind: SegmentPoint.Kind, _ name: String, to page: inout HTMLWriter) {
    var path = SVGPath()
    for point in direction.points where point.kind == kind {
      let (bottom, top) = (y(point.low), y(point.high))
      path.move(x(point.time), bottom)
      // A bar of one byte in a stream of a gigabyte is still a mark.
      path.vertical(min(top, bottom - 1))
    }
    page.path(path, name)
  }

  /// Writes a line that goes on at the same height until the next value.
  private func stairs(_ name: String, to page: inout HTMLWriter, _ value: (SegmentPoint) -> Int64) {
    var path = SVGPath()
    var last: (x: Int, y: Int)?
    for point in direction.points where point.kind == .acknowledgment {
      let next = (x: x(point.time), y: y(value(point)))
      guard let before = last else {
        path.move(next.x, next.y)
        last = next
        continue
      }
      guard next.y != before.y else { continue }
      if next.x > before.x { path.horizontal(next.x) }
      path.vertical(next.y)
      last = (max(next.x, before.x), next.y)
    }
    if last != nil { path.horizontal(Self.width) }
    page.path(path, name)
  }

  private func pushes(to page: inout HTMLWriter) {
    var path = SVGPath()
    for point in direction.points where point.kind == .pushed {
      path.move(x(point.time), y(point.high))
      path.horizontal(x(point.time))
    }
    page.path(path, "p")
  }

  private func band(_ offset: Int64, _ length: Int64, _ name: String, to page: inout HTMLWriter) {
    let top = y(direction.origin &+ offset &+ length)
    let bottom = y(direction.origin &+ offset)
    page.markup("<rect width=\"100%\"")
    page.attribute("class", name)
    page.attribute("data-a", Int64(top))
    page.attribute("data-b", Int64(bottom))
    page.attribute("y", Self.percent(top, of: Self.height))
    page.attribute("height", Self.percent(max(30, bottom - top), of: Self.height))
    page.markup("/>")
  }

  private func letters(to page: inout HTMLWriter) {
    var count = 0
    for point in direction.points {
      guard count < Self.mostLetters, let (letter, name) = Self.letter(of: point.kind) else { continue }
      count += 1
      let (x, y) = (x(point.time), y(point.high))
      page.markup("<text")
      page.attribute("class", name)
      page.attribute("data-x", Int64(x))
      page.attribute("data-y", Int64(y))
      page.attribute("x", Self.percent(x, of: Self.width))
      page.attribute("y", Self.percent(y, of: Self.height))
      page.markup("><title>packet ")
      page.integer(Int64(clamping: point.packet))
      page.markup("</title>")
      page.text(letter)
      page.markup("</text>")
    }
  }

  private static func letter(of kind: SegmentPoint.Kind) -> (letter: String, name: String)? {
    switch kind {
    case .repeated: ("R", "r")
    case .syn: ("S", "l")
    case .fin: ("F", "l")
    case .rst: ("X", "x")
    case .zeroWindow: ("Z", "z")
    case .segment, .pushed, .outOfOrder, .acknowledgment, .selective: nil
    }
  }

  private func scale(to page: inout HTMLWriter) {
    page.markup("<g class=\"scale\">")
    var last: Int64?
    for quarter in 0...4 {
      let offset = Int64(bounded: Double(high &- direction.origin) - (Double(high) - Double(low)) * Double(quarter) / 4)
      page.markup("<text class=\"y\" x=\"4\"")
      page.attribute("y", "\(quarter * 25)%")
      page.markup(" dy=\"4\">")
      // A stream of two bytes has fewer lines than the scale.
      if offset != last { page.text(offset < 0 ? "−\(Figures.grouped(offset.magnitude))" : Figures.grouped(offset.magnitude)) }
      last = offset
      page.markup("</text>")
    }
    for quarter in 1...4 {
      page.markup("<text class=\"t\" y=\"100%\" dy=\"16\"")
      page.attribute("x", "\(quarter * 25)%")
      page.markup(">")
      page.text(Figures.duration(Int64(bounded: (Double(end) - Double(start)) * Double(quarter) / 4)))
      page.markup("</text>")
    }
    page.markup("</g>")
  }

  /// Returns a part of a whole as a percentage with two decimal places.
  private static func percent(_ part: Int, of whole: Int) -> String {
    let hundredths = part * 10_000 / whole
    let rest = abs(hundredths % 100)
    return "\(hundredths < 0 && hundredths > -100 ? "-" : "")\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
  }
}
