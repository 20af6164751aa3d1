import Glibc

/// Standard output and standard error, without a buffer of their own.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// Writes all of the text; answers 0 or the error number.
  ///
  /// A reader that has gone away is no error: it wants no more.
  @discardableResult
  func write(_ text: String) -> Int32 {
    var text = text
    return text.withUTF8 { write($0) }
  }

  @discardableResult
  func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    let error = writeAll(bytes)
    return error == EPIPE ? 0 : error
  }

  /// Writes all of the bytes; answers 0 or the error number, which is EPIPE where the reader has gone away.
  func writeAll(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    var rest = bytes[...]
    while let start = UnsafeBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let written = Glibc.write(rawValue, start, rest.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
        continue
      }
      if errno != EINTR { return errno }
    }
    return 0
  }

  /// The reader of the pipe has gone away.
  ///
  /// Known without writing, so that it shows while there is nothing to say.
  var isUnread: Bool {
    var state = pollfd(fd: rawValue, events: 0, revents: 0)
    return poll(&state, 1, 0) == 1 && state.revents & Int16(POLLERR) != 0
  }

  /// One line, with the program's name in front as other programs do it.
  ///
  /// Control characters, which a file name may hold, become `?`: a message is one line and cannot drive the terminal.
  func message(_ text: String) {
    let line = text.unicodeScalars.map { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) ? "?" : Character($0) }
    write("reasm: " + String(line) + "\n")
  }

  /// libc's words for an error number.
  static func words(for error: Int32) -> String { String(cString: strerror(error)) }

  /// Makes sure that the descriptors 0, 1 and 2 are taken, as after `>&-` they are not: the next file that is opened would get such a
  /// number, and messages would be written into it.
  static func reserve() {
    for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY)
    }
  }
}
