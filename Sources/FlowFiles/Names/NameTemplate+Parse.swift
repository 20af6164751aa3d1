extension NameTemplate {
  static func pieces(of text: [UInt8]) throws(NameTemplateError) -> [Piece] {
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    func flush() {
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      literal.removeAll()
    }
    var rest = text[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 0: throw .nul
      case 0x2f:
        flush()
        pieces.append(.slash)
      case 0x25:
        guard let letter = rest.first else { throw .endsWithPercent }
        guard let token = Token(rawValue: letter) else {
          if letter != 0x25 { throw .unknownToken(String(decoding: rest, as: UTF8.self).first ?? "%") }
          rest.removeFirst()
          literal.append(0x25)
          continue
        }
        rest.removeFirst()
        flush()
        pieces.append(.token(token))
      default: literal.append(byte)
      }
    }
    flush()
    return pieces
  }

  /// Rejects a template that cannot yield a path for any packet, or that could yield one that is too long.
  static func check(_ pieces: [Piece]) throws(NameTemplateError) {
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
