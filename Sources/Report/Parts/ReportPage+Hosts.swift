/// Hosts: who spoke with whom how much, by which names, and servers that never answered.
extension ReportPage {
  func hostSection(to page: inout HTMLWriter, room: Int) {
    page.markup("<section id=\"hosts\"><h2>Hosts</h2>\n")
    let answered = hosts.pairs.filter { !$0.isSilent }.sorted { ($1.total, $0.client, $0.server) < ($0.total, $1.client, $1.server) }
    let silent = hosts.pairs.filter(\.isSilent).sorted { ($1.connections, $0.server, $0.client) < ($0.connections, $1.server, $1.client) }
    table(answered, "Who spoke with whom", room: room / 4 * 3, to: &page)
    if !silent.isEmpty { table(silent, "Servers that never answered", room: room / 4, to: &page) }
    if hosts.others > 0 {
      page.markup("<p class=\"note\">")
      page.text("\(Figures.count(hosts.others, "connection")) of further pairs of hosts are not counted here.")
      page.markup("</p>\n")
    }
    page.markup("</section>\n")
  }

  private func table(_ pairs: [HostPair], _ title: StaticString, room: Int, to page: inout HTMLWriter) {
    guard !pairs.isEmpty else {
      page.markup("<p>No server answered.</p>\n")
      return
    }
    var table = HTMLWriter()
    var count = 0
    let most = max(1, pairs.map(\.total).max() ?? 1)
    for pair in pairs.prefix(Self.mostPairs) {
      var line = HTMLWriter()
      row(pair, most, to: &line)
      guard table.bytes.count + line.bytes.count < room else { break }
      table.append(line)
      count += 1
    }
    page.markup("<h3>")
    page.markup(title)
    page.markup("</h3><div class=\"wide tall\"><table class=\"list\"><thead><tr><th>Client</th><th>Server</th><th>Names</th>")
    page.markup(
      "<th class=\"n\">Connections</th><th class=\"n\">Unanswered</th><th class=\"n\">Refused</th><th class=\"n\">From client</th>")
    page.markup("<th class=\"n\">From server</th><th></th></tr></thead><tbody>\n")
    page.append(table)
    page.markup("</tbody></table></div>\n")
    guard pairs.count > count else { return }
    page.markup("<p class=\"note\">")
    page.text("\(Figures.count(UInt64(pairs.count - count), "further pair")) not shown.")
    page.markup("</p>\n")
  }

  private func row(_ pair: HostPair, _ most: Int64, to page: inout HTMLWriter) {
    page.markup("<tr><td>")
    page.text(pair.client)
    page.markup("</td><td>")
    page.text(pair.server)
    page.markup("</td><td>")
    for (index, name) in pair.names.enumerated() {
      if index > 0 { page.markup(", ") }
      page.wire(name)
    }
    for value in [pair.connections, pair.unanswered, pair.refused] {
      page.markup("</td><td class=\"n\">")
      if value > 0 { page.grouped(value) }
    }
    for value in [pair.clientBytes, pair.serverBytes] {
      page.markup("</td><td class=\"n\">")
      page.grouped(value)
    }
    page.markup("</td><td><svg class=\"share\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\"><rect class=\"c\" height=\"8\"")
    let client = Int64(bounded: Double(pair.clientBytes) / Double(most) * 100)
    page.attribute("width", client)
    page.markup("/><rect class=\"s\" height=\"8\"")
    page.attribute("x", client)
    page.attribute("width", Int64(bounded: Double(pair.serverBytes) / Double(most) * 100))
    page.markup("/></svg></td></tr>\n")
  }
}

extension HostPair {
  /// Number of stream bytes, both directions.
  fileprivate var total: Int64 { clientBytes &+ serverBytes }
}
