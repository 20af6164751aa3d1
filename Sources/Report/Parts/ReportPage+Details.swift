/// Single connections: graphs, gaps, conflicts and the first lines of the conversation.
extension ReportPage {
  /// Number of bytes that a connection takes besides its graphs, and those of a mark of payload with its acknowledgment.
  private static let fixedBytes = 6_000
  private static let bytesOfMark = 60
  private static let mostListed = 20
  /// Number of connections that stand in the page as they are; the script unfolds the others when they are opened.
  private static let plainDetails = 10

  func details(to page: inout HTMLWriter, _ source: any PageSource, shown: Set<UInt64>, room: Int) {
    page.markup("<section id=\"details\"><h2>Single connections</h2>\n")
    page.markup("<p>Time-sequence graphs: time to the right, stream offset upward, a vertical bar for the payload of a segment.</p>\n")
    page.markup("<p class=\"key\"><span class=\"t-s\">segment</span> <span class=\"t-o\">out of order</span> ")
    page.markup("<span class=\"t-r\">repeated (R)</span> <span class=\"t-a\">acknowledged</span> <span class=\"t-w\">window</span> ")
    page.markup("<span class=\"t-k\">selective acknowledgment</span> <span class=\"t-p\">PSH</span> <span class=\"t-g\">gap</span> ")
    page.markup("<span class=\"t-x\">conflict</span> <span>S SYN, F FIN, X RST, Z window closed</span></p>\n")
    var left = room
    var count = 0
    var leftOut = detailsLeftOut
    for index in 0..<source.detailCount {
      let share = left / (source.detailCount - index)
      let marks = max(40, min(Self.mostMarks, (share - Self.fixedBytes) / Self.bytesOfMark / 2))
      var one = HTMLWriter()
      if let detail = source.detail(at: index, limit: marks) { self.detail(detail, isFolded: count >= Self.plainDetails, to: &one) }
      guard !one.bytes.isEmpty, one.bytes.count < left else {
        leftOut &+= 1
        continue
      }
      left -= one.bytes.count
      page.append(one)
      count += 1
    }
    page.markup(leftOut > 0 ? "<p class=\"note\">" : "<p>")
    if leftOut > 0 {
      page.text("\(Figures.count(leftOut, "connection")) more would have been shown here, and there was no room on the page. ")
    }
    page.text("Shown: the largest connections, and those with a gap, a conflict or a reset; \(Figures.grouped(UInt64(count))) in all.")
    page.markup("</p></section>\n")
  }

  private func detail(_ detail: ConnectionDetail, isFolded: Bool, to page: inout HTMLWriter) {
    let row = detail.row
    page.markup("<details class=\"one\"")
    page.attribute("id", "d\(row.id)")
    page.markup("><summary><b>")
    page.integer(Int64(clamping: row.id))
    page.markup("</b> ")
    page.text("\(row.client) > \(row.server)")
    if !row.name.isEmpty {
      page.markup(" ")
      page.wire(row.name)
    }
    page.markup(" <small>")
    page.text("\(Figures.count(UInt64(clamping: row.totalBytes), "byte")), \(Figures.duration(row.end &- row.start)), \(row.close)")
    if row.gapBytes > 0 { page.text(", \(Figures.count(UInt64(clamping: row.gapBytes), "byte")) missing") }
    if row.conflicts > 0 { page.text(", \(Figures.count(row.conflicts, "conflict"))") }
    page.markup(isFolded ? "</small></summary><noscript><div" : "</small></summary><div")
    page.attribute("id", "c\(row.id)")
    page.markup("><table class=\"facts\"><tbody>")
    fact("Begin", detail.startText, to: &page)
    fact("Packets", "\(detail.firstPacket) to \(detail.lastPacket)", to: &page)
    fact("Handshake, end", "\(row.handshake), \(row.close)", to: &page)
    for entry in detail.facts { fact(entry.name, entry.value, to: &page) }
    for file in row.files {
      page.markup(
        file.isFromClient ? "<tr><th scope=\"row\">File of the client</th><td><a" : "<tr><th scope=\"row\">File of the server</th><td><a")
      page.reference("href", to: file.path)
      page.markup(">")
      page.wire(String(decoding: file.path, as: UTF8.self))
      page.markup("</a>")
      if !file.reasons.isEmpty {
        page.markup(" <span class=\"warn\">")
        page.text("not complete: \(file.reasons.joined(separator: ", "))")
        page.markup("</span>")
      }
      page.markup("</td></tr>")
    }
    page.markup("<tr><th scope=\"row\">Display filter</th><td><code>")
    page.text(detail.displayFilter)
    page.markup("</code> <button type=\"button\" class=\"copy script\">Copy</button></td></tr></tbody></table>\n")
    direction(detail.fromClient, detail, "From the client", to: &page)
    direction(detail.fromServer, detail, "From the server", to: &page)
    turns(detail, to: &page)
    page.markup(isFolded ? "</div></noscript></details>\n" : "</div></details>\n")
  }

