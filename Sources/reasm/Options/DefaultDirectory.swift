import Glibc
import Paths

/// Default output folder of an input, in the current folder: `a.streams` for `a.pcap`, `a.pcap.gz` and a folder `a`.
enum DefaultDirectory {
  private static let compressions = [".gz", ".zst", ".xz", ".bz2", ".lz4"]
  private static let captures = [".pcap", ".pcapng", ".cap", ".dmp", ".dump"]
  private static let ending = Array(".streams".utf8)

  static func name(for input: FilePath) -> FilePath {
    if input == "-" { return "stdin.streams" }
    if input.bytes.starts(with: "tcp://".utf8) {
      let address = input.bytes.dropFirst(6).filter { $0 != 0x5b && $0 != 0x5d }
      return FilePath(address.map { $0 == 0x3a || $0 == 0x2f ? 0x5f : $0 } + ending)
    }
    let file = lastComponent(input) ?? "capture"
    return FilePath(without(captures, without(compressions, file.bytes)) + ending)
  }

  /// Whether a name ends as those of captures do, compressed ones too.
  static func isNamedAsCapture(_ name: FilePath) -> Bool { without(captures, without(compressions, name.bytes)) != name.bytes }

  /// Returns the folder of a live capture, `reasm-eth0-20231114T221320Z`, followed by `~2` and so on if it exists.
  static func name(capturing interfaces: [String]) -> FilePath {
    let name = "reasm-\(interfaces.joined(separator: "-").replacing("/", with: "_"))-\(SystemClock.name)"
    let names = [name] + (2...9).map { "\(name)~\($0)" }
    return FilePath(names.first { access($0, F_OK) != 0 } ?? name)
  }

  /// Returns the last component of a path; if the path ends in `.` or `..`, that of the folder itself.
  private static func lastComponent(_ path: FilePath) -> FilePath? {
    let last = path.lastComponent
    guard last == nil || last == "." || last == "..", let absolute = realpath(path.terminated, nil) else { return last }
    defer { free(absolute) }
    return FilePath(cString: absolute).lastComponent
  }

  /// Removes one of the endings, regardless of case, but never the whole name.
  private static func without(_ endings: [String], _ name: [UInt8]) -> [UInt8] {
    let lower = name.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    let ending = endings.first { name.count > $0.utf8.count && lower.suffix($0.utf8.count).elementsEqual($0.utf8) }
    return name.dropLast(ending?.utf8.count ?? 0)
  }
}
