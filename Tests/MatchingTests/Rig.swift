import Matching
import PlainSearch

/// The library of the searches.
enum Library {
  /// Whether it can be loaded.
  static let isThere = PatternSet.isLoadable
  static let reason = "needs libvectorscan5, whose library libhs.so.5 cannot be loaded"
}

extension Found {
  /// Matches in one piece of text, as texts.
  static func texts(_ patterns: [Pattern], _ text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    return try matches(of: PatternSet(patterns), in: [.bytes(bytes)]).map {
      String(decoding: bytes[Int($0.offset)..<Int($0.offset + $0.length)], as: UTF8.self)
    }
  }
}

extension Pattern {
  /// Creates a pattern of text.
  init(_ text: String, isLiteral: Bool = false, flags: Flags = []) { self.init(Array(text.utf8), isLiteral: isLiteral, flags: flags) }
}
