import Glibc

/// Standard output as events go to it.
///
/// A reader that takes nothing holds the run up, since nothing may be lost on the way to it. But it cannot keep the run from ending.
enum EventOutput {
  /// Once the end was asked for, a reader that takes nothing has this long, in nanoseconds.
  private static let patience: Int64 = 2_000_000_000
  /// A pipe that takes something takes this much without waiting.
  private static let piece = 4_096

  /// Answers 0 or the error number, which is EPIPE where the reader has gone away.
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
