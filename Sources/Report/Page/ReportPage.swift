/// Source of what is too large to be in memory for all connections at once.
public protocol PageSource: AnyObject {
  /// Number of connections that may be shown in detail.
  var detailCount: Int { get }

  /// Returns a connection with at most `limit` marks of payload a direction.
  ///
  /// - Parameters:
  ///   - index: the place of the connection, the most important one first.
  ///   - limit: the greatest number of marks.
  /// - Returns: the connection; nil if it cannot be read.
  func detail(at index: Int, limit: Int) -> ConnectionDetail?

  /// Returns the content of a file of the output, if it is not longer than `ObjectRow.mostThumbnail`.
  func content(ofFile path: [UInt8]) -> [UInt8]?
}

/// Page report.html: one file without references to anything but the files beside it.
///
/// The same facts give the same bytes.
public struct ReportPage {
  /// Greatest number of bytes of a page.
  public static let mostBytes = 20_000_000
  /// Greatest number of connections that have a line.
  public static let mostRows = 10_000
  /// Greatest number of objects that have a line.
  public static let mostObjects = 5_000
  /// Greatest number of pairs of hosts that have a line.
  public static let mostPairs = 1_000
  /// Greatest number of marks of payload in the graph of one direction.
  public static let mostMarks = 2_000

  /// What was read, and what was found.
  public var facts: RunFacts
  /// Lines of the table of connections.
  public var rows: [ConnectionRow] = []
  /// Traffic over time.
  public var timeline = Timeline()
  /// Traffic between clients and servers.
  public var hosts = HostTable()
  /// Lines of the table of objects.
  public var objects: [ObjectRow] = []
  /// Number of objects without a line.
  public var objectsLeftOut: UInt64 = 0
  /// Number of connections that were to be shown in detail, and are not among those of the source.
  public var detailsLeftOut: UInt64 = 0
  /// What could not be kept for the page, because a temporary file could not be written; empty if nothing was lost.
  public var loss = ""
  /// Greatest number of bytes of this page.
  public var limit = ReportPage.mostBytes

  /// Creates a page without connections.
  public init(facts: RunFacts) { self.facts = facts }

  /// Returns the page as HTML.
  ///
  /// - Parameters:
  ///   - source: what is shown of single connections.
  ///   - sha256: returns the SHA-256 of bytes; the page allows its own style and script by their hashes.
  /// - Returns: the page, in UTF-8, with at most ``limit`` bytes unless that is less than the empty page needs.
  public func html(source: any PageSource, sha256: ([UInt8]) -> [UInt8]) -> [UInt8] {
    var page = HTMLWriter()
    head(to: &page, sha256)
    verdict(to: &page)
    custody(to: &page)
    timelineSection(to: &page)
    // A half for the table, a tenth for hosts, a quarter for objects; what they leave is for single connections.
    let shown = connections(to: &page, room: limit / 2)
    hostSection(to: &page, room: limit / 10)
    objectSection(to: &page, source, room: limit / 4)
    details(to: &page, source, shown: shown, room: limit - page.bytes.count - PageScript.text.utf8.count - 4_096)
    page.markup("</main>\n<script>")
    page.markup(PageScript.source)
    page.markup("</script>\n</body>\n</html>\n")
    return page.bytes
  }

  private func head(to page: inout HTMLWriter, _ sha256: ([UInt8]) -> [UInt8]) {
    func hash(_ text: String) -> String { "'sha256-\(Base64.text(sha256(Array(text.utf8))))'" }
    page.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\"")
    page.attribute(
      "content",
      "default-src 'none'; style-src \(hash(PageStyle.text)); script-src \(hash(PageScript.text)); img-src data:; base-uri 'none'; "
        + "form-action 'none'")
    page.markup(">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    page.markup("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
    page.markup("<link rel=\"icon\" href=\"data:,\">\n<title>reasm report</title>\n<style>")
    page.markup(PageStyle.source)
    page.markup("</style>\n</head>\n<body>\n")
    page.markup("<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>")
    page.markup("<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">")
    page.markup("<rect class=\"hatch0\" width=\"6\" height=\"6\"/><rect class=\"hatch1\" width=\"2\" height=\"6\"/></pattern>")
    page.markup("</defs></svg>\n<header><span class=\"brand\">reasm report</span><nav>")
    page.markup("<a href=\"#verdict\">Verdict</a> <a href=\"#custody\">Custody</a> <a href=\"#timeline\">Timeline</a> ")
    page.markup("<a href=\"#connections\">Connections</a> <a href=\"#hosts\">Hosts</a> ")
    if facts.readsHTTP { page.markup("<a href=\"#objects\">Objects</a> ") }
    page.markup("<a href=\"#details\">Single connections</a></nav></header>\n<main>\n")
  }
}
