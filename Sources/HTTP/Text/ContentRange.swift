/// Value of Content-Range in bytes (RFC 9110, section 14.4).
public struct ContentRange: Hashable, Sendable {
  /// Position of the first byte.
  public var first: Int64
  /// Position of the last byte, which is not below `first`.
  public var last: Int64
  /// Length of the complete representation; nil if it is unknown.
  public var total: Int64?

  /// Creates a range from a field value; nil if the value is not a valid range of bytes.
  ///
  /// - Parameter text: the field value, such as `bytes 0-499/1234`.
  public init?(_ text: [UInt8]) {
    let trimmed = text.trimmed
    guard trimmed.beginsIgnoringCase("bytes") else { return nil }
    var rest = trimmed.dropFirst(5)
    guard let blank = rest.first, blank.isBlank || blank == 0x3d || blank == 0x3a else { return nil }
    rest = rest.dropFirst().trimmed
    guard let dash = rest.firstIndex(of: 0x2d), let slash = rest[dash...].firstIndex(of: 0x2f),
      let first = rest[..<dash].trimmed.decimal, let last = rest[(dash + 1)..<slash].trimmed.decimal, first <= last
    else { return nil }
    let whole = rest[(slash + 1)...].trimmed
    let total = whole.decimal
    guard total != nil || whole.elementsEqual([0x2a]), total.map({ last < $0 }) ?? true else { return nil }
    self.first = first
    self.last = last
    self.total = total
  }
}
