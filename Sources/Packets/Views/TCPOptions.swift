/// One option of a TCP header (RFC 9293, section 3.2).
public struct TCPOption: ~Escapable, BitwiseCopyable {
  /// Number of the option.
  public var kind: UInt8
  /// Bytes behind kind and length: 0 to 38.
  public var data: Span<UInt8>

  @_lifetime(copy data)
  init(kind: UInt8, data: Span<UInt8>) {
    self.kind = kind
    self.data = data
  }
}

/// Iterator over the options of a TCP header.
///
///     var options = TCPOptions(segment.options)
///     while let option = options.next() { ... }
///     if options.isMalformed { ... }
///
/// Padding (kind 1) is skipped; the end of the list (kind 0) ends the walk.
public struct TCPOptions: ~Escapable, BitwiseCopyable {
  private var rest: Span<UInt8>
  /// Whether the walk ended at an option whose length is below 2 or beyond the header.
  public private(set) var isMalformed = false

  /// Creates an iterator at the first option.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) { rest = bytes }

  /// Returns the next option; nil at the end.
  ///
  /// O(1), except for padding.
  @_lifetime(copy self)
  public mutating func next() -> TCPOption? {
    while !rest.isEmpty {
      let kind = rest[0]
      if kind == 1 {
        rest = rest.extracting(droppingFirst: 1)
        continue
      }
      if kind == 0 { break }
      let length = rest.count >= 2 ? Int(rest[1]) : 0
      guard length >= 2, length <= rest.count else {
        isMalformed = true
        break
      }
      let data = rest.extracting(2..<length)
      rest = rest.extracting(droppingFirst: length)
      return TCPOption(kind: kind, data: data)
    }
    rest = rest.extracting(first: 0)
    return nil
  }
}
