/// Band over the offsets of a stream: which were captured, repeated, missing or contested.
struct Ribbon {
  private static let columns = 1_000

  private let direction: ConnectionDetail.Direction

  init(_ direction: ConnectionDetail.Direction) { self.direction = direction }

  func write(to page: inout HTMLWriter) {
    page.markup("<svg class=\"ribbon\" width=\"100%\" height=\"14\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" ")
    page.markup("aria-label=\"Offsets of the stream\"><rect class=\"s\" width=\"1000\" height=\"14\"/>")
    let repeated = direction.points.filter { $0.kind == .repeated }.map { ($0.low &- direction.origin, $0.high &- direction.origin) }
    ranges(repeated, "r", to: &page)
    ranges(direction.gaps.map { ($0.offset, $0.offset &+ $0.length) }, "g", to: &page)
    ranges(direction.conflicts.map { ($0.offset, $0.offset &+ $0.length) }, "x", to: &page)
    page.markup("</svg>\n")
  }

  private func ranges(_ ranges: [(Int64, Int64)], _ name: String, to page: inout HTMLWriter) {
    var isMarked = [Bool](repeating: false, count: Self.columns)
    let scale = Scale(from: 0, to: direction.length, units: Self.columns)
    for (low, high) in ranges where high > low {
      let first = scale.unit(of: low)
      for place in first...max(first, scale.unit(of: high &- 1)) { isMarked[place] = true }
    }
    var path = SVGPath()
    var place = 0
    while place < Self.columns {
      guard isMarked[place] else {
        place += 1
        continue
      }
      let end = isMarked[place...].firstIndex(of: false) ?? Self.columns
      path.move(place, 0)
      path.horizontal(end)
      path.vertical(14)
      path.horizontal(place)
      path.close()
      place = end
    }
    page.path(path, name)
  }
}
