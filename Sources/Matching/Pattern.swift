/// Pattern that streams are searched for: a regular expression, or a literal.
public struct Pattern: Hashable, Sendable {
  /// Options of a regular expression.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The options as bits.
    public let rawValue: UInt8

    /// Creates options from bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// ASCII letters match in both cases: `i`.
    public static let caseless = Flags(rawValue: 1)
    /// The dot matches a line feed too: `s`.
    public static let dotAll = Flags(rawValue: 2)
    /// `^` and `$` match at line feeds too: `m`.
    public static let multiline = Flags(rawValue: 4)
    /// Blanks and comments in the expression are ignored: `x`.
    public static let extended = Flags(rawValue: 8)

    /// Returns the options that letters stand for; nil if a letter is none of `i`, `m`, `s` and `x`.
    public init?(letters: some Sequence<UInt8>) {
      var flags: Flags = []
      for letter in letters {
        switch letter {
        case UInt8(ascii: "i"): flags.insert(.caseless)
        case UInt8(ascii: "s"): flags.insert(.dotAll)
        case UInt8(ascii: "m"): flags.insert(.multiline)
        case UInt8(ascii: "x"): flags.insert(.extended)
        default: return nil
        }
      }
      self = flags
    }
  }

  /// Name in the output; by default the pattern itself.
  public var name: [UInt8]
  /// Regular expression in the syntax of PCRE, or the bytes of the literal.
  public var text: [UInt8]
  /// Whether `text` stands for itself.
  public var isLiteral: Bool
  /// Options of the expression; of a literal, only `caseless` has an effect.
  public var flags: Flags

  /// Creates a pattern.
  ///
  /// - Parameters:
  ///   - text: the regular expression, or the literal.
  ///   - isLiteral: whether the text stands for itself.
  ///   - name: the name in the output; nil for the text.
  ///   - flags: the options.
  public init(_ text: [UInt8], isLiteral: Bool = false, name: [UInt8]? = nil, flags: Flags = []) {
    self.text = text
    self.isLiteral = isLiteral
    self.name = name ?? text
    self.flags = flags
  }

  /// The expression for the engine, without a terminating zero; every byte of a literal is written as a number.
  var expression: [UInt8] {
    guard isLiteral else { return flags.contains(.extended) ? Array("(?x)".utf8) + text : text }
    let digits = Array("0123456789abcdef".utf8)
    return text.flatMap { [0x5c, 0x78, digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }
}
