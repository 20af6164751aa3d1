import Packets

/// Text of numbers, sizes, times and counter names in the summary, the trace and run.json.
enum DisplayText {
  /// Returns a name in the spelling of the index, `outOfWindow` as `out_of_window`.
  static func snakeCase(_ name: String) -> String {
    var words = ""
    for character in name {
      if character.isUppercase { words.append("_") }
      words.append(contentsOf: character.lowercased())
    }
    return words
  }

  /// Returns the name of a decoding error: `ipv6_extension_header`.
  static func name(of error: DecodeError) -> String {
    // "IP" is one word in the names of the cases.
    snakeCase(String(describing: error).replacing("IP", with: "Ip").replacing("TCP", with: "Tcp"))
  }

  /// Returns a size such as `345 B` or `1.2 MiB`, with at least three digits, in powers of 1024.
  static func bytes(_ number: Int64) -> String {
    var (value, unit) = (Double(number), 0)
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while value >= 1_023.95, unit < units.count - 1 {
      value /= 1_024
      unit += 1
    }
    return unit == 0 ? "\(number) B" : "\(tenths(value)) \(units[unit])"
  }

  /// Returns a size such as `345 bytes`, or `1.2 MiB` from 1024 on.
  static func size(_ number: UInt64) -> String { number < 1_024 ? count(number, "byte") : bytes(Int64(clamping: number)) }

  /// Returns a size such as `1.2 MiB`; empty below 1024, where the number itself is easy to read.
  static func largeSize(_ number: UInt64) -> String { number < 1_024 ? "" : bytes(Int64(clamping: number)) }

  /// Returns a time in nanoseconds as `250 ms`, `12.3 s`, `4 min 05 s`, `27 h 13 min`.
  static func seconds(_ nanoseconds: Int64) -> String {
    let seconds = max(0, nanoseconds) / 1_000_000_000
    switch seconds {
    case 0: return "\(max(0, nanoseconds) / 1_000_000) ms"
    case ..<60: return "\(tenths(Double(max(0, nanoseconds)) / 1e9)) s"
    case ..<3_600: return "\(seconds / 60) min \(twoDigits(seconds % 60)) s"
    default: return "\(seconds / 3_600) h \(twoDigits(seconds / 60 % 60)) min"
    }
  }

  /// Returns a time in nanoseconds as `12.3 ms`, or as `seconds` does from a second on.
  static func shortTime(_ nanoseconds: Int64) -> String {
    nanoseconds < 1_000_000_000 ? "\(tenths(Double(max(0, nanoseconds)) / 1e6)) ms" : seconds(nanoseconds)
  }

  private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Returns a number rounded to one decimal place; `value` is below 10^15.
  static func tenths(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// Breaks a line between words so that no piece is wider than `width`, if words allow that; further pieces are indented.
  static func wrapped(_ line: String, width: Int) -> [String] {
    var lines: [String] = []
    var current = ""
    for word in line.split(separator: " ") {
      if !current.isEmpty, current.count + 1 + word.count > width {
        lines.append(current)
        current = "  " + word
      } else {
        current += current.isEmpty ? String(word) : " " + word
      }
    }
    return lines + [current]
  }

  /// Returns names as a list: `a`, `a and b`, `a, b and c`.
  static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Returns a number with its noun: `1 packet`, `12 packets`.
  static func count(_ number: UInt64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
