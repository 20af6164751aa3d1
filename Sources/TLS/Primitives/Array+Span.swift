extension [UInt8] {
  /// Creates an array of the bytes of a span.
  init(copying span: Span<UInt8>) { self = span.withUnsafeBufferPointer { [UInt8]($0) } }

  /// Appends the bytes of a span.
  mutating func append(contentsOf span: Span<UInt8>) {
    // The buffer is used only within the call, and the span keeps its memory alive that long.
    span.withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}
