/// Objects: the bodies of HTTP, with pictures, types and hashes.
extension ReportPage {
  func objectSection(to page: inout HTMLWriter, _ source: any PageSource, room: Int) {
    guard facts.readsHTTP else { return }
    page.markup("<section id=\"objects\"><h2>Objects</h2>\n")
    guard !objects.isEmpty else {
      page.markup("<p>No message of HTTP had a body.</p></section>\n")
      return
    }
    page.markup("<p class=\"tools script\"><select id=\"kinds\" aria-label=\"Objects\"><option value=\"\">all</option>")
    page.markup("<option value=\"executable\">executables</option><option value=\"mismatch\">declared as another type</option>")
    page.markup("<option value=\"incomplete\">incomplete</option></select> <output id=\"objectcount\"></output></p>\n")
    var table = HTMLWriter()
    var count = 0
    for object in objects.prefix(Self.mostObjects) {
      var line = HTMLWriter()
      // Half of the room is for pictures: a line without its picture is better than no line.
      row(object, table.bytes.count < room / 2 ? source : nil, to: &line)
      guard table.bytes.count + line.bytes.count < room else { break }
      table.append(line)
      count += 1
    }
    let others = UInt64(objects.count - count) &+ objectsLeftOut
    if others > 0 {
      page.markup("<p class=\"note\">")
      page.text("\(Figures.count(others, "object")) more in http.ndjson.")
      page.markup("</p>\n")
    }
    page.markup("<div class=\"wide tall\"><table class=\"list\" id=\"objecttable\"><thead><tr><th></th><th>Name</th><th>Declared</th>")
    page.markup(
      "<th>First bytes</th><th class=\"n\">Bytes</th><th>Host</th><th>Status</th><th>Connection</th></tr></thead><tbody>\n")
    page.append(table)
    page.markup("</tbody></table></div></section>\n")
  }

  private func row(_ object: ObjectRow, _ source: (any PageSource)?, to page: inout HTMLWriter) {
    var kinds: [String] = []
    if object.isExecutable { kinds.append("executable") }
    if object.isMismatch { kinds.append("mismatch") }
    if !object.isComplete { kinds.append("incomplete") }
    page.markup("<tr")
    if !kinds.isEmpty { page.attribute("data-k", kinds.joined(separator: " ")) }
    page.markup("><td>")
    picture(of: object, source, to: &page)
    page.markup("</td><td class=\"wrap\">")
    let name = String(decoding: object.url.isEmpty ? object.path : object.url, as: UTF8.self)
    if object.path.isEmpty {
      page.wire(name)
    } else {
      page.markup("<a")
      page.reference("href", to: object.path)
      page.markup(">")
      page.wire(name)
      page.markup("</a>")
    }
    if object.isRequest { page.markup(" <em>sent</em>") }
    if !object.isComplete { page.markup(" <em class=\"warn\">incomplete</em>") }
    if object.isExecutable { page.markup(" <em class=\"warn\">executable</em>") }
    if !object.sha256.isEmpty {
      page.markup("<br><small>SHA-256 <code>")
      page.text(object.sha256)
      page.markup("</code></small>")
    }
    page.markup("</td><td class=\"any\">")
    page.wire(String(decoding: object.declared, as: UTF8.self))
    page.markup(object.isMismatch ? "</td><td class=\"any warn\">" : "</td><td class=\"any\">")
    page.text(object.sniffed)
    page.markup("</td><td class=\"n\">")
    page.grouped(object.size)
    page.markup("</td><td class=\"any\">")
    page.wire(String(decoding: object.host, as: UTF8.self))
    page.markup("</td><td>")
    if let status = object.status { page.integer(Int64(status)) }
    page.markup("</td><td><a href=\"#c")
    page.integer(Int64(clamping: object.connection))
    page.markup("\">")
    page.integer(Int64(clamping: object.connection))
    page.markup("</a>.")
    page.integer(Int64(clamping: object.exchange))
    page.markup("</td></tr>\n")
  }

  private func picture(of object: ObjectRow, _ source: (any PageSource)?, to page: inout HTMLWriter) {
    guard let source, object.isComplete, !object.path.isEmpty, object.size > 0, object.size <= Int64(ObjectRow.mostThumbnail),
      object.sniffed.hasPrefix("image/"), let content = source.content(ofFile: object.path), let type = Thumbnail.type(of: content)
    else { return }
    page.picture(type, content, title: "picture of exchange \(object.exchange)")
  }
}
