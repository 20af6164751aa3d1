/// Numbers as text for people.
public enum Figures {
  /// Returns decimal digits in groups of three, with a narrow space that does not break lines.
  static func grouped(_ value: UInt64) -> String {
    let digits = Array(String(value).utf8)
    guard digits.count > 3 else { return String(value) }
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.unicodeScalars.append("\u{202f}") }
      text.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return text
  }

  /// Returns a count with its noun, such as `1 gap` or `2 gaps`.
  package static func count(_ value: UInt64, _ noun: String, _ plural: String? = nil) -> String {
    "\(grouped(value)) \(value == 1 ? noun : plural ?? noun + "s")"
  }

  /// Returns a duration in nanoseconds with three or four digits and its unit, such as `1.25 ms`.
  public static func duration(_ nanoseconds: Int64) -> String {
    let value = max(0, nanoseconds)
    if value == 0 { return "0 s" }
    if value < 1_000_000 { return "\(decimal(value, 1_000)) µs" }
    if value < 1_000_000_000 { return "\(decimal(value, 1_000_000)) ms" }
    return "\(decimal(value, 1_000_000_000)) s"
  }

  /// Returns a quotient with up to three decimal places, fewer for larger numbers.
  private static func decimal(_ value: Int64, _ unit: Int64) -> String {
    let whole = value / unit
    let thousandths = value % unit * 1_000 / unit
    if whole >= 100 || thousandths == 0 { return grouped(UInt64(whole)) }
    var digits = String(thousandths)
    while digits.utf8.count < 3 { digits = "0" + digits }
    let text = whole >= 10 ? String(digits.prefix(1)) : whole >= 1 ? String(digits.prefix(2)) : digits
    return "\(whole).\(text)"
  }

  /// Returns a number of bytes with three digits and its unit, such as `1.2 MB`.
  static func size(_ bytes: Double) -> String {
    var value = bytes
    var unit = "B"
    for next in ["kB", "MB", "GB", "TB", "PB", "EB"] where value >= 1_000 {
      value /= 1_000
      unit = next
    }
    let tenths = Int((value * 10).rounded())
    return value >= 100 || tenths % 10 == 0 ? "\(Int(value.rounded())) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}

extension Int64 {
  /// Creates the greatest integer that is not above a number; a number beyond the range becomes the nearest integer, and none becomes 0.
  ///
  /// Times and offsets come from captures, and `Double(Int64.max)` is beyond the range already.
  init(bounded value: Double) {
    let whole = value.rounded(.down)
    self = whole.isNaN ? 0 : Int64(exactly: whole) ?? (whole < 0 ? .min : .max)
  }
}
