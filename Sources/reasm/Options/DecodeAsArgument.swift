import ArgumentParser
import Packets

/// User-defined numbers of an encapsulation in tshark's notation: `udp.port==8472,vxlan`, `udp.port==9000-9010,eth+8`.
struct DecodeAsArgument {
  let table: DecodeAs.Table
  let numbers: ClosedRange<UInt16>
  /// Number of bytes to skip before the encapsulation.
  let skipped: Int
  let name: String

  /// Greatest number of bytes that can be skipped.
  private static let mostSkipped = 255

  static var tables: String { DecodeAs.Table.allCases.map(\.rawValue).joined(separator: ", ") }

  init(parsing text: String) throws {
    let halves = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    let sides = (halves.first ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, sides.count == 2 else {
      throw ValidationError("'\(text)' is not of the form udp.port==8472,vxlan; the numbers are those of \(Self.tables)")
    }
    guard let table = DecodeAs.Table(rawValue: String(sides[0])) else {
      throw ValidationError("'\(sides[0])' has no numbers to decode by; those that have are \(Self.tables)")
    }
    self.table = table
    numbers = try Self.numbers(sides[1].hasPrefix("=") ? sides[1].dropFirst() : sides[1], of: table)
    let parts = halves[1].split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    name = parts.first.map(String.init) ?? ""
    guard DecodeAs.names.contains(name) else {
      throw ValidationError("'\(name)' is not one of the names to decode as: \(DecodeAs.names.joined(separator: ", "))")
    }
    guard let skipped = parts.count == 1 ? 0 : Int(parts[1]), (0...Self.mostSkipped).contains(skipped) else {
      throw ValidationError("'+\(parts[1])' is not a number of bytes to pass over, at most \(Self.mostSkipped)")
    }
    self.skipped = skipped
  }

  /// Parses a number or a range: `8472`, `0x2118`, `9000-9010`, `9000:11`.
  private static func numbers(_ text: Substring, of table: DecodeAs.Table) throws -> ClosedRange<UInt16> {
    let possible: ClosedRange<UInt16> =
      switch table {
      case .udpPort: 1...UInt16.max
      case .ipProtocol: 0...255
      case .etherType: 0x0600...UInt16.max
      }
    let refusal = ValidationError(
      "'\(text)' is not a number or a range of \(table.rawValue), \(possible.lowerBound) to \(possible.upperBound)")
    let ends = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == ":" }
    guard ends.count <= 2, let first = number(ends[0]), let second = number(ends.last ?? "") else { throw refusal }
    let last = text.contains(":") ? first + second - 1 : second
    guard first <= last, let low = UInt16(exactly: first), let high = UInt16(exactly: last), possible.contains(low), possible.contains(high)
    else { throw refusal }
    let fixed: [UInt16] =
      switch table {
      case .udpPort: []
      case .ipProtocol: [6]
      case .etherType: [0x0800, 0x86dd]
      }
    if let taken = fixed.first(where: { (low...high).contains($0) }) {
      throw ValidationError("\(table.rawValue) \(taken) is \(table == .ipProtocol ? "TCP" : "IP"), and stays that")
    }
    return low...high
  }

  /// Parses a number of at most 20 bits, so that sums remain small.
  private static func number(_ text: Substring) -> Int? {
    guard text.first != "+", text.first != "-" else { return nil }
    let number = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    return number.flatMap { $0 >= 0 && $0 < 1 << 20 ? $0 : nil }
  }

  /// Canonical form, independent of the notation in the argument.
  var description: String {
    let range = numbers.count == 1 ? "\(numbers.lowerBound)" : "\(numbers.lowerBound)-\(numbers.upperBound)"
    return "\(table.rawValue)==\(range),\(name)" + (skipped > 0 ? "+\(skipped)" : "")
  }

  /// Returns the rules of all arguments for the decoder; nil if there are no arguments.
  static func rules(_ arguments: [DecodeAsArgument]) -> DecodeAs? {
    guard !arguments.isEmpty else { return nil }
    var rules = DecodeAs()
    for argument in arguments {
      let isKnown = rules.add(argument.table, argument.numbers, skipping: argument.skipped, as: argument.name)
      precondition(isKnown, "the name was looked up when the argument was parsed")
    }
    return rules
  }
}
