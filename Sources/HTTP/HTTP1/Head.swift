/// Head of a message: the start line, the field lines, and what they say of the framing.
///
/// It reads what is odd as most programs do and notes it: bare LF, folded lines, white space before the colon, bare CR, NUL.
struct Head {
  private(set) var startLine: [UInt8] = []
  /// As many as are kept.
  private(set) var fields: [HeaderField] = []
  private(set) var notes: [Note] = []
  /// The first Content-Length that is one.
  private(set) var length: Int64?
  /// Codings of Transfer-Encoding and Content-Encoding, in the order in which they were applied, in lower case.
  private(set) var transferCodings: [[UInt8]] = []
  private(set) var contentCodings: [[UInt8]] = []
  private let maxFields: Int

  /// Reads a head.
  ///
  /// - Parameters:
  ///   - bytes: the lines with their ends; the empty line at the end may be missing.
  ///   - maxFields: field lines that are kept. Those that tell the framing count wherever they stand.
  ///   - hasStartLine: the first line is no field.
  init(_ bytes: [UInt8], maxFields: Int, hasStartLine: Bool = true) {
    self.maxFields = maxFields
    var line: [UInt8] = []
    var isFirst = hasStartLine
    for piece in Self.lines(bytes, &notes) {
      if let first = piece.first, first == 0x20 || first == 0x09 {
        // It goes on with the line before, be that a start line or a name without its colon yet.
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

  /// The lines without their ends.
  ///
  /// A bare CR ends a line too where a field follows it, and is a blank elsewhere.
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

  /// Takes a line whose continuations are joined: the start line, or a field.
  private mutating func take(_ line: [UInt8], _ isFirst: inout Bool) {
    if isFirst {
      // Nothing before the first line.
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

  /// Values of Content-Length, as they came.
  private var lengths: [ArraySlice<UInt8>] = []

  private mutating func take(_ field: HeaderField) {
    if fields.count < maxFields { fields.append(field) }
    // Most programs see through a NUL, and through a second colon.
    let name = field.name.filter { $0 != 0 }
    let value = Array(field.value.drop { $0 == 0x3a || $0.isBlank })
    if name.equalsIgnoringCase("content-length") {
      // Two different ones tell what is wrong as well as a thousand do.
      if lengths.count < 64 { lengths += value.isEmpty ? [[]] : value.listElements.prefix(64) }
    } else if name.equalsIgnoringCase("transfer-encoding") {
      add(value, to: &transferCodings)
    } else if name.equalsIgnoringCase("content-encoding") {
      add(value, to: &contentCodings)
    }
  }

  /// More codings than are undone are too many, however many they are.
  private static let mostCodings = 64

  /// Parameters are left out, and so are bytes that no name has: controls, NUL, and what is not ASCII.
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

  /// Whether the body is said to come in chunks.
  ///
  /// What only resembles the word counts: the first chunk line shows what is meant.
  var isChunked: Bool { transferCodings.contains { $0.containsSequence("chunked") } }

  /// The codings of the body without those that are none.
  var codings: [[UInt8]] {
    (contentCodings + transferCodings).filter { !$0.containsSequence("chunked") && !$0.equalsIgnoringCase("identity") }
  }

  /// Value of the first field of a name, which is in lower case.
  func value(of name: StaticString) -> [UInt8]? { fields.first { $0.name.equalsIgnoringCase(name) }?.value }

  /// Values of all fields of a name, which is in lower case.
  func headers(of name: StaticString) -> [[UInt8]] { fields.filter { $0.name.equalsIgnoringCase(name) }.map(\.value) }

  /// Whether an element of a list field is `element`; both in lower case.
  func hasElement(_ element: StaticString, in name: StaticString) -> Bool {
    fields.contains { $0.name.equalsIgnoringCase(name) && $0.value.listElements.contains { $0.equalsIgnoringCase(element) } }
  }
}
