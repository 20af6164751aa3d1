public import Paths

/// Reason why a name template cannot be used.
public enum NameTemplateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The template is empty.
  case empty
  /// The template ends with a single `%`.
  case endsWithPercent
  /// `%` is followed by a character that is no token.
  case unknownToken(Character)
  /// A component of the path is empty.
  case emptyComponent
  /// A component of the path is `.` or `..`.
  case dotComponent
  /// The template contains a NUL.
  case nul
  /// A component could have this many bytes.
  case componentTooLong(Int)
  /// The path could have this many bytes.
  case pathTooLong(Int)

  /// Description of what is wrong with the template.
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

/// Template of file names: text with tokens, in tcpflow's template language.
///
/// Everything that could be wrong with a name is rejected here, before the first packet: the tokens determine the longest name that a
/// template can yield, so no name has to be cut. A `/` creates folders. No component is empty, `.` or `..`.
public struct NameTemplate: Sendable {
  enum Piece {
    case literal([UInt8])
    case token(Token)
    case slash
  }

  /// Whether names contain Ethernet addresses, so that those of the first packet are needed.
  public var namesEthernetAddresses: Bool {
    pieces.contains { piece in
      if case .token(let token) = piece { token == .sourceEthernet || token == .destinationEthernet } else { false }
    }
  }

  /// Greatest length in bytes of a name: the limit of the usual file systems (NAME_MAX).
  public static let maxComponentLength = 255
  /// Greatest length in bytes of a path below the output directory.
  public static let maxPathLength = 3_072
  /// Number of bytes reserved besides those of the template.
  ///
  /// They are the `_` before a dot (1), the number that distinguishes equal names (11), `.clear` (6), and the number of a clear file whose
  /// name a stream has already (11).
  static let reservedLength = 29

  /// Template as it was written, in bytes as names are.
  public let text: FilePath
  let pieces: [Piece]
  /// Whether the template contains `%c`, `%C` or `%#`.
  let usesCount: Bool

  /// tcpflow's default, `%A.%a-%B.%b%V%v%C%c`.
  public static let standard = NameTemplate(
    text: FilePath(standardText),
    pieces: [
      .token(.sourceAddress), .literal([0x2e]), .token(.sourcePort), .literal([0x2d]), .token(.destinationAddress), .literal([0x2e]),
      .token(.destinationPort), .token(.vlanMark), .token(.vlan), .token(.countMark), .token(.countAboveZero),
    ])

  /// Whether no two directions of a run have the same name, so that names need not be remembered.
  ///
  /// The name then contains both endpoints and the count of their connections in unambiguous form.
  let tellsDirectionsApart: Bool

  private static let standardText = "%A.%a-%B.%b%V%v%C%c"

  /// Whether the files are in folders.
  var hasFolders: Bool { pieces.contains { if case .slash = $0 { true } else { false } } }

  /// Whether no two connections of a run have the same name, because it contains the connection's id in full and no folder.
  var isUnique: Bool {
    pieces.allSatisfy { if case .slash = $0 { false } else { true } }
      && pieces.contains {
        switch $0 {
        case .token(.session), .token(.number): true
        default: false
        }
      }
  }

  /// Whether a literal of the template has bytes that JSON escapes; the values of tokens have none.
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

  /// Parses a template.
  ///
  /// - Parameter text: the template.
  /// - Throws: `NameTemplateError` if it cannot be used.
  public init(_ text: FilePath) throws(NameTemplateError) {
    guard !text.isEmpty else { throw .empty }
    let pieces = try Self.pieces(of: text.bytes)
    try Self.check(pieces)
    self.init(text: text, pieces: pieces)
  }

  /// Parses a template that is UTF-8.
  ///
  /// - Parameter text: the template.
  /// - Throws: `NameTemplateError` if it cannot be used.
  public init(_ text: String) throws(NameTemplateError) {
    guard !text.utf8.contains(0) else { throw .nul }
    try self.init(FilePath(text))
  }
}
