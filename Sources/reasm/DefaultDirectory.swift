import Glibc

/// The output folder of an input when none is named: `a.streams`, in the current folder, for `a.pcap` and `a.pcap.gz`.
enum DefaultDirectory {
  private static let compressions = [".gz", ".zst", ".xz", ".bz2", ".lz4"]
  private static let captures = [".pcap", ".pcapng", ".cap", ".dmp", ".dump"]

  static func name(for input: String) -> String {
    if input == "-" { return "stdin.streams" }
    let file = input.split(separator: "/").last.map(String.init) ?? input
    return without(captures, without(compressions, file)) + ".streams"
  }

  /// Of a live capture, `reasm-eth0-20231114T221320Z`; with `~2` and so on behind it where there is such a folder already.
  static func name(capturing interface: String) -> String {
    let name = "reasm-\(interface.replacing("/", with: "_"))-\(RealTime.name)"
    let names = [name] + (2...9).map { "\(name)~\($0)" }
    return names.first { access($0, F_OK) != 0 } ?? name
  }

  /// Takes one ending off, but never the whole name.
  private static func without(_ endings: [String], _ name: String) -> String {
    let ending = endings.first { name.count > $0.count && name.lowercased().hasSuffix($0) }
    return String(name.dropLast(ending?.count ?? 0))
  }
}