  private func fact(_ name: String, _ value: String, to page: inout HTMLWriter) {
    page.markup("<tr><th scope=\"row\">")
    page.text(name)
    page.markup("</th><td>")
    page.wire(value)
    page.markup("</td></tr>")
  }

  private func direction(
    _ direction: ConnectionDetail.Direction, _ detail: ConnectionDetail, _ title: StaticString, to page: inout HTMLWriter
  ) {
    let account = direction.account
    page.markup("<h4>")
    page.markup(title)
    page.markup(" <small>")
    page.text(
      "length \(Figures.grouped(UInt64(clamping: account.length))) = \(Figures.grouped(UInt64(clamping: account.bytes))) reassembled + "
        + "\(Figures.grouped(UInt64(clamping: account.gapBytes))) missing; payload "
        + "\(Figures.grouped(UInt64(clamping: account.payloadBytes))) = \(Figures.grouped(UInt64(clamping: account.bytes))) + "
        + "\(Figures.grouped(UInt64(clamping: account.repeatedBytes))) repeated + "
        + "\(Figures.grouped(UInt64(clamping: account.droppedBytes))) in no stream")
    page.markup("</small></h4>\n")
    if direction.length > 0 || direction.points.contains(where: \.kind.isPayload) {
      SequenceGraph(direction, start: detail.row.start, end: detail.row.end).write(to: &page)
    }
    if direction.length > 0 { Ribbon(direction).write(to: &page) }
    gaps(direction.gaps, to: &page)
    conflicts(direction.conflicts, to: &page)
  }

  private func gaps(_ gaps: [ConnectionDetail.Gap], to page: inout HTMLWriter) {
    guard !gaps.isEmpty else { return }
    page.markup("<ul class=\"gaps\">")
    for gap in gaps.prefix(Self.mostListed) {
      page.markup("<li>")
      page.text(
        "\(Figures.count(UInt64(clamping: gap.length), "byte")) missing at offset \(Figures.grouped(UInt64(clamping: gap.offset))): \(gap.words), "
          + (gap.isAcknowledged ? "acknowledged by the receiver, so lost by the recorder" : "never acknowledged"))
      page.markup("</li>")
    }
    if gaps.count > Self.mostListed {
      page.markup("<li>")
      page.text("… and more, in connections.ndjson")
      page.markup("</li>")
    }
    page.markup("</ul>\n")
  }

  private func conflicts(_ conflicts: [ConnectionDetail.Conflict], to page: inout HTMLWriter) {
    guard !conflicts.isEmpty else { return }
    page.markup("<ul class=\"conflicts\">")
    for conflict in conflicts.prefix(Self.mostListed) {
      page.markup("<li>")
      page.text(
        "\(Figures.count(UInt64(clamping: conflict.length), "byte")) at offset \(Figures.grouped(UInt64(clamping: conflict.offset))): kept "
      )
      page.markup("<code>")
      page.wire(Payload.text(conflict.kept))
      page.markup("</code>")
      if let packet = conflict.keptPacket { page.text(" of packet \(packet)") }
      page.text(", other ")
      page.markup("<code>")
      page.wire(Payload.text(conflict.other))
      page.markup("</code>")
      page.text(" of packet \(conflict.otherPacket)")
      page.markup("</li>")
    }
    if conflicts.count > Self.mostListed { page.markup("<li>… and more, in connections.ndjson</li>") }
    page.markup("</ul>\n")
  }

  private func turns(_ detail: ConnectionDetail, to page: inout HTMLWriter) {
    guard !detail.turns.isEmpty else { return }
    page.markup("<h4>First lines</h4><div class=\"talk\">")
    for turn in detail.turns {
      if turn.missingBefore > 0 {
        page.markup("<p>")
        page.text("\(Figures.count(UInt64(clamping: turn.missingBefore), "byte")) missing")
        page.markup("</p>")
      }
      page.markup(turn.isFromClient ? "<pre class=\"c\">" : "<pre class=\"s\">")
      for (index, line) in Payload.lines(turn.bytes).enumerated() {
        if index > 0 { page.markup("\n") }
        page.wire(line)
      }
      page.markup("</pre>")
    }
    page.markup("</div>\n")
  }
}

/// Payload as text for people.
enum Payload {
  /// Greatest number of lines of one turn.
  private static let mostLines = 12

  /// Returns bytes on one line: printable ASCII as it is, other bytes as dots.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { (0x20..<0x7f).contains($0) ? $0 : 0x2e }, as: UTF8.self)
  }

  /// Returns the first lines of bytes: as text if they are UTF-8, else each byte that is not printable as a dot.
  static func lines(_ bytes: [UInt8]) -> [String] {
    let all = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
    var lines = all.prefix(mostLines).map { line in
      let shown = line.last == 0x0d ? line.dropLast() : line
      guard let text = String(validating: shown, as: UTF8.self), !shown.contains(where: { $0 < 0x20 && $0 != 0x09 }) else {
        return self.text(shown)
      }
      return text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
    }
    if all.count > mostLines { lines.append("…") }
    while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}
