import ArgumentParser
import Glibc

/// Colours of the two directions and of headings, if the output is a terminal that displays colours.
struct TerminalStyle {
  enum Part: String {
    case clientToServer = "\u{1b}[36m"
    case serverToClient = "\u{1b}[33m"
    case heading = "\u{1b}[1m"
    case note = "\u{1b}[2m"
    case conflict = "\u{1b}[31m"
    case plain = "\u{1b}[0m"
    /// Reverse video, which leaves the colour of the direction as it is, and its end.
    case match = "\u{1b}[7m"
    case matchEnd = "\u{1b}[27m"
  }

  let isColoured: Bool

  /// Chooses colours.
  ///
  /// With `auto`, they are for a terminal, unless the variable `NO_COLOR` is set and not empty (no-color.org), or the terminal is a dumb one.
  init(_ use: ColorUse, descriptor: Int32) {
    guard use == .auto else {
      isColoured = use == .always
      return
    }
    let refusal = getenv("NO_COLOR").map { String(cString: $0) } ?? ""
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    isColoured = refusal.isEmpty && terminal != "dumb" && isatty(descriptor) == 1
  }

  func add(_ part: Part, to output: inout [UInt8]) { if isColoured { output.append(contentsOf: part.rawValue.utf8) } }
}

/// When what is printed has colours.
enum ColorUse: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}
