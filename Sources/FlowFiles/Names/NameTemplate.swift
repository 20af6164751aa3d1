public import Paths

/// Why a name template cannot be used.
public enum NameTemplateError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty
  case endsWithPercent
  case unknownToken(Character)
  case emptyComponent
  case dotComponent
  case nul
  /// A component could become this many bytes long.
  case componentTooLong(Int)
  case pathTooLong(Int)

  /// What is wrong with the template, in words.
  public var description: String {
    switch self {
    case .empty: "the name template is empty"
    case .endsWithPercent: "the name template ends with a single '%'; write '%%' for a percent sign"
    case .unknownToken(let letter):
      "the name template has an unknown token '%\(letter)'; known are \(NameTemplate.Token.list) %%"
    case .emptyComponent: "the name template starts or ends with '/', or has '//' in it"
    case .dotComponent: "the name template has '.' or '..' between slashes"
    case .nul: "the name template has a NUL in it"
    case .componentTooLong(let length):
      "the name template can make names of \(length) bytes; \(NameTemplate.maxComponentLength) are possible"
    case .pathTooLong(let length): "the name template can make paths of \(length) bytes; \(NameTemplate.maxPathLength) are possible"
    }
  }
}

/// How files are named: text with tokens, tcpflow's template language.
///
/// Everything that could go wrong with a name goes wrong here, before the first packet: the longest name a template can make is
/// known from its tokens, so no name has to be cut. A `/` makes folders; no component comes out as empty, `.` or `..`.
public struct NameTemplate: Sendable {
  enum Piece {
    case literal([UInt8])
    case token(Token)
    case slash
  }

  /// Names hold Ethernet addresses, so those of the first packet must be known.
  public var namesEthernetAddresses: Bool {
    pieces.contains { piece in
      if case .token(let token) = piece { token == .sourceEthernet || token == .destinationEthernet } else { false }
    }
  }

  /// Bytes that a name may have: the limit of the usual file systems (NAME_MAX).
  public static let maxComponentLength = 255
  /// Bytes that a path below the output directory may have.
  public static let maxPathLength = 3_072
  /// Room for `~` and the number that tells equal names apart, and for the `_` before a dot.
  static let reservedLength = 12

  /// The template as it was written; bytes, as names are.
  public let text: FilePath
  let pieces: [Piece]
  /// `%c`, `%C` or `%#` stands in it.
  let usesCount: Bool

  /// tcpflow's default, `%A.%a-%B.%b%V%v%C%c`.
  public static let standard = NameTemplate(
    text: FilePath(standardText),
    pieces: [
      .token(.sourceAddress), .literal([0x2e]), .token(.sourcePort), .literal([0x2d]), .token(.destinationAddress), .literal([0x2e]),
      .token(.destinationPort), .token(.vlanMark), .token(.vlan), .token(.countMark), .token(.countAboveZero),
    ])

  /// No two directions of a run have one name: both endpoints and the count of their connections stand in it, and can be told from one
  /// another. So names need not be remembered.
  let tellsDirectionsApart: Bool

  private static let standardText = "%A.%a-%B.%b%V%v%C%c"

  /// A literal of the template holds bytes that JSON escapes. The values of tokens never do.
  let needsEscaping: Bool

  private init(text: FilePath, pieces: [Piece]) {
    self.text = text
    tellsDirectionsApart = text == FilePath(Self.standardText)
    needsEscaping = text.bytes.contains { !(0x20..<0x7f).contains($0) || $0 == 0x22 || $0 == 0x5c }
    self.pieces = pieces
    usesCount = pieces.contains {
      switch $0 {
      case .token(.count), .token(.countMark), .token(.countAboveZero): true
      default: false
      }
    }
  }

  /// Takes a template apart.
  /// - Throws: what is wrong with it.
  public init(_ text: FilePath) throws(NameTemplateError) {
    guard !text.isEmpty else { throw .empty }
    let pieces = try Self.pieces(of: text.bytes)
    try Self.check(pieces)
    self.init(text: text, pieces: pieces)
  }

  /// Parses a template that is UTF-8.
  /// - Throws: what is wrong with it.
  public init(_ text: String) throws(NameTemplateError) {
    guard !text.utf8.contains(0) else { throw .nul }
    try self.init(FilePath(text))
  }
}
