import Glibc

/// The output folder of an input when none is named, in the current folder: `a.streams` for `a.pcap`, `a.pcap.gz` and a folder `a`.
enum DefaultDirectory {
  private static let compressions = [".gz", ".zst", ".xz", ".bz2", ".lz4"]
  private static let captures = [".pcap", ".pcapng", ".cap", ".dmp", ".dump"]

  static func name(for input: String) -> String {
    if input == "-" { return "stdin.streams" }
    if input.hasPrefix("tcp://") {
      return String(input.dropFirst(6).map { $0 == ":" || $0 == "/" ? "_" : $0 }.filter { $0 != "[" && $0 != "]" }) + ".streams"
    }
    let file = lastComponent(input).map(String.init) ?? "capture"
    return without(captures, without(compressions, file)) + ".streams"
  }

  /// Of a live capture, `reasm-eth0-20231114T221320Z`; with `~2` and so on behind it where there is such a folder already.
  static func name(capturing interfaces: [String]) -> String {
    let name = "reasm-\(interfaces.joined(separator: "-").replacing("/", with: "_"))-\(RealTime.name)"
    let names = [name] + (2...9).map { "\(name)~\($0)" }
    return names.first { access($0, F_OK) != 0 } ?? name
  }

  /// The last name of a path; that of the folder itself where the path ends in `.` or `..`.
  private static func lastComponent(_ path: String) -> Substring? {
    let last = path.split(separator: "/").last
    guard last == nil || last == "." || last == "..", let absolute = realpath(path, nil) else { return last }
    defer { free(absolute) }
    return String(cString: absolute).split(separator: "/").last
  }

  /// Takes one ending off, but never the whole name.
  private static func without(_ endings: [String], _ name: String) -> String {
    let ending = endings.first { name.count > $0.count && name.lowercased().hasSuffix($0) }
    return String(name.dropLast(ending?.count ?? 0))
  }
}
