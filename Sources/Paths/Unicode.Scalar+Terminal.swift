extension Unicode.Scalar {
  /// Whether a terminal only displays the character.
  ///
  /// The other characters are the control characters C0 and C1 and DEL, the line and paragraph separators, and the controls of the writing
  /// direction.
  public var isHarmlessOnTerminal: Bool {
    switch value {
    case 0x20..<0x7f: true
    case 0..<0xa0, 0x2028, 0x2029: false
    default: !properties.isBidiControl
    }
  }
}
