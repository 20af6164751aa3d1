/// Custody: what was read, by which program, with which options, and what was counted.
extension ReportPage {
  func custody(to page: inout HTMLWriter) {
    page.markup("<section id=\"custody\"><h2>Custody</h2>\n")
    inputs(to: &page)
    page.markup("<p>Written by <b>")
    page.text("reasm \(facts.version)")
    page.markup("</b>")
    if !facts.filter.isEmpty {
      page.markup(", from the packets that this filter takes: <code>")
      page.text(facts.filter)
      page.markup("</code>")
    }
    page.markup(". Packets are numbered from 1 in their capture, as Wireshark numbers them; all times are UTC.</p>\n")
    laws(to: &page)
    limits(to: &page)
    page.markup("<details><summary>Options</summary><table class=\"facts\"><tbody>\n")
    for option in facts.options {
      factHead(option.name, "<td>", to: &page)
      page.wire(option.value)
      page.markup("</td></tr>\n")
    }
    page.markup("</tbody></table></details>\n<details><summary>Counters</summary><table class=\"facts\"><tbody>\n")
    for counter in facts.counters { fact(counter.name, counter.value, to: &page) }
    page.markup("</tbody></table></details>\n</section>\n")
  }

  private func inputs(to page: inout HTMLWriter) {
    page.markup(
      "<div class=\"wide\"><table class=\"list\"><thead><tr><th>Capture</th><th>Format</th><th class=\"n\">Bytes</th><th class=\"n\">Packets</th>"
    )
    page.markup("<th>First packet</th><th>Last packet</th><th class=\"n\">Dropped</th></tr></thead><tbody>\n")
    for input in facts.inputs {
      page.markup("<tr><td class=\"wrap\">")
      page.wire(input.path)
      if !input.damage.isEmpty {
        page.markup("<br><span class=\"warn\">")
        page.text(input.damage)
        page.markup("</span>")
      }
      page.markup("</td><td>")
      page.text(input.format)
      page.markup("</td><td class=\"n\">")
      if let size = input.size { page.grouped(size) }
      page.markup("</td><td class=\"n\">")
      page.grouped(input.packets)
      page.markup("</td><td class=\"t\">")
      page.text(input.first)
      page.markup("</td><td class=\"t\">")
      page.text(input.last)
      page.markup("</td><td class=\"n\">")
      if let drops = input.drops { page.grouped(drops) } else { page.markup("not recorded") }
      page.markup("</td></tr>\n<tr class=\"hash\"><td colspan=\"7\"><span>SHA-256 <code>")
      page.text(input.sha256 ?? "not computed (--hash computes it)")
      page.markup("</code></span></td></tr>\n")
    }
    page.markup("</tbody></table></div>\n")
  }

  /// The two equations that account for every byte, with the numbers of this run.
  private func laws(to page: inout HTMLWriter) {
    let sum = facts.account
    page.markup("<div class=\"laws\"><p>Every byte is accounted for, in each direction of each connection and in their sums:</p>\n<p")
    page.attribute("class", sum.length == sum.bytes &+ sum.gapBytes ? "law" : "law broken")
    page.markup("><span><b>")
    page.grouped(sum.length)
    page.markup("</b> length of the streams</span><i>=</i><span><b>")
    page.grouped(sum.bytes)
    page.markup("</b> reassembled</span><i>+</i><span><b>")
    page.grouped(sum.gapBytes)
    page.markup("</b> missing</span></p>\n<p")
    page.attribute("class", sum.payloadBytes == sum.bytes &+ sum.repeatedBytes &+ sum.droppedBytes ? "law" : "law broken")
    page.markup("><span><b>")
    page.grouped(sum.payloadBytes)
    page.markup("</b> payload captured</span><i>=</i><span><b>")
    page.grouped(sum.bytes)
    page.markup("</b> reassembled</span><i>+</i><span><b>")
    page.grouped(sum.repeatedBytes)
    page.markup("</b> repeated</span><i>+</i><span><b>")
    page.grouped(sum.droppedBytes)
    page.markup("</b> in no stream</span></p></div>\n")
  }

  private func limits(to page: inout HTMLWriter) {
    guard !facts.limits.isEmpty else { return }
    page.markup("<table id=\"limits\" class=\"facts\"><caption>Limits that were reached</caption><tbody>\n")
    for limit in facts.limits { fact(limit.name, limit.hits, isHit: true, to: &page) }
    page.markup("</tbody></table>\n")
  }

  /// Writes a row with a number.
  private func fact(_ name: String, _ value: UInt64, isHit: Bool = false, to page: inout HTMLWriter) {
    factHead(name, "<td class=\"n\">", isHit: isHit, to: &page)
    page.grouped(value)
    page.markup("</td></tr>\n")
  }

  /// Writes the beginning of a row, up to its value.
  private func factHead(_ name: String, _ cell: StaticString, isHit: Bool = false, to page: inout HTMLWriter) {
    page.markup(isHit ? "<tr class=\"hit\"><th scope=\"row\">" : "<tr><th scope=\"row\">")
    page.text(name)
    page.markup("</th>")
    page.markup(cell)
  }
}
