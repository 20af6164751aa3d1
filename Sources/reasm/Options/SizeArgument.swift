import ArgumentParser

/// Size as on the command line: bytes, or `K`, `M`, `G`, `T` in powers of 1024, with or without `B` or `iB`; `0` means none.
struct SizeArgument: Hashable, CustomStringConvertible {
  var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  /// Creates a size from a limit of the library, in which nil means none.
  init(limit: Int?) { bytes = limit ?? 0 }

  /// Limit for the library, in which nil means none.
  var limit: Int? { bytes > 0 ? bytes : nil }

  private static let units: [(name: String, shift: Int)] = [("", 0), ("K", 10), ("M", 20), ("G", 30), ("T", 40)]

  init(parsing text: String) throws {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = text.dropFirst(digits.count).uppercased()
    let unit = Self.units.first { suffix == $0.name || suffix == $0.name + "B" || (!$0.name.isEmpty && suffix == $0.name + "IB") }
    guard let unit, let number = Int(digits) else {
      throw ValidationError("a size is a whole number of bytes, or one with K, M, G or T, such as 512K or 32M; 0 means none")
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << unit.shift)
    guard !overflow else { throw ValidationError("larger than 8 EiB; 0 means none") }
    self.bytes = bytes
  }

  /// Text in the largest unit that yields a whole number.
  var description: String {
    let unit = bytes == 0 ? Self.units[0] : Self.units.last { bytes % (1 << $0.shift) == 0 } ?? Self.units[0]
    return "\(bytes >> unit.shift)\(unit.name)"
  }
}
