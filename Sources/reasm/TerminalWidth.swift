import Glibc

/// How many columns a standard stream has.
enum TerminalWidth {
  /// nil where the stream is no terminal; 80 where the terminal does not say.
  static func of(_ stream: StandardStream) -> Int? {
    guard isatty(stream.rawValue) == 1 else { return nil }
    var size = winsize()
    guard ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
