/// Formatter of the bytes of one block, which arrive in pieces.
struct PayloadText {
  private static let rowLength = 16
  /// Number of bytes in a line of 76 base64 characters.
  private static let base64Length = 57

  private let format: PayloadFormat
  /// Bytes that wait for the rest of their row; as text, a carriage return that waits for its line feed.
  private var row: [UInt8] = []
  private var rowOffset: Int64 = 0
  private var isAtLineStart = true
  /// Characters at the start of a line that may be those of a line of the program; they are at most three, and equal.
  private var lineStart: [UInt8] = []
  /// Bytes of a character that is not complete yet.
  private var character: [UInt8] = []

  init(_ format: PayloadFormat) { self.format = format }

  /// Begins a block at an offset of its stream.
  mutating func begin(at offset: Int64) {
    row.removeAll(keepingCapacity: true)
    character.removeAll(keepingCapacity: true)
    lineStart.removeAll(keepingCapacity: true)
    rowOffset = offset
    isAtLineStart = true
  }

  mutating func add(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    for index in bytes.indices {
      let byte = bytes[index]
      switch format {
      case .raw: output.append(byte)
      case .text: addText(byte, to: &output)
      case .ascii: addASCII(byte, to: &output)
      case .hex, .base64:
        row.append(byte)
        if row.count == (format == .hex ? Self.rowLength : Self.base64Length) { endRow(&output) }
      }
    }
  }

  /// Ends the block: writes the waiting bytes, and ends the line.
  mutating func end(_ output: inout [UInt8]) {
    switch format {
    case .raw: break
    case .hex, .base64: if !row.isEmpty { endRow(&output) }
    case .text, .ascii:
      endCharacter(&output)
      flushReturn(&output)
      let isOpen = !isAtLineStart || !lineStart.isEmpty
      flushLineStart(&output)
      if isOpen { output.append(0x0a) }
    }
  }

  /// Adds a byte of UTF-8: a printable character as it is, a dot for every other byte.
  private mutating func addText(_ byte: UInt8, to output: inout [UInt8]) {
    if character.isEmpty {
      guard UTF8Character.begins(with: byte) else { return addASCII(byte, to: &output) }
      flushReturn(&output)
      character.append(byte)
    } else if UTF8Character.continues(character, with: byte) {
      character.append(byte)
      guard UTF8Character.isComplete(character) else { return }
      let isPrintable = UTF8Character.isPrintable(character)
      for byte in character { put(isPrintable ? byte : 0x2e, &output) }
      character.removeAll(keepingCapacity: true)
    } else {
      endCharacter(&output)
      addText(byte, to: &output)
    }
  }

  /// Ends a character whose other bytes do not come.
  private mutating func endCharacter(_ output: inout [UInt8]) {
    for _ in character { put(0x2e, &output) }
    character.removeAll(keepingCapacity: true)
  }

  private mutating func addASCII(_ byte: UInt8, to output: inout [UInt8]) {
    // The usual end of a line in protocols is two bytes. A carriage return alone could overwrite text on the screen.
    if byte == 0x0a { row.removeAll(keepingCapacity: true) } else { flushReturn(&output) }
    if byte == 0x0d {
      row.append(byte)
    } else {
      put(byte == 0x0a || byte == 0x09 ? byte : Self.printable(byte), &output)
    }
  }

  /// Writes a byte that is harmless; payload that looks like a line of the program gets a backslash in front.
  private mutating func put(_ byte: UInt8, _ output: inout [UInt8]) {
    if isAtLineStart {
      if lineStart.count < 3, Self.marks.contains(byte), lineStart.first ?? byte == byte { return lineStart.append(byte) }
      if lineStart.count == 3, byte == 0x20 { output.append(0x5c) }
      flushLineStart(&output)
    }
    output.append(byte)
    isAtLineStart = byte == 0x0a
  }

  /// Characters with which lines of the program begin: `=== `, `--- ` and `... `.
  private static let marks: [UInt8] = [0x3d, 0x2d, 0x2e]

  private mutating func flushLineStart(_ output: inout [UInt8]) {
    output += lineStart
    lineStart.removeAll(keepingCapacity: true)
  }

  private mutating func flushReturn(_ output: inout [UInt8]) {
    guard !row.isEmpty else { return }
    row.removeAll(keepingCapacity: true)
    put(0x2e, &output)
  }

  private static func printable(_ byte: UInt8) -> UInt8 { (0x20..<0x7f).contains(byte) ? byte : 0x2e }

  private mutating func endRow(_ output: inout [UInt8]) {
    if format == .hex { addHexRow(&output) } else { addBase64Row(&output) }
    output.append(0x0a)
    rowOffset &+= Int64(row.count)
    row.removeAll(keepingCapacity: true)
  }

  /// Adds a row of hexadecimal bytes.
  ///
  /// `00000010  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 30 0d 0a  |GET / HTTP/1.0..|`
  private func addHexRow(_ output: inout [UInt8]) {
    let offset = String(rowOffset, radix: 16)
    output.append(contentsOf: repeatElement(0x30, count: max(0, 8 - offset.utf8.count)))
    output.append(contentsOf: offset.utf8)
    for index in 0..<Self.rowLength {
      output.append(0x20)
      if index % 8 == 0 { output.append(0x20) }
      guard index < row.count else {
        output.append(contentsOf: [0x20, 0x20])
        continue
      }
      output.append(Self.hexDigits[Int(row[index] >> 4)])
      output.append(Self.hexDigits[Int(row[index] & 15)])
    }
    output.append(contentsOf: [0x20, 0x20, 0x7c])
    output.append(contentsOf: row.map(Self.printable))
    output.append(0x7c)
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)
  private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private func addBase64Row(_ output: inout [UInt8]) {
    for start in stride(from: 0, to: row.count, by: 3) {
      let group = row[start..<min(start + 3, row.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for digit in 0..<4 {
        output.append(digit <= group.count ? Self.base64Digits[Int(bits >> UInt32(18 - 6 * digit) & 63)] : 0x3d)
      }
    }
  }
}
