internal import Glibc
public import Paths

/// The error number of a system call that failed: an `errno` value.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The value of `errno`.
  public var code: Int32

  /// Creates an error from an `errno` value.
  public init(code: Int32) { self.code = code }

  /// Message of the C library, such as "No space left on device".
  public var description: String {
    guard let words = strerror(code) else { return "error \(code)" }
    return String(cString: words)
  }
}

/// An operation on the output that failed, with its path and the reason.
public struct OutputError: Error, Sendable, CustomStringConvertible {
  /// Reason for the failure.
  public enum Reason: Sendable, Equatable {
    /// A system call failed.
    case system(SystemError)
    /// The directory has entries already.
    case notEmpty
    /// Another run writes to the directory.
    case inUse
    /// An earlier run in this directory did not finish.
    case unfinished
    /// An earlier run did not finish, and the system was restarted since: it is not known which of the remaining files belong to the run.
    case unknownRest
    /// A file that no earlier run wrote has a reserved name.
    case reservedNameTaken
    /// The archive exists.
    case archiveExists
    /// What has the name of the archive is no regular file.
    case noArchive
    /// The run reads or writes the archive as another file.
    case archiveInUse
    /// The name of the archive is one that the output directory reserves.
    case archiveNameReserved
  }

  /// Path of the file or directory.
  public var path: FilePath
  /// Reason for the failure.
  public var reason: Reason

  /// Creates an error.
  public init(path: FilePath, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// One line with the path and the reason.
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
    case .archiveExists: "\(path): exists already; name another file, or replace it with --force"
    case .noArchive: "\(path): is no regular file; name a new one, or - for standard output"
    case .archiveInUse: "\(path): the run reads or writes this file; name another one for --tar"
    case .archiveNameReserved: "\(path): a file of the run itself has this name; name another one for --tar"
    }
  }
}
