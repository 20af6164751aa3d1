/// Verdict: is the capture complete, and if not, what is missing, and where.
extension ReportPage {
  func verdict(to page: inout HTMLWriter) {
    page.markup("<section id=\"verdict\"")
    page.attribute("class", isComplete ? "good" : "bad")
    page.markup("><h1>")
    page.text(headline)
    page.markup("</h1>\n<p>")
    page.text(coverage)
    page.markup("</p>\n<table class=\"facts\"><tbody>\n")
    for line in lines { write(line, to: &page) }
    page.markup("</tbody></table>\n")
    if !loss.isEmpty {
      page.markup("<p class=\"note\">")
      page.text("This page is not complete: \(loss)")
      page.markup("</p>\n")
    }
    page.markup("</section>\n")
  }

  /// Whether nothing of what was sent is known to be missing or contested.
  var isComplete: Bool {
    facts.missing.total == 0 && facts.conflicts == 0 && facts.limits.isEmpty && facts.drops == 0 && facts.cutPackets == 0
      && facts.connectionsWithErrors == 0 && facts.midstream == 0 && facts.inputs.allSatisfy(\.damage.isEmpty)
  }

  private var headline: String {
    if facts.connections == 0 { return "No connection was captured" }
    if isComplete { return "Complete: every stream was captured whole, once, and without contradiction" }
    var parts: [String] = []
    if facts.missing.total > 0 {
      parts.append("\(Figures.count(facts.missing.total, "byte")) missing in \(Figures.count(facts.connectionsWithGaps, "connection"))")
    }
    if facts.conflicts > 0 {
      parts.append(
        "\(Figures.count(facts.conflicts, "range")) captured twice with different bytes in "
          + Figures.count(facts.connectionsWithConflicts, "connection"))
    }
    if parts.isEmpty { return "No byte is known to be missing, but the capture has limits" }
    return "Not complete: \(parts.joined(separator: "; "))"
  }

  private var coverage: String {
    let bytes = Figures.count(UInt64(clamping: facts.account.bytes), "byte")
    let begin = "\(bytes) reassembled in \(Figures.count(facts.connections, "connection"))"
    return facts.start.isEmpty ? begin : "\(begin), captured from \(facts.start) to \(facts.end)."
  }

  /// One line of the table: a number, what it counts, and where its rows are.
  private struct Line {
    var name: StaticString
    var value: UInt64
    var meaning: StaticString
    /// Filter that shows the connections; nil if they have none.
    var filter: StaticString?
    /// Section that says more; nil if there is none.
    var section: StaticString?
    /// Whether a number above 0 is bad.
    var isWarning = true
    /// Whether the line is shown even if the number is 0, because 0 is the answer to a question.
    var isAlwaysShown = false
  }

  private var lines: [Line] {
    let missing = facts.missing
    let all = [
      Line(
        name: "Reassembled bytes", value: UInt64(clamping: facts.account.bytes), meaning: "delivered once and in order", isWarning: false,
        isAlwaysShown: true),
      Line(name: "Missing bytes", value: missing.total, meaning: "of streams, in gaps; of these:", filter: "is:gap", isAlwaysShown: true),
      Line(
        name: "… lost by the recorder", value: missing.recorder,
        meaning: "the receiver acknowledged them, and they were never captured", filter: "is:recorder", isAlwaysShown: true),
      Line(
        name: "… lost by the network", value: missing.network, meaning: "never acknowledged by the receiver", filter: "is:network",
        isAlwaysShown: true),
      Line(name: "… cut off", value: missing.cut, meaning: "the snap length of the capture cut the packets", filter: "is:cut"),
      Line(name: "… rejected", value: missing.rejected, meaning: "captured, and turned away by an option", filter: "is:gap"),
      Line(
        name: "… behind a pause", value: missing.jump, meaning: "the capture paused, and the stream went on far ahead", filter: "is:gap"),
      Line(
        name: "Conflicts", value: facts.conflicts, meaning: "ranges of which two captured copies differ: data may have been injected",
        filter: "is:conflict", isAlwaysShown: true),
      Line(
        name: "Copies not compared", value: facts.unchecked, meaning: "packets that repeat bytes that were no longer at hand",
        isWarning: false),
      Line(name: "Cut packets", value: facts.cutPackets, meaning: "longer on the wire than in the capture", section: "#custody"),
      Line(
        name: "Midstream starts", value: facts.midstream, meaning: "connections whose beginning was not captured", filter: "is:midstream"),
      Line(
        name: "Resets and refusals", value: facts.resets, meaning: "connections that were reset or refused", filter: "is:reset",
        isWarning: false),
      Line(
        name: "Open at the end", value: facts.open, meaning: "connections that went on when the capture ended", filter: "is:open",
        isWarning: false),
      Line(
        name: "Limits reached", value: facts.limits.reduce(0) { $0 &+ $1.hits },
        meaning: "times that something was given up for want of room",
        section: "#limits"),
      Line(
        name: "Dropped packets", value: facts.drops, meaning: "lost by the capturing hosts before they were recorded", section: "#custody"),
      Line(
        name: "Damaged captures", value: UInt64(facts.inputs.count { !$0.damage.isEmpty }),
        meaning: "inputs of which a part could not be read",
        section: "#custody"),
      Line(
        name: "Write errors", value: facts.connectionsWithErrors, meaning: "connections whose files could not be written whole",
        filter: "is:error"),
      Line(
        name: "Not selected", value: facts.passedOver, meaning: "connections that --connection left out of this page", isWarning: false),
    ]
    return all.filter { $0.isAlwaysShown || $0.value > 0 }
  }

  private func write(_ line: Line, to page: inout HTMLWriter) {
    page.markup(line.value > 0 && line.isWarning ? "<tr class=\"hit\"><th scope=\"row\">" : "<tr><th scope=\"row\">")
    page.markup(line.name)
    page.markup("</th><td class=\"n\">")
    if line.value > 0, let section = line.section ?? (line.filter == nil ? nil : "#connections") {
      page.markup("<a href=\"")
      page.markup(section)
      page.markup("\"")
      if let filter = line.filter {
        page.markup(" data-filter=\"")
        page.markup(filter)
        page.markup("\"")
      }
      page.markup(">")
      page.grouped(line.value)
      page.markup("</a>")
    } else {
      page.grouped(line.value)
    }
    page.markup("</td><td>")
    page.markup(line.meaning)
    page.markup("</td></tr>\n")
  }
}
