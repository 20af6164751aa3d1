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

  @Option(
    help: ArgumentHelp("With --console: print only the beginning of what a side says in one go.", valueName: "size"),
    transform: SizeArgument.init(parsing:))
  var head: SizeArgument?

  @Option(help: ArgumentHelp("With --console and --list: when to use colours. (default: auto)", valueName: "when"))
  var color: ColorUse?

  @Flag(
    help: "With --console and --list on a terminal: print without the pager, which is the program in PAGER, or less.")
  var noPager = false

  func validate() throws {
    guard !console else {
      if let head, head.bytes == 0 { throw ValidationError("--head 0 prints nothing; leave it out to print everything") }
      if head != nil, format == .raw || format == .base64 {
        throw ValidationError("--head says what it leaves out, and --format raw and base64 have no room for words; leave one of them out")
      }
      if format == .raw, isatty(STDOUT_FILENO) == 1 {
        throw ValidationError("--format raw would let the capture drive your terminal; send it to a file or a pipe, or say --format text")
      }
      return
    }
    if head != nil { throw ValidationError("--head shortens what is printed; add --console") }
    if live { throw ValidationError("--live is an order to print in; add --console") }
    if let format { throw ValidationError("--format \(format.rawValue) is a way to print; add --console") }
  }
}

/// Format in which payload bytes are printed.
enum PayloadFormat: String, CaseIterable, ExpressibleByArgument {
  /// Text in UTF-8, with a dot for every byte that is no part of a printable character, a tab or the end of a line.
  case text
  /// The same, with a dot for every byte that is not printable ASCII.
  case ascii
  /// Offset, sixteen bytes in hexadecimal, and the same bytes as text.
  case hex
  /// The unchanged bytes, with nothing between them.
  case raw
  /// Base64 in lines of 76 characters (RFC 2045).
  case base64
}
