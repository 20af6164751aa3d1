extension Unicode.Scalar {
  /// Whether a terminal only shows it: it moves nothing, changes no state, ends no line and does not turn the order of what stands beside it.
  ///
  /// Not so are the control characters C0 and C1 with DEL, the separators of lines and paragraphs, and the controls of the direction of
  /// writing.
  public var isHarmlessOnTerminal: Bool {
    switch value {
    case 0x20..<0x7f: true
    case 0..<0xa0, 0x2028, 0x2029: false
    default: !properties.isBidiControl
    }
  }
}
