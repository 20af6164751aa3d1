/// Table of connections.
extension ReportPage {
  /// Number of rows that a browser lays out together, when they come into view.
  private static let chunk = 100
  /// Number of groups of rows that stand in the page as they are; the script unfolds the others when the page is shown.
  private static let plainChunks = 2

  private static let columns: [StaticString] = [
    "#", "client", "server", "name", "time", "duration", "from client", "from server", "rate", "RTT", "repeated", "out of order",
    "missing", "conflicts", "end", "TLS", "HTTP", "files",
  ]

  /// Writes the table.
  ///
  /// - Parameters:
  ///   - page: the page.
  ///   - room: the greatest number of bytes.
  /// - Returns: the numbers of the connections that have a row.
  func connections(to page: inout HTMLWriter, room: Int) -> Set<UInt64> {
    page.markup("<section id=\"connections\"><h2>Connections</h2>\n<p class=\"tools script\"><input id=\"filter\" type=\"search\" ")
    page.markup("placeholder=\"Filter: address, name, is:gap, is:conflict, is:reset, is:midstream …\" aria-label=\"Filter\"> ")
    page.markup("<output id=\"count\"></output></p>\n")
    let origin = origin
    let span = max(1, rows.reduce(0) { max($0, $1.end &- origin) })
    var table = HTMLWriter()
    var group = HTMLWriter()
    heading(to: &table)
    var shown: Set<UInt64> = []
    for row in rows.prefix(Self.mostRows) {
      var line = HTMLWriter()
      self.row(row, origin, span, to: &line)
      guard table.bytes.count + group.bytes.count + line.bytes.count < room else { break }
      group.append(line)
      shown.insert(row.id)
      if shown.count % Self.chunk == 0 { end(&group, shown.count / Self.chunk, isFull: true, to: &table) }
    }
    if shown.count % Self.chunk != 0 { end(&group, shown.count / Self.chunk + 1, isFull: false, to: &table) }
    let others = facts.connections &- facts.passedOver &- UInt64(shown.count)
    if others > 0, facts.connections >= UInt64(shown.count) {
      page.markup("<p class=\"note\">")
      page.text(
        "\(Figures.count(others, "connection")) more in connections.ndjson: the page has the largest ones and those that are incomplete "
          + "or contested, \(Figures.grouped(UInt64(shown.count))) in all.")
      page.markup("</p>\n")
    }
    page.markup("<div class=\"grid\" tabindex=\"0\"")
    page.attribute("data-rows", Int64(shown.count))
    page.attribute("data-chunk", Int64(Self.chunk))
    page.markup(">\n")
    page.append(table)
    page.markup("</div></section>\n")
    return shown
  }

  /// Writes the heading, which stays in view.
  private func heading(to page: inout HTMLWriter) {
    page.markup("<div class=\"first\"><table class=\"rows\">")
    columnGroup(to: &page)
    page.markup("<thead><tr>")
    for column in Self.columns {
      page.markup("<th scope=\"col\"><button type=\"button\">")
      page.markup(column)
      page.markup("</button></th>")
    }
    page.markup("</tr></thead></table></div>\n")
  }

  /// Writes a group of rows as a table of its own; the browser lays a full one out when it comes into view.
  private func end(_ group: inout HTMLWriter, _ number: Int, isFull: Bool, to page: inout HTMLWriter) {
    let isFolded = number > Self.plainChunks
    page.markup(isFull ? "<div class=\"chunk full\">" : "<div class=\"chunk\">")
    if isFolded { page.markup("<noscript>") }
    page.markup("<table class=\"rows\">")
    columnGroup(to: &page)
    page.markup("<tbody>")
    page.append(group)
    page.markup("</tbody></table>")
    if isFolded { page.markup("</noscript>") }
    page.markup("</div>\n")
    group = HTMLWriter()
  }

  private func columnGroup(to page: inout HTMLWriter) {
    page.markup("<colgroup>")
    for _ in Self.columns { page.markup("<col>") }
    page.markup("</colgroup>")
  }

