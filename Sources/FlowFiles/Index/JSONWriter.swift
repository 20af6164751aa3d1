internal import Packets
internal import Paths

/// Writer of JSON into a reused byte array: nothing is allocated once that is large enough.
///
/// The caller opens and closes objects and arrays in pairs, and writes a key before each value of an object. The writer sets the commas.
/// With `isIndented`, objects and arrays are split into lines, for people who compare two files.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let isIndented: Bool
  /// Whether members that are left out if they are zero, empty or equal to another are written all the same.
  var isFull = false
  private var depth = 0
  private var needsComma = false
  private var followsKey = false

  init(isIndented: Bool = false) { self.isIndented = isIndented }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Removes the first bytes, which must end between two lines.
  mutating func removeFirst(_ count: Int) { bytes.removeFirst(count) }

  mutating func endLine() {
    bytes.append(0x0a)
    needsComma = false
  }

  mutating func beginObject() { begin(0x7b) }
  mutating func endObject() { end(0x7d) }
  mutating func beginArray() { begin(0x5b) }
  mutating func endArray() { end(0x5d) }

  private mutating func begin(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    depth += 1
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    depth -= 1
    if isIndented, needsComma { breakLine() }
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if followsKey {
      followsKey = false
      return
    }
    if needsComma { bytes.append(0x2c) }
    if isIndented, depth > 0 { breakLine() }
  }

  private mutating func breakLine() {
    bytes.append(0x0a)
    for _ in 0..<depth { bytes.append(contentsOf: [0x20, 0x20]) }
  }

  /// Writes a key.
  ///
  /// - Parameter name: plain ASCII without quotes or backslashes, such as the names of this format's fields.
  mutating func key(_ name: StaticString) {
    separate()
    bytes.append(addingCapacity: name.utf8CodeUnitCount + 4) { text in
      text.append(key: name)
      if isIndented { text.append(0x20) }
    }
    followsKey = true
  }

  /// Writes a key.
  ///
  /// - Parameter name: plain ASCII without quotes or backslashes.
  mutating func key(named name: String) {
    separate()
    bytes.append(0x22)
    bytes.append(text: name)
    bytes.append(0x22)
    bytes.append(0x3a)
    if isIndented { bytes.append(0x20) }
    followsKey = true
  }

  mutating func null() { raw("null") }
  mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

  private mutating func raw(_ text: StaticString) { value(text.utf8CodeUnitCount) { $0.append(text: text) } }

  mutating func integer(_ value: UInt64) { self.value(OutputSpan<UInt8>.decimalRoom) { $0.append(decimal: value) } }

  mutating func integer(_ value: Int64) {
    self.value(OutputSpan<UInt8>.decimalRoom) { text in
      if value < 0 { text.append(0x2d) }
      text.append(decimal: value.magnitude)
    }
  }

  /// Writes a word of this format, which needs no escaping.
  mutating func word(_ word: StaticString) { plain(word.utf8CodeUnitCount) { $0.append(text: word) } }
  mutating func time(_ time: Timestamp) { plain(OutputSpan<UInt8>.timeRoom) { $0.append(time: time) } }
  mutating func address(_ address: IPAddress) { plain(OutputSpan<UInt8>.addressRoom) { $0.append(address: address) } }

  /// Writes a value that `write` appends unchanged, with at most `room` bytes.
  @inline(__always)
  private mutating func value(_ room: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
    separate()
    bytes.append(addingCapacity: room, initializingWith: write)
    needsComma = true
  }

  /// Writes a member whose value `write` appends unchanged, with at most `room` bytes.
  ///
  /// Room is reserved once for both.
  @inline(__always)
  mutating func member(_ name: StaticString, _ room: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
    separate()
    bytes.append(addingCapacity: name.utf8CodeUnitCount + 4 + room) { text in
      text.append(key: name)
      if isIndented { text.append(0x20) }
      write(&text)
    }
    needsComma = true
  }

  /// Writes a string with at most `room` bytes that need no escaping.
  @inline(__always)
  private mutating func plain(_ room: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
    value(room + 2) { text in
      text.append(0x22)
      write(&text)
      text.append(0x22)
    }
  }

  /// Writes a string, with escapes for what JSON requires, and for what could drive a terminal that displays the file.
  mutating func string(_ text: String) {
    string { writer in
      for scalar in text.unicodeScalars {
        if scalar == "\"" || scalar == "\\" {
          writer.bytes.append(0x5c)
        } else if !scalar.isHarmlessOnTerminal {
          for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            writer.bytes.append(text: "\\u")
            writer.bytes.append(hexadecimal: [UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit)])
          }
          continue
        }
        writer.bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }

  /// Writes a path as text.
  ///
  /// JSON must be UTF-8. If a path is not, the text has U+FFFD, and a second key with the suffix `_base64` has the bytes in base64.
  mutating func path(_ name: String, _ path: FilePath) {
    key(named: name)
    string(path.description)
    let isText = path.text != nil
    guard !isText || isFull else { return }
    key(named: name + "_base64")
    if isText { null() } else { base64(path.bytes) }
  }

  mutating func base64(_ data: [UInt8]) { string { $0.bytes.append(base64: data) } }
  mutating func hexadecimal(_ data: [UInt8]) { string { $0.bytes.append(hexadecimal: data) } }

  /// Writes a string whose text `write` appends to `bytes`, escaped if necessary.
  mutating func string(_ write: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(0x22)
    write(&self)
    bytes.append(0x22)
    needsComma = true
  }

  /// Writes a number whose digits `append` appends.
  mutating func number(_ append: (inout [UInt8]) -> Void) {
    separate()
    append(&bytes)
    needsComma = true
  }

  /// Appends text that needs no escaping: digits, addresses, base64.
  mutating func appendPlain(_ append: (inout [UInt8]) -> Void) { append(&bytes) }
}
