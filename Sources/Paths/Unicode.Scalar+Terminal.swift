extension Unicode.Scalar {
  /// Whether a terminal only displays the character, and a reader sees it.
  ///
  /// The other characters are the control characters C0 and C1 and DEL, the line and paragraph separators, the controls of the writing
  /// direction, and characters that hide text from a reader: the byte order mark, marks of annotations, and tags. The joiners of writing
  /// systems and of emoji are harmless.
  public var isHarmlessOnTerminal: Bool {
    switch value {
    case 0x20..<0x7f: true
    case 0..<0xa0, 0x2028, 0x2029, 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe0fff: false
    default: !properties.isBidiControl
    }
  }
}
