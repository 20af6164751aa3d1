/// Formatter of the bytes of one block, which arrive in pieces.
struct PayloadText {
  private static let rowLength = 16
  /// Number of bytes in a line of 76 base64 characters.
  private static let base64Length = 57

  /// Bytes that wait, 64 at most.
  private struct Waiting {
    private(set) var bytes: [UInt8] = []
    /// Bit for each byte: whether it is part of a match.
    private var matches: UInt64 = 0

    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ byte: UInt8, _ isMatched: Bool) {
      if isMatched { matches |= 1 << UInt64(bytes.count) }
      bytes.append(byte)
    }

    mutating func removeAll() {
      bytes.removeAll(keepingCapacity: true)
      matches = 0
    }

    func isMatched(_ index: Int) -> Bool { matches >> UInt64(index) & 1 == 1 }
    var hasMatch: Bool { matches != 0 }
  }

  private let format: PayloadFormat
  /// Bytes that wait for the rest of their row; as text, a carriage return that waits for its line feed.
  private var row = Waiting()
  private var rowOffset: Int64 = 0
  private var isAtLineStart = true
  /// Characters at the start of a line that may be those of a line of the program; they are at most three, and equal.
  private var lineStart = Waiting()
  /// Bytes of a character that is not complete yet.
  private var character = Waiting()
  /// Offset of the next byte.
  private var offset: Int64 = 0
  /// Matches, which are printed in reverse video, and the index of the first one that ends behind the next byte.
  private var places = MatchPlaces.none
  private var place = 0
  /// Whether what is written next is in reverse video.
  private var isReversed = false

  init(_ format: PayloadFormat) { self.format = format }

  /// Begins a block.
  ///
  /// O(log matches).
  ///
  /// - Parameters:
  ///   - offset: the offset of the first byte in its stream.
  ///   - places: the matches in the stream, which stand out; none unless the output has colours.
  mutating func begin(at offset: Int64, marking places: MatchPlaces = .none) {
    row.removeAll()
    character.removeAll()
    lineStart.removeAll()
    rowOffset = offset
    isAtLineStart = true
    self.offset = offset
    self.places = places
    place = places.index(at: offset)
  }

  mutating func add(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    for index in bytes.indices {
      let byte = bytes[index]
      let isMatched = !places.isEmpty && places.contains(offset &+ Int64(index), &place)
      switch format {
      case .raw: output.append(byte)
      case .text: addText(byte, isMatched, to: &output)
      case .ascii: addASCII(byte, isMatched, to: &output)
      case .hex, .base64:
        row.append(byte, isMatched)
        if row.count == (format == .hex ? Self.rowLength : Self.base64Length) { endRow(&output) }
      }
    }
    offset &+= Int64(bytes.count)
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
      if isOpen { write(0x0a, false, &output) }
    }
  }

  /// Adds a byte of UTF-8: a printable character as it is, a dot for every other byte.
  private mutating func addText(_ byte: UInt8, _ isMatched: Bool, to output: inout [UInt8]) {
    if character.isEmpty {
      guard UTF8Character.begins(with: byte) else { return addASCII(byte, isMatched, to: &output) }
      flushReturn(&output)
      character.append(byte, isMatched)
    } else if UTF8Character.continues(character.bytes, with: byte) {
      character.append(byte, isMatched)
      guard UTF8Character.isComplete(character.bytes) else { return }
      guard UTF8Character.isPrintable(character.bytes) else { return endCharacter(&output) }
      // A character stands out as a whole.
      for byte in character.bytes { put(byte, character.hasMatch, &output) }
      character.removeAll()
    } else {
      endCharacter(&output)
      addText(byte, isMatched, to: &output)
    }
  }

  /// Ends a character that is not printable, or whose other bytes do not come.
  private mutating func endCharacter(_ output: inout [UInt8]) {
    for index in 0..<character.count { put(0x2e, character.isMatched(index), &output) }
    character.removeAll()
  }

  private mutating func addASCII(_ byte: UInt8, _ isMatched: Bool, to output: inout [UInt8]) {
    // The usual end of a line in protocols is two bytes. A carriage return alone could overwrite text on the screen.
    if byte == 0x0a { row.removeAll() } else { flushReturn(&output) }
    if byte == 0x0d {
      row.append(byte, isMatched)
    } else {
      put(byte == 0x0a || byte == 0x09 ? byte : Self.printable(byte), isMatched, &output)
    }
  }

  /// Writes a byte that is harmless; payload that looks like a line of the program gets a backslash in front.
  private mutating func put(_ byte: UInt8, _ isMatched: Bool, _ output: inout [UInt8]) {
    if isAtLineStart {
      if lineStart.count < 3, Self.marks.contains(byte), lineStart.bytes.first ?? byte == byte {
        return lineStart.append(byte, isMatched)
      }
      if lineStart.count == 3, byte == 0x20 { output.append(0x5c) }
      flushLineStart(&output)
    }
    write(byte, isMatched, &output)
    isAtLineStart = byte == 0x0a
  }

  /// Writes a byte of a line; reverse video ends with the line, so that each line is whole for `grep` and `less`.
  private mutating func write(_ byte: UInt8, _ isMatched: Bool, _ output: inout [UInt8]) {
    reverse(isMatched && byte != 0x0a, &output)
    output.append(byte)
  }

  private mutating func reverse(_ isWanted: Bool, _ output: inout [UInt8]) {
    guard isWanted != isReversed else { return }
    isReversed = isWanted
    output.append(contentsOf: (isWanted ? TerminalStyle.Part.match : .matchEnd).rawValue.utf8)
  }

  /// Characters with which lines of the program begin: `=== `, `--- ` and `... `.
  private static let marks: [UInt8] = [0x3d, 0x2d, 0x2e]

  private mutating func flushLineStart(_ output: inout [UInt8]) {
    for index in 0..<lineStart.count { write(lineStart.bytes[index], lineStart.isMatched(index), &output) }
    lineStart.removeAll()
  }

  private mutating func flushReturn(_ output: inout [UInt8]) {
    guard !row.isEmpty else { return }
    let isMatched = row.hasMatch
    row.removeAll()
    put(0x2e, isMatched, &output)
  }

  private static func printable(_ byte: UInt8) -> UInt8 { (0x20..<0x7f).contains(byte) ? byte : 0x2e }

  private mutating func endRow(_ output: inout [UInt8]) {
    if format == .hex { addHexRow(&output) } else { addBase64Row(&output) }
    output.append(0x0a)
    rowOffset &+= Int64(row.count)
    row.removeAll()
  }

  /// Adds a row of hexadecimal bytes.
  ///
  /// `00000010  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 30 0d 0a  |GET / HTTP/1.0..|`
  private mutating func addHexRow(_ output: inout [UInt8]) {
    let offset = String(rowOffset, radix: 16)
    output.append(contentsOf: repeatElement(0x30, count: max(0, 8 - offset.utf8.count)))
    output.append(contentsOf: offset.utf8)
    for index in 0..<Self.rowLength {
      // The space between two bytes of a match stands out with them.
      if !row.isMatched(index) { reverse(false, &output) }
      output.append(0x20)
      if index % 8 == 0 { output.append(0x20) }
      reverse(row.isMatched(index), &output)
      guard index < row.count else {
        output.append(contentsOf: [0x20, 0x20])
        continue
      }
      output.append(Self.hexDigits[Int(row.bytes[index] >> 4)])
      output.append(Self.hexDigits[Int(row.bytes[index] & 15)])
    }
    reverse(false, &output)
    output.append(contentsOf: [0x20, 0x20, 0x7c])
    for index in 0..<row.count { write(Self.printable(row.bytes[index]), row.isMatched(index), &output) }
    reverse(false, &output)
    output.append(0x7c)
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)
  private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private func addBase64Row(_ output: inout [UInt8]) {
    for start in stride(from: 0, to: row.count, by: 3) {
      let group = row.bytes[start..<min(start + 3, row.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for digit in 0..<4 {
        output.append(digit <= group.count ? Self.base64Digits[Int(bits >> UInt32(18 - 6 * digit) & 63)] : 0x3d)
      }
    }
  }
}
