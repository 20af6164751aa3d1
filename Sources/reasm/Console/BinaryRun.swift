/// Beginning and length of bytes of one side that are mostly no text, which are printed as a line and two of hexadecimal.
struct BinaryRun {
  /// Number of bytes that are looked at together.
  static let sample = 512
  /// Fewer bytes are of the same kind as those before them.
  private static let least = 16
  private static let shown = 32

  private var first: [UInt8] = []
  private var count: Int64 = 0
  private let offset: Int64

  init(offset: Int64) { self.offset = offset }

  /// Returns whether bytes are mostly no text; nil if they are too few to tell.
  ///
  /// More than two bytes of five that are no text are mostly binary: of random bytes, three of five are none.
  static func isBinary(_ bytes: [UInt8]) -> Bool? {
    bytes.count < least ? nil : strange(bytes) * 5 > bytes.count * 2
  }

  mutating func add(_ bytes: Span<UInt8>) {
    for index in 0..<min(bytes.count, Self.shown - first.count) { first.append(bytes[index]) }
    count &+= Int64(bytes.count)
  }

  /// Returns the number of bytes at the beginning that are text: whole lines, or many bytes.
  static func textBefore(_ bytes: [UInt8]) -> Int {
    let first = bytes.firstIndex { !isText($0) } ?? bytes.count
    return bytes[..<first].lastIndex(of: 0x0a).map { $0 + 1 } ?? (first >= shown ? first : 0)
  }

  /// Returns the number of bytes at the end that are text, if they are many.
  static func textBehind(_ bytes: [UInt8]) -> Int {
    let count = bytes.reversed().prefix { isText($0) }.count
    return count >= shown ? count : 0
  }

  private static func isText(_ byte: UInt8) -> Bool { (0x20..<0x7f).contains(byte) || [0x09, 0x0a, 0x0d].contains(byte) }

  /// Returns the number of bytes that are no part of printable characters or ends of lines.
  private static func strange(_ bytes: [UInt8]) -> Int {
    var (strange, character) = (0, [UInt8]())
    for byte in bytes {
      if !character.isEmpty, UTF8Character.continues(character, with: byte) {
        character.append(byte)
        guard UTF8Character.isComplete(character) else { continue }
        if !UTF8Character.isPrintable(character) { strange += character.count }
        character.removeAll(keepingCapacity: true)
        continue
      }
      strange += character.count
      character.removeAll(keepingCapacity: true)
      if UTF8Character.begins(with: byte) {
        character.append(byte)
      } else if !isText(byte) {
        strange += 1
      }
    }
    return strange
  }

  private static let signatures: [(name: String, bytes: [UInt8])] = [
    ("gzip", [0x1f, 0x8b, 8]), ("ZIP", [0x50, 0x4b, 3, 4]), ("PNG", [0x89, 0x50, 0x4e, 0x47]), ("JPEG", [0xff, 0xd8, 0xff]),
    ("ELF", [0x7f, 0x45, 0x4c, 0x46]), ("zstd", [0x28, 0xb5, 0x2f, 0xfd]), ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]),
  ]

  /// Type by the first bytes.
  private var type: String {
    if let known = Self.signatures.first(where: { first.starts(with: $0.bytes) }) { return known.name }
    // Content type, version 3.x, and a length of at most 2^14 and what encryption adds.
    let isRecord = first.count >= 5 && (0x14...0x17).contains(first[0]) && first[1] == 3 && first[2] <= 4 && first[3] <= 0x48
    return isRecord ? "TLS" : "binary"
  }

  /// Line that stands for the bytes.
  ///
  /// - Parameter others: the number of bytes of the run that were not added.
  /// - Returns: type and length.
  func words(others: Int64) -> String { "... \(type), \(DisplayText.count(UInt64(clamping: count &+ others), "byte"))\n" }

  /// Appends the first bytes in hexadecimal; matches in them stand out.
  func addRows(marking places: MatchPlaces, to output: inout [UInt8]) {
    var rows = PayloadText(.hex)
    rows.begin(at: offset, marking: places)
    rows.add(first.span, to: &output)
    rows.end(&output)
  }
}
