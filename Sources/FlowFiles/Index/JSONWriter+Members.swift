internal import HTTP

extension JSONWriter {
  /// Writes a member with bytes of the wire, unless they are empty.
  ///
  /// Bytes that are not UTF-8 are written as Latin-1.
  mutating func wire(_ name: StaticString, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    key(name)
    wireValue(bytes)
  }

  /// Writes bytes of the wire as a value: UTF-8, else Latin-1.
  mutating func wireValue(_ bytes: [UInt8]) {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) {
      string { writer in writer.appendPlain { $0 += bytes } }
    } else if let text = String(validating: bytes, as: UTF8.self) {
      string(text)
    } else {
      var text = ""
      for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
      string(text)
    }
  }

  /// Writes a member with a path that consists of printable ASCII without quotes and backslashes.
  mutating func ascii(_ name: StaticString, _ path: [UInt8]) {
    key(name)
    string { writer in writer.appendPlain { $0 += path } }
  }

  /// Writes a member with a string.
  mutating func text(_ name: StaticString, _ text: String) {
    key(name)
    string(text)
  }

  /// Writes a member with a number, unless it is zero.
  mutating func unlessZero(_ name: StaticString, _ value: Int64) { integer(name, value, unless: 0) }

  /// Writes null as the value of a member that has none, if all members are written.
  mutating func nullIfFull(_ name: StaticString) {
    guard isFull else { return }
    key(name)
    null()
  }

  /// Writes a member with nanoseconds as a number of seconds.
  mutating func seconds(_ name: StaticString, _ nanoseconds: Int64) {
    member(name, OutputSpan<UInt8>.secondsRoom) { $0.append(seconds: nanoseconds) }
  }

  /// Writes a member with a count, unless it is zero.
  mutating func unlessZero(_ name: StaticString, _ count: UInt64) {
    guard count != 0 || isFull else { return }
    member(name, OutputSpan<UInt8>.decimalRoom) { $0.append(decimal: count) }
  }

  /// Writes a member with a number, unless it equals another member's.
  mutating func integer(_ name: StaticString, _ value: Int64, unless other: Int64) {
    guard value != other || isFull else { return }
    key(name)
    integer(value)
  }

  /// Writes a member with field lines as pairs of name and value, unless there are none.
  mutating func fields(_ name: StaticString, _ fields: [HeaderField]) {
    guard !fields.isEmpty else { return }
    key(name)
    beginArray()
    for field in fields {
      beginArray()
      wireValue(field.name)
      wireValue(field.value)
      endArray()
    }
    endArray()
  }

  /// Writes a member with ranges of a body or of a message, unless there are none.
  mutating func ranges(_ name: StaticString, _ ranges: [ByteRange]) {
    guard !ranges.isEmpty else { return }
    key(name)
    beginArray()
    for range in ranges {
      beginObject()
      key("offset")
      integer(range.offset)
      key("length")
      integer(range.length)
      endObject()
    }
    endArray()
  }
}
