internal import Glibc

/// Path or name of a file: bytes as the system has them, none of which is a NUL.
///
/// A path need not be UTF-8, and a `String` cannot hold one that is not. Therefore a path has this type from the command line or the
/// listing of a folder to the system call, and becomes text only for people.
public struct FilePath: Hashable, Sendable {
  /// Bytes of the path, without a NUL.
  public let bytes: [UInt8]

  /// Creates a path from the bytes before the first NUL.
  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes.prefix { $0 != 0 }) }

  /// Creates a path from a text in UTF-8.
  public init(_ text: String) { self.init(text.utf8) }

  /// Creates a path from a C string.
  public init(cString: UnsafePointer<CChar>) {
    self.init(UnsafeBufferPointer(start: cString, count: strlen(cString)).lazy.map { UInt8(bitPattern: $0) })
  }

  /// Bytes of the path with a NUL at the end, as C functions take them.
  public var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

  /// Whether the path has no bytes.
  public var isEmpty: Bool { bytes.isEmpty }

  /// Returns the path of an entry of this folder.
  public func appending(_ name: some Sequence<UInt8>) -> FilePath {
    FilePath((bytes.last == 0x2f ? bytes : bytes + [0x2f]) + Array(name))
  }

  /// Returns the path of an entry of this folder.
  public func appending(_ name: String) -> FilePath { appending(name.utf8) }

  /// Component behind the last slash that is not at the end; nil if the path consists of slashes.
  public var lastComponent: FilePath? { bytes.split(separator: 0x2f).last.map { FilePath($0) } }

  /// Path of the folder that the last component is in; `.` if there is only one.
  public var parent: FilePath {
    guard let slash = bytes.lastIndex(of: 0x2f) else { return "." }
    return slash == 0 ? "/" : FilePath(bytes[..<slash])
  }

  /// Path as text; nil if it is not UTF-8.
  public var text: String? { String(validating: bytes, as: UTF8.self) }
}

extension FilePath: CustomStringConvertible {
  /// Path for display, with U+FFFD in place of bytes that are not UTF-8.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension FilePath: ExpressibleByStringLiteral {
  /// Creates a path from a literal in UTF-8.
  public init(stringLiteral text: String) { self.init(text) }
}
