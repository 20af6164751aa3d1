/// Cursor over the bytes of a message, which reads numbers and vectors of TLS (RFC 8446, section 3).
///
/// Every read is checked: one beyond the end returns nil, and the cursor does not move.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var position: Int
  let end: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  private init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  var count: Int { end - position }
  var isEmpty: Bool { position >= end }

  /// Reads a number of `width` bytes, at most three.
  mutating func number(_ width: Int) -> Int? {
    guard count >= width else { return nil }
    var value = 0
    for _ in 0..<width {
      value = value << 8 | Int(bytes[position])
      position += 1
    }
    return value
  }

  mutating func uint16() -> UInt16? { number(2).map { UInt16(truncatingIfNeeded: $0) } }

  /// Reads bytes.
  mutating func take(_ length: Int) -> [UInt8]? {
    guard length >= 0, count >= length else { return nil }
    defer { position += length }
    return [UInt8](bytes[position..<(position + length)])
  }

  /// Reads a vector whose length stands before it in `width` bytes.
  mutating func vector(_ width: Int) -> ByteReader? {
    let start = position
    guard let length = number(width), count >= length else {
      position = start
      return nil
    }
    defer { position += length }
    return ByteReader(bytes, position..<(position + length))
  }

  /// The bytes that are left.
  var rest: [UInt8] { [UInt8](bytes[position..<end]) }

  /// Numbers of two bytes up to the end.
  var numbers: [UInt16] {
    var copy = self
    var list: [UInt16] = []
    while let value = copy.uint16() { list.append(value) }
    return list
  }
}
