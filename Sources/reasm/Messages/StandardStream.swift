import Glibc
import Paths

/// Standard output and standard error, without a buffer.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// Writes data: JSON, conversations, the trace.
  ///
  /// The caller ensures that the data cannot drive a terminal.
  @discardableResult
  func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    let error = writeAll(bytes)
    return error == EPIPE ? 0 : error
  }

  /// Writes all of the bytes, and returns 0 or the error number, which is EPIPE if the reader has closed the pipe.
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

  /// Whether the reader of the pipe has closed it.
  ///
  /// The state is polled, so that it is noticed while there is nothing to write.
  var isUnread: Bool {
    var state = pollfd(fd: rawValue, events: 0, revents: 0)
    return poll(&state, 1, 0) == 1 && state.revents & Int16(POLLERR) != 0
  }

  /// Writes a line that begins with the program's name, as is usual for messages.
  func message(_ text: String) { show(["reasm: " + text]) }

  /// Writes lines of text for people.
  ///
  /// All text for people is written here, because it can contain names that others chose: of files, interfaces, options. Characters that
  /// could drive a terminal are replaced by `?`, including line feeds, so that a line remains one line.
  ///
  /// - Returns: 0, or the error number of the write; a reader that has closed the pipe is no error.
  @discardableResult
  func show(_ lines: [String]) -> Int32 {
    var text = String.UnicodeScalarView()
    for line in lines {
      for scalar in line.unicodeScalars {
        let isByte = ArgumentText.byte(of: scalar) != nil
        text.append(isByte ? "\u{fffd}" : scalar.isHarmlessOnTerminal ? scalar : "?")
      }
      text.append("\n")
    }
    return write(String(text))
  }

  /// Writes a control sequence, and text without names that others chose.
  func drive(_ sequence: StaticString, _ text: String = "") { _ = write("\(sequence)" + text) }

  private func write(_ text: String) -> Int32 {
    var text = text
    return text.withUTF8 { write($0) }
  }

  /// Writes lines that the program was started for, and ends the program.
  func showAndEnd(_ lines: [String]) -> Never {
    let error = show(lines)
    guard error != 0 else { ExitStatus.complete.exit() }
    StandardStream.error.message("standard output: \(Self.words(for: error))")
    ExitStatus.failed.exit()
  }

  /// Returns libc's message for an error number.
  static func words(for error: Int32) -> String { String(cString: strerror(error)) }

  /// Ensures that the descriptors 0, 1 and 2 are open, which they are not after `>&-`.
  ///
  /// Otherwise the next file that is opened would get such a number, and messages would be written into it. Writing to a standard output that
  /// was closed stays an error.
  static func reserve() {
    for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == 2 ? O_WRONLY : O_RDONLY)
    }
  }
}

extension StandardStream {
  /// Number of columns; nil if the stream is no terminal, 80 if the terminal does not state it.
  var columns: Int? {
    guard isatty(rawValue) == 1 else { return nil }
    var size = winsize()
    guard ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
