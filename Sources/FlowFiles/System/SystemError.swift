internal import Glibc
public import Paths

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
    /// Another run writes to the directory.
    case inUse
    /// A run ended here before it was finished.
    case unfinished
    /// An unfinished run, after which the system was restarted: which of the remaining files belong to the run is not known.
    case unknownRest
    /// A name that the run needs for itself is taken by something an earlier run did not write.
    case reservedNameTaken
  }

  public var path: FilePath
  public var reason: Reason

  public init(path: FilePath, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// The path and what is wrong, in one line.
  public var description: String {
    switch reason {
    case .system(let error): "\(path): \(error)"
    case .notEmpty: "\(path): the directory is not empty; name another one, or remove what an earlier run wrote with --force"
    case .inUse: "\(path): another run writes to it; wait for its end, or name another directory"
    case .unfinished:
      "\(path): an earlier run ended here before it was finished; remove what it left with --force, or name another directory"
    case .unknownRest:
      "\(path): an earlier run ended here together with the system, and which of the files are its own is not known any more; "
        + "remove the directory, or name another one"
    case .reservedNameTaken: "\(path): in the way, and not written by an earlier run; move it, or name another directory"
    }
  }
}
