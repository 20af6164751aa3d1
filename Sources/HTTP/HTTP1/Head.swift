/// Head of a message: the start line, the field lines and the framing that they declare.
///
/// Deviations from the grammar are read as most programs read them, and noted: bare LF, folded lines, white space before the colon, bare
/// CR, NUL.
struct Head {
  private(set) var startLine: [UInt8] = []
  /// Field lines, up to the limit.
  private(set) var fields: [HeaderField] = []
  private(set) var notes: [Note] = []
  /// First valid Content-Length; nil if there is none.
  private(set) var length: Int64?
  /// Codings of Transfer-Encoding in the order in which they were applied, in lower case.
  private(set) var transferCodings: [[UInt8]] = []
  /// Codings of Content-Encoding in the order in which they were applied, in lower case.
  private(set) var contentCodings: [[UInt8]] = []
  private let maxFields: Int
  /// Whether there are field lines beyond the limit.
  private(set) var hasMoreFields = false

  /// Parses a head.
  ///
  /// - Parameters:
  ///   - bytes: the lines with their line ends; the empty line at the end is optional.
  ///   - maxFields: maximum number of field lines that are kept. The framing is read from the other ones too.
  ///   - hasStartLine: whether the first line is a start line.
  init(_ bytes: [UInt8], maxFields: Int, hasStartLine: Bool = true) {
    self.maxFields = maxFields
    var line: [UInt8] = []
    var isFirst = hasStartLine
    for piece in Self.lines(bytes, &notes) {
      if let first = piece.first, first == 0x20 || first == 0x09 {
        // The line continues the previous one, which may be the start line or a name whose colon is in this line.
        note(.folded)
        let more = piece.trimmed
        if !more.isEmpty { line += (line.isEmpty ? [] : [0x20]) + more }
        continue
      }
      take(line, &isFirst)
      line = Array(piece)
    }
    take(line, &isFirst)
    settleLengths()
  }

  /// Splits a head into lines without their line ends.
  ///
  /// A bare CR ends a line if a field line follows it, and is a blank otherwise.
  private static func lines(_ bytes: [UInt8], _ notes: inout [Note]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    func note(_ note: Note) { if !notes.contains(note) { notes.append(note) } }
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0a)
      var line = bytes[start..<(end ?? bytes.count)]
      start = end.map { $0 + 1 } ?? bytes.count
      if line.last == 0x0d { line = line.dropLast() } else if end != nil { note(.bareLF) }
      if line.contains(0) { note(.nul) }
      while let cut = line.firstIndex(of: 0x0d) {
        note(.bareCR)
        let rest = line[(cut + 1)...]
        let name = rest.prefix { $0.isTokenByte }
        guard !name.isEmpty, name.endIndex < rest.endIndex, rest[name.endIndex] == 0x3a else { break }
        lines.append(line[..<cut])
        line = rest
      }
      lines.append(line)
    }
    return lines
  }

  mutating func note(_ note: Note) { if !notes.contains(note) { notes.append(note) } }

  /// Takes a line with its continuations: the start line or a field line.
  private mutating func take(_ line: [UInt8], _ isFirst: inout Bool) {
    if isFirst {
      // Empty lines before the start line are skipped.
      guard !line.isEmpty else { return }
      startLine = line
      isFirst = false
    } else if !line.isEmpty {
      take(read(line))
    }
  }

  private mutating func read(_ line: [UInt8]) -> HeaderField {
    guard let colon = line.firstIndex(of: 0x3a) else { return HeaderField(name: Array(line.trimmed), value: []) }
    var name = line[..<colon]
    if let last = name.last, last.isBlank {
      note(.spaceBeforeColon)
      name = name.trimmed
    }
    return HeaderField(name: Array(name), value: Array(line[(colon + 1)...].trimmed))
  }

  /// Values of Content-Length, as sent.
  private var lengths: [ArraySlice<UInt8>] = []

  private mutating func take(_ field: HeaderField) {
    if fields.count < maxFields { fields.append(field) } else { hasMoreFields = true }
    // Most programs ignore a NUL in the name and a second colon.
    let name = field.name.filter { $0 != 0 }
    let value = Array(field.value.drop { $0 == 0x3a || $0.isBlank })
    if name.equalsIgnoringCase("content-length") {
      // Two different values are enough for the note.
      if lengths.count < 64 { lengths += value.isEmpty ? [[]] : value.listElements.prefix(64) }
    } else if name.equalsIgnoringCase("transfer-encoding") {
      add(value, to: &transferCodings)
    } else if name.equalsIgnoringCase("content-encoding") {
      add(value, to: &contentCodings)
    }
  }

  /// Maximum number of codings that are kept, which exceeds the number that is decoded.
  private static let mostCodings = 64

  /// Adds the codings of a field value, without parameters and without bytes that are not allowed in a token.
  private func add(_ value: [UInt8], to codings: inout [[UInt8]]) {
    for element in value.listElements {
      let name = element.prefix { $0 != 0x3b }
      for word in name.split(whereSeparator: \.isBlank) where codings.count < Self.mostCodings {
        let coding = word.filter(\.isTokenByte).lowercased
        if !coding.isEmpty { codings.append(coding) }
      }
    }
  }

  private mutating func settleLengths() {
    for text in lengths {
      guard let value = text.decimal else {
        note(.badLength)
        continue
      }
      if let length {
        if value != length { note(.twoLengths) }
      } else {
        length = value
      }
    }
    lengths = []
  }

  /// Whether a transfer coding is chunked.
  ///
  /// A similar name counts too; the first chunk line shows whether the body is chunked.
  var isChunked: Bool { transferCodings.contains { $0.containsSequence("chunked") } }

  /// Codings of the body without `chunked` and `identity`.
  var codings: [[UInt8]] {
    (contentCodings + transferCodings).filter { !$0.containsSequence("chunked") && !$0.equalsIgnoringCase("identity") }
  }

  /// Value of the first field line with a name, which is in lower case; nil if there is none.
  func value(of name: StaticString) -> [UInt8]? { fields.first { $0.name.equalsIgnoringCase(name) }?.value }

  /// Values of all field lines with a name, which is in lower case.
  func headers(of name: StaticString) -> [[UInt8]] { fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value) }
}
