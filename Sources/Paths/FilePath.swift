internal import Glibc

/// The path or the name of a file: bytes, as the system has them, none of which is a NUL.
///
/// A path need not be UTF-8, and a `String` cannot hold one that is not. So a path has this type from the command line or the listing of a
/// folder to the system call, and becomes text only for people.
public struct FilePath: Hashable, Sendable {
  public let bytes: [UInt8]

  /// The bytes before the first NUL.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes.prefix { $0 != 0 }) }

  /// The bytes of a text in UTF-8.
  public init(_ text: String) { self.init(text.utf8) }

  /// The bytes that a pointer of C stands for.
  public init(cString: UnsafePointer<CChar>) {
    self.init(UnsafeBufferPointer(start: cString, count: strlen(cString)).lazy.map { UInt8(bitPattern: $0) })
  }

  /// The bytes with a NUL behind them, as a function of C takes them.
  public var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  public var isEmpty: Bool { bytes.isEmpty }

  /// The path of something in this folder.
  public func appending(_ name: some Sequence<UInt8>) -> FilePath {
    FilePath((bytes.last == 0x2f ? bytes : bytes + [0x2f]) + Array(name))
  }

  public func appending(_ name: String) -> FilePath { appending(name.utf8) }

  /// What stands behind the last slash that is not at the end; nil where there is nothing but slashes.
  public var lastComponent: FilePath? { bytes.split(separator: 0x2f).last.map { FilePath($0) } }

  /// The path as text; nil where it is not UTF-8.
  public var text: String? { String(validating: bytes, as: UTF8.self) }
}

extension FilePath: CustomStringConvertible {
  /// The path for people, with U+FFFD in place of what is not UTF-8.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension FilePath: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}
