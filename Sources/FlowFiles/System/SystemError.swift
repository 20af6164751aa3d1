internal import Glibc

/// The error number of a system call that failed: an `errno` value.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The value of `errno`.
  public var code: Int32

  /// Makes an error of an `errno` value.
  public init(code: Int32) { self.code = code }

  /// The C library's words for it, such as "No space left on device".
  public var description: String {
    guard let words = strerror(code) else { return "error \(code)" }
    return String(cString: words)
  }
}

/// An operation on the output that failed: what was tried, on which path, and why.
public struct OutputError: Error, Sendable, CustomStringConvertible {
  /// Why the operation failed.
  public enum Reason: Sendable, Equatable {
    /// A system call failed.
    case system(SystemError)
    /// The directory holds something already.
    case notEmpty
    /// A name that the run needs for itself is taken by something an earlier run did not write.
    case reservedNameTaken
  }

  /// Path of the file or directory.
  public var path: String
  /// Why the operation failed.
  public var reason: Reason

  /// Makes an error of its parts.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The path and what is wrong, in one line.
  public var description: String {
    switch reason {
    case .system(let error): "\(path): \(error)"
    case .notEmpty: "\(path): the directory is not empty; name another one, or remove what an earlier run wrote with --force"
    case .reservedNameTaken: "\(path): in the way, and not written by an earlier run; move it, or name another directory"
    }
  }
}
