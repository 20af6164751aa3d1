import Glibc

/// Exit status of the program, which is part of its interface.
enum ExitStatus: Int32 {
  /// Everything was read and written.
  case complete = 0
  /// Nothing could be read or written.
  case failed = 1
  /// The capture is cut off, reading was interrupted, or output failed for some connections.
  case partial = 2
  /// Everything was read and written, and no pattern matched although one was required to.
  case noMatch = 3
  case wrongUsage = 64

  func exit() -> Never { Glibc.exit(rawValue) }

  /// Returns the more serious of two statuses, for a run that has both.
  func combined(with other: ExitStatus) -> ExitStatus { other.rawValue > rawValue ? other : self }
}
