extension NameTemplate {
  static func pieces(of text: String) throws(NameTemplateError) -> [QueuedSegment] {
    var pieces: [QueuedSegment] = []
    var literal: [UInt8] = []
    func flush() {
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      literal.removeAll()
    }
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\0": throw .nul
      case "/":
        flush()
        pieces.append(.slash)
      case "%":
        guard let letter = rest.popFirst() else { throw .endsWithPercent }
        if letter == "%" {
          literal.append(0x25)
          continue
        }
        guard let byte = UInt8(exactly: letter.value), let token = Token(rawValue: byte) else { throw .unknownToken(Character(letter)) }
        flush()
        pieces.append(.token(token))
      default: literal.append(contentsOf: String(scalar).utf8)
      }
    }
    flush()
    return pieces
  }

  /// Refuses what can be seen to be no path without a packet, and what could become too long.
  static func check(_ pieces: [QueuedSegment]) throws(NameTemplateError) {
    var total = 0
    for component in pieces.split(omittingEmptySubsequences: false, whereSeparator: { if case .slash = $0 { true } else { false } }) {
      if component.isEmpty { throw .emptyComponent }
      var length = reservedLength
      for piece in component {
        switch piece {
        case .literal(let bytes): length += bytes.count
        case .token(let token): length += token.longest
        case .slash: break
        }
      }
      if component.count == 1, case .literal(let bytes)? = component.first, [[0x2e], [0x2e, 0x2e]].contains(bytes) { throw .dotComponent }
      if length > maxComponentLength { throw .componentTooLong(length) }
      total += length + 1
    }
    if total > maxPathLength { throw .pathTooLong(total) }
  }
}