  private func row(_ row: ConnectionRow, _ origin: Int64, _ span: Int64, to page: inout HTMLWriter) {
    page.markup("<tr")
    page.attribute("data-s", (row.start &- origin) / 1_000_000)
    page.attribute("data-e", (row.end &- origin) / 1_000_000)
    let marks = ConnectionRow.Marks.names.filter { row.marks.contains($0.mark) }.map { $0.name.description }
    if !marks.isEmpty { page.attribute("data-k", marks.joined(separator: " ")) }
    page.markup("><td><a href=\"#c")
    page.integer(Int64(clamping: row.id))
    page.markup("\">")
    page.integer(Int64(clamping: row.id))
    page.markup("</a></td><td>")
    page.endpoint(row.client)
    page.markup("</td><td>")
    page.endpoint(row.server)
    page.markup("</td><td>")
    if !row.name.isEmpty { page.wire(row.name) }
    page.markup("</td><td>")
    dumbbell(row, origin, span, to: &page)
    page.markup("</td><td>")
    page.text(Figures.duration(row.end &- row.start))
    page.markup("</td><td>")
    page.grouped(row.clientBytes)
    page.markup("</td><td>")
    page.grouped(row.serverBytes)
    page.markup("</td><td>")
    spark(row, to: &page)
    page.markup("</td><td>")
    if let time = row.roundTrip { page.text(Figures.duration(time)) }
    page.markup("</td><td>")
    number(UInt64(clamping: row.repeatedBytes), isBad: false, to: &page)
    number(row.outOfOrder, isBad: false, to: &page)
    number(UInt64(clamping: row.gapBytes), isBad: true, to: &page)
    number(row.conflicts, isBad: true, to: &page)
    page.text(row.close)
    page.markup("</td><td>")
    page.text(row.tls)
    page.markup("</td><td>")
    page.text(row.http)
    page.markup("</td><td>")
    for file in row.files {
      page.markup("<a")
      page.reference("href", to: file.path)
      page.markup(file.isFromClient ? ">client</a> " : ">server</a> ")
    }
    page.markup("</td></tr>")
  }

  /// Writes a number unless it is 0, and the beginning of the next cell.
  private func number(_ value: UInt64, isBad: Bool, to page: inout HTMLWriter) {
    if value > 0 {
      if isBad { page.markup("<b>") }
      page.grouped(value)
      if isBad { page.markup("</b>") }
    }
    page.markup("</td><td>")
  }

  /// Writes a line from the beginning to the end of a connection, on the time of the whole capture.
  private func dumbbell(_ row: ConnectionRow, _ origin: Int64, _ span: Int64, to page: inout HTMLWriter) {
    func place(_ time: Int64) -> Int64 { 4 + Int64(max(0, min(92, Double(time &- origin) / Double(span) * 92))) }
    let (start, end) = (place(row.start), place(max(row.start, row.end)))
    page.markup("<svg viewBox=\"0 0 100 10\"><path")
    page.attribute("d", "M\(start) 5H\(end)")
    page.markup("/><circle")
    page.attribute("class", "h-\(row.handshake)")
    page.attribute("cx", start)
    page.markup("/><circle")
    page.attribute("class", "e-\(row.close)")
    page.attribute("cx", end)
    page.markup("/></svg>")
  }

  /// Writes the throughput over the life of a connection: the client upward, the server downward.
  private func spark(_ row: ConnectionRow, to page: inout HTMLWriter) {
    let columns = ConnectionRow.sparkColumns
    guard row.spark.count == columns * 2 else { return }
    page.markup("<svg viewBox=\"0 0 ")
    page.integer(Int64(columns))
    page.markup(" 16\" preserveAspectRatio=\"none\">")
    for direction in 0..<2 {
      let values = row.spark[(direction * columns)..<((direction + 1) * columns)]
      guard values.contains(where: { $0 > 0 }) else { continue }
      var path = SVGPath()
      path.move(0, 8)
      var last = 0
      var place = 0
      for (index, value) in values.enumerated() {
        let height = value == 0 ? 0 : max(1, Int(value) * 8 / 255)
        if height != last {
          if index > place { path.horizontal(index) }
          path.vertical(direction == 0 ? 8 - height : 8 + height)
          (last, place) = (height, index)
        }
      }
      path.horizontal(columns)
      path.vertical(8)
      path.close()
      page.path(path, direction == 0 ? "c" : "s")
    }
    page.markup("</svg>")
  }
}
