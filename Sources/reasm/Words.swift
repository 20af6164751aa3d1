import Packets

/// Names of counters and numbers as the summary, the trace and run.json write them.
enum Words {
  /// `outOfWindow` as `out_of_window`, the spelling of the index.
  static func snakeCase(_ name: String) -> String {
    var words = ""
    for character in name {
      if character.isUppercase { words.append("_") }
      words.append(contentsOf: character.lowercased())
    }
    return words
  }

  /// The name of a reason to refuse a packet: `ipv6_extension_header`.
  static func name(of error: DecodeError) -> String {
    // "IP" is one word in the names of the cases.
    snakeCase(String(describing: error).replacing("IP", with: "Ip").replacing("TCP", with: "Tcp"))
  }

  /// `1 packet`, `12 packets`.
  static func count(_ number: UInt64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
