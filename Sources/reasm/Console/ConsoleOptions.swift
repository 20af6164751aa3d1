import ArgumentParser
import Glibc

/// Options for printing conversations instead of, or beside, writing files.
struct ConsoleOptions: ParsableArguments {
  @Flag(help: "Print conversations, each when it is over, and write no files unless -o names a folder.")
  var console = false

  @Flag(help: "With --console: print as the bytes arrive, connections mixed.")
  var live = false

  @Option(help: ArgumentHelp("With --console: how bytes are shown. (default: text)", valueName: "form"))
  var format: PayloadFormat?

  func validate() throws {
    guard !console else {
      if format == .raw, isatty(STDOUT_FILENO) == 1 {
        throw ValidationError("--format raw would let the capture drive your terminal; send it to a file or a pipe, or say --format text")
      }
      return
    }
    if live { throw ValidationError("--live is an order to print in; add --console") }
    if let format { throw ValidationError("--format \(format.rawValue) is a way to print; add --console") }
  }
}

/// Format in which payload bytes are printed.
enum PayloadFormat: String, CaseIterable, ExpressibleByArgument {
  /// Text, with a dot for every byte that is not printable ASCII, a tab or the end of a line.
  case text
  /// Offset, sixteen bytes in hexadecimal, and the same bytes as text.
  case hex
  /// The unchanged bytes, with nothing between them.
  case raw
  /// Base64 in lines of 76 characters (RFC 2045).
  case base64
}
