import Glibc

/// Standard output for events.
///
/// A reader that does not read blocks the run, because no event may be lost. But it cannot prevent the end of the run.
enum EventOutput {
  /// Time in nanoseconds that a reader which does not read has once the end was asked for.
  private static let patience: Int64 = 2_000_000_000
  /// Number of bytes that a pipe with any free space accepts without blocking.
  private static let piece = 4_096

  /// Writes a line, and returns 0 or the error number, which is EPIPE if the reader has closed the pipe.
  static func write(_ line: UnsafeBufferPointer<UInt8>) -> Int32 {
    var rest = line[...]
    var waitsSince: Int64?
    while let start = UnsafeBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      var state = pollfd(fd: StandardStream.output.rawValue, events: Int16(POLLOUT), revents: 0)
      if poll(&state, 1, 100) > 0 {
        let written = Glibc.write(StandardStream.output.rawValue, start, min(rest.count, piece))
        if written >= 0 {
          rest = rest.dropFirst(written)
          waitsSince = nil
        } else if errno != EINTR, errno != EAGAIN {
          return errno
        }
      } else if Interruption.isRequested {
        let now = SystemClock.monotonic
        if now - (waitsSince ?? now) > patience { return ETIMEDOUT }
        waitsSince = waitsSince ?? now
      }
    }
    return 0
  }
}
