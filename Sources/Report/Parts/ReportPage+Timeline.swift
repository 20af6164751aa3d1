/// Timeline: bytes per second of both directions over the whole capture, and what was unusual, below.
extension ReportPage {
  /// Height of the half of the picture for one direction, and of a row of marks.
  private static let half = 60
  private static let row = 12

  func timelineSection(to page: inout HTMLWriter) {
    page.markup("<section id=\"timeline\"><h2>Timeline</h2>\n")
    let bins = timeline.bins
    guard !bins.isEmpty else {
      page.markup("<p>No payload was captured.</p></section>\n")
      return
    }
    let most = max(1, bins.reduce(0) { max($0, $1.fromClient, $1.fromServer) })
    let seconds = Double(timeline.width) / 1_000_000_000
    page.markup("<p class=\"key\"><span class=\"c\">from clients, upward</span> <span class=\"s\">from servers, downward</span> ")
    page.markup("<span class=\"g\">gaps</span> <span class=\"r\">repeated bytes</span> <span class=\"x\">conflicts</span></p>\n")
    page.markup("<div class=\"tl\"><svg viewBox=\"0 0 ")
    page.integer(Int64(bins.count))
    page.markup(" ")
    page.integer(Int64(Self.half * 2 + Self.row * 3))
    page.markup("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Bytes over time\"")
    page.attribute("data-start", (timeline.start &- origin) / 1_000_000)
    page.attribute("data-width", timeline.width / 1_000_000)
    page.markup("><rect class=\"bg\" width=\"100%\" height=\"100%\"/>")
    area(bins.map(\.fromClient), most, isUp: true, "c", to: &page)
    area(bins.map(\.fromServer), most, isUp: false, "s", to: &page)
    marks(bins.map(\.gaps), 0, "g", to: &page)
    marks(bins.map(\.repeated), 1, "r", to: &page)
    marks(bins.map(\.conflicts), 2, "x", to: &page)
    page.markup("<rect class=\"sel\" width=\"0\" height=\"100%\"/></svg></div>\n<p class=\"scale\"><span>")
    page.text(facts.start)
    page.markup("</span><span>")
    page.text("peak \(Figures.size(Double(most) / seconds))/s a direction, \(Figures.duration(timeline.width)) a column")
    page.markup("</span><span>")
    page.text(facts.end)
    page.markup("</span></p>\n<p class=\"hint script\">Drag over the timeline to show only the connections of a span. ")
    page.markup("<button type=\"button\" id=\"clear\" hidden>Show the whole capture</button></p></section>\n")
  }

  /// Time that the milliseconds in the page count from.
  var origin: Int64 { timeline.bins.isEmpty ? rows.map(\.start).min() ?? 0 : timeline.start }

  private func area(_ values: [UInt64], _ most: UInt64, isUp: Bool, _ name: String, to page: inout HTMLWriter) {
    var path = SVGPath()
    path.move(0, Self.half)
    for (index, value) in values.enumerated() {
      // A byte is visible beside a gigabyte.
      let height = value == 0 ? 0 : max(1, Int(Double(value) / Double(most) * Double(Self.half)))
      path.vertical(isUp ? Self.half - height : Self.half + height)
      path.horizontal(index + 1)
    }
    path.vertical(Self.half)
    path.close()
    page.path(path, name)
  }

  private func marks(_ values: [UInt64], _ row: Int, _ name: String, to page: inout HTMLWriter) {
    var path = SVGPath()
    let top = Self.half * 2 + row * Self.row
    for (index, value) in values.enumerated() where value > 0 {
      path.move(index, top + 2)
      path.vertical(top + Self.row - 2)
    }
    page.path(path, "m \(name)")
  }
}
