import Foundation

@testable import FlowFiles

/// Tables of a page of the documentation, generated from the table of the output between two markers.
enum FormatPage {
  private static let open = "<!-- table: "
  private static let close = "<!-- end of table -->"

  /// The page with its tables written anew, and the titles of those tables.
  static func generated(_ page: String) throws -> (text: String, titles: [String]) {
    var parts = page.components(separatedBy: open)
    var titles: [String] = []
    for index in parts.indices.dropFirst() {
      let part = parts[index]
      guard let titleEnd = part.range(of: " -->\n"), let end = part.range(of: close) else { throw MarkerError(marker: part) }
      let title = String(part[..<titleEnd.lowerBound])
      titles.append(title)
      parts[index] = "\(title) -->\n\n\(try table(title))\n\(part[end.lowerBound...])"
    }
    return (parts.joined(separator: open), titles)
  }

  struct MarkerError: Error { var marker: String }

  private static func table(_ title: String) throws -> String {
    if let object = FormatTables.all.objects.first(where: { $0.title == title }) { return table(of: object) }
    if let list = FormatTables.all.lists.first(where: { $0.title == title }) { return table(of: list) }
    throw MarkerError(marker: title)
  }

  private static func table(of list: WordList) -> String {
    let rows = list.words.map { "| `\($0.name)` | \($0.meaning) |\n" }
    return "| Word | Meaning |\n| --- | --- |\n" + rows.joined()
  }

  private static func table(of object: OutputObject) -> String {
    let rows = object.fields.map { "| `\($0.name)` | \(words(for: $0.value)) | \($0.absence ?? "") | \($0.meaning) |\n" }
    return "| Field | Value | Left out | Meaning |\n| --- | --- | --- | --- |\n" + rows.joined()
  }

  /// The value in words, with a link to the list of its words or to the table of its fields.
  private static func words(for value: OutputValue) -> String { value.words(perWord: "number per", link) }

  private static func link(_ list: WordList) -> String {
    let heading = list.title.prefix(1).uppercased() + list.title.dropFirst()
    return "[\(list.title)](<doc:OutputWords#\(heading.replacing(" ", with: "-"))>)"
  }
}

extension OutputValue {
  /// The value in words.
  ///
  /// - Parameters:
  ///   - perWord: what precedes the list of a tally's words.
  ///   - name: a function that names a list of words.
  /// - Returns: what stands in the column of the value.
  func words(perWord: String, _ name: (WordList) -> String) -> String {
    switch self {
    case .text: "string"
    case .form(let form): form.description
    case .word(let list) where list.words.count == 1: "`\(list.words[0].name)`"
    case .word(let list): "word: \(name(list))"
    case .bool: "boolean"
    case .boolOrWord(let list): "boolean, or `\(list.words[0].name)`"
    case .integer(let least, let most) where least == most: "\(least)"
    case .integer(let least, nil): least == 0 ? "number" : "number from \(least)"
    case .integer(let least, let most?): "number from \(least) to \(most)"
    case .seconds: "number of seconds"
    case .object(let object): "object: \(object.title)"
    case .list(let element, _): "array of \(element.words(perWord: perWord, name))"
    case .tally(let list, _): "\(perWord) \(name(list))"
    case .optional(let element): "\(element.words(perWord: perWord, name)) or null"
    }
  }
}
