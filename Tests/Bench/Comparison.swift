import Glibc

/// Whole programs over the same capture, in turn: reasm, the floor, tcpflow where it is installed.
///
/// Only the ratios mean something.
struct Comparison {
  /// Where captures and output lie: on a memory file system, so that no disk is measured.
  static let folder = "/dev/shm/reasm-bench-own"

  let reasm: String
  let program: String
  let runs: Int
  /// A part of the usual number of connections.
  let scale: Double

  static func plan(_ name: String, scale: Double) throws -> CapturePlan {
    func part(_ count: Int) -> Int { max(1, Int(Double(count) * scale)) }
    var plan = CapturePlan(connections: part(1_000))
    switch name {
    case "bulk": break
    case "ooo":
      plan.connections = part(500)
      plan.reordered = 50
      plan.repeated = 20
    case "small": plan = CapturePlan(connections: part(100_000), bytes: 2_000, segment: 536, concurrency: 4_000)
    case "http": plan = CapturePlan(connections: part(8_000), content: .http(HTTPMessages()))
    case "tls": plan = CapturePlan(connections: part(200), bytes: 1_085_000, content: .tls, serverPort: 443)
    case "open": plan = CapturePlan(connections: part(1_000_000), bytes: 600, segment: 536, concurrency: part(1_000_000))
    case "scattered":
      plan = CapturePlan(connections: part(1_000_000), bytes: 600, segment: 536, concurrency: part(1_000_000), order: .scattered)
    default: throw BenchError("\(name): no such capture; there are bulk, ooo, small, http, tls, open, scattered")
    }
    return plan
  }

  /// The capture of that name, made where it is missing.
  static func capture(_ name: String, scale: Double) throws -> String {
    mkdir(folder, 0o777)
    let path = "\(folder)/\(name)-\(fixed(scale, 3)).pcap"
    // In a process of its own: programs that are started count the memory of this one until they begin.
    let making = ["/usr/bin/env", "SCALE=\(scale)", CommandLine.arguments[0], "make", name, path]
    if access(path, R_OK) != 0 { _ = try ProcessFigures.run(making) }
    return path
  }

  func run(_ name: String) throws {
    let capture = try Self.capture(name, scale: scale)
    let output = Self.folder + "/out"
    let sizes = Self.folder + "/sizes"
    try Self.empty(output)
    _ = try ProcessFigures.run([reasm, "-q", "-r", capture, "-o", output])
    let expected = try files(output)
    try write(expected, to: sizes)
    let commands: [(name: String, command: [String])] = [
      ("reasm", [reasm, "-q", "-r", capture, "-o", output]),
      ("no-index", [reasm, "-q", "--no-index", "-r", capture, "-o", output]),
      ("floor", [program, "floor", capture, sizes, output]),
      ("tcpflow", ["tcpflow", "-q", "-r", capture, "-o", output, "-E", "tcpdemux"]),
    ]
    let title = "\(name): \(expected.count) files, \(expected.reduce(0, +)) bytes"
    try Turns(title, runs: runs, output: output, commands) { program in
      // tcpflow keeps fewer bytes of what is repeated and reordered far, so only ours must agree.
      if program != "tcpflow", try files(output) != expected { throw BenchError("\(name): \(program) wrote something else than before") }
    }.report()
  }

  /// Sizes of the files that carry streams, ascending.
  private func files(_ path: String) throws -> [Int] {
    guard let listing = opendir(path) else { throw BenchError("\(path): cannot be read") }
    defer { closedir(listing) }
    var sizes: [Int] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasPrefix(".") || name.hasSuffix("json") || name.hasSuffix(".xml") { continue }
      var status = stat()
      guard fstatat(dirfd(listing), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw BenchError("\(name): cannot be read") }
      sizes.append(Int(status.st_size))
    }
    return sizes.sorted()
  }

  private func write(_ sizes: [Int], to path: String) throws {
    guard let file = fopen(path, "w") else { throw BenchError("\(path): cannot be written") }
    for size in sizes { fputs("\(size)\n", file) }
    fclose(file)
  }

  /// Removes the output of an earlier run, including the folder and those in it.
  ///
  /// `ndjson` ends in `json` as well.
  static func empty(_ path: String) throws {
    guard let listing = opendir(path) else { return }
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name != ".", name != ".." else { continue }
      if unlinkat(dirfd(listing), name, 0) != 0, errno == EISDIR { try empty("\(path)/\(name)") }
    }
    closedir(listing)
    guard rmdir(path) == 0 else { throw BenchError("\(path): cannot be emptied") }
  }
}
