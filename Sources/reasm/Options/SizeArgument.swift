import ArgumentParser

/// A size as the command line writes it: bytes, or `K`, `M`, `G`, `T` in 1024s; `0` means none.
struct SizeArgument: Hashable, CustomStringConvertible {
  var bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  /// A limit of the library, where nil is none.
  init(limit: Int?) { bytes = limit ?? 0 }

  /// The same for the library.
  var limit: Int? { bytes > 0 ? bytes : nil }

  private static let units: [(name: String, shift: Int)] = [("", 0), ("K", 10), ("M", 20), ("G", 30), ("T", 40)]

  init(parsing text: String) throws {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = Self.units.first { $0.name == text.dropFirst(digits.count).uppercased() }
    guard let unit, let number = Int(digits) else {
      throw ValidationError("a size is a whole number of bytes, or one with K, M, G or T, such as 512K or 32M; 0 means none")
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << unit.shift)
    guard !overflow else { throw ValidationError("larger than 8 EiB; 0 means none") }
    self.bytes = bytes
  }

  /// In the largest unit that leaves a whole number.
  var description: String {
    let unit = bytes == 0 ? Self.units[0] : Self.units.last { bytes % (1 << $0.shift) == 0 } ?? Self.units[0]
    return "\(bytes >> unit.shift)\(unit.name)"
  }
}
