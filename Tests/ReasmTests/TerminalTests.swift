import Foundation
import Glibc
import TestSupport
import Testing

/// A run with its outputs on a terminal of its own.
@Suite struct TerminalTests {
  private struct NoTerminal: Error {}

  /// What appears on a terminal of so many columns, control characters included; `\r\n` is `\n` again.
  private static func screen(
    _ arguments: [String], in folder: String, columns: UInt16 = 80, environment extra: [String: String] = [:], input: Any? = nil,
    outputToo: Bool = true, inputToo: Bool = false, whileRunning: () throws -> Void = {}
  ) throws -> String {
    // What unlockpt and ptsname do, which Swift does not see: TIOCSPTLCK and TIOCGPTN.
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (isLocked, number): (Int32, UInt32) = (0, 0)
    guard master >= 0, ioctl(master, 0x4004_5431, &isLocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else { throw NoTerminal() }
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard slave >= 0, ioctl(master, UInt(TIOCSWINSZ), &size) == 0 else { throw NoTerminal() }
    let process = Process()
    // An optimised command would be done before it says how far it is.
    process.executableURL = URL(fileURLWithPath: BuiltProgram.folder + "/reasm")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var environment = ProcessInfo.processInfo.environment
    environment["NO_COLOR"] = nil
    environment["TERM"] = "xterm"
    process.environment = environment.merging(extra) { $1 }
    let terminal = FileHandle(fileDescriptor: slave)
    process.standardInput = input ?? (inputToo ? terminal : FileHandle.nullDevice)
    process.standardOutput = outputToo ? terminal : FileHandle.nullDevice
    process.standardError = terminal
    try process.run()
    close(slave)
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var text: [UInt8] = []
    DispatchQueue.global().async {
      var piece = [UInt8](repeating: 0, count: 4_096)
      while case let count = read(master, &piece, piece.count), count > 0 { text += piece[..<count] }
      done.signal()
    }
    try whileRunning()
    process.waitUntilExit()
    done.wait()
    close(master)
    return String(decoding: text, as: UTF8.self).replacing("\r\n", with: "\n")
  }

  @Test func coloursTellTheDirectionsApart() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let arguments = ["-r", "a.pcap", "-q", "--console"]
    let coloured = try Self.screen(arguments, in: command.folder)
    #expect(coloured.contains("\u{1b}[36mGET /a HTTP/1.1\n"))
    #expect(coloured.contains("\u{1b}[33mHTTP/1.1 200 OK\n"))
    let plain = try command.run(arguments).output
    #expect(coloured.replacing(/\u{1b}\[\d+m/, with: "") == plain)
    for variables in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      #expect(try Self.screen(arguments, in: command.folder, environment: variables) == plain)
    }
    #expect(try Self.screen(arguments, in: command.folder, environment: ["NO_COLOR": ""]) == coloured)
    #expect(try Self.screen(arguments + ["--color", "never"], in: command.folder) == plain)
    #expect(try Self.screen(arguments + ["--color", "always"], in: command.folder, environment: ["NO_COLOR": "1"]) == coloured)
    #expect(try command.run(arguments + ["--color", "always"]).output == coloured)
    #expect(try command.run(["a.pcap", "--list", "-q", "--color", "always"]).output.hasPrefix("\u{1b}[1mid "))
  }

  @Test func rawBytesDoNotReachATerminal() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let text = try Self.screen(["-r", "a.pcap", "--console", "--format", "raw"], in: command.folder)
    #expect(text.hasPrefix("reasm: --format raw would let the capture drive your terminal"))
  }

  /// A capture that comes slowly, so that the line appears; it is never wider than the terminal, and gone at the end.
  @Test(arguments: [80, 200, 20] as [UInt16])
  func aLongRunSaysHowFarItIs(columns: UInt16) throws {
    let pipe = Pipe()
    let command = try Command()
    let text = try Self.screen(["-r", "-", "-o", "out"], in: command.folder, columns: columns, input: pipe) {
      var capture = CaptureBytes()
      for _ in 0..<1_100 { capture.packet(CaptureBytes.arp) }
      let half = capture.bytes.count - 512 * (16 + CaptureBytes.arp.count)
      try pipe.fileHandleForWriting.write(contentsOf: Data(capture.bytes[..<half]))
      usleep(1_200_000)
      try pipe.fileHandleForWriting.write(contentsOf: Data(capture.bytes[half...]))
      try pipe.fileHandleForWriting.close()
    }
    let shown = text.components(separatedBy: "\r\u{1b}[K")
    try #require(shown.count >= 3, "\(text)")
    #expect(shown[1].count < Int(columns))
    #expect(columns < 80 || shown[1].contains(/^[\d.]+ [KM]?i?B\/s   \d+ packets   0 open   0 gaps$/), "\(shown[1])")
    #expect(shown.last?.hasPrefix("0 connections, ") == true, "wiped away before the summary")
  }

  /// The share is that of the file, however much it is compressed, and only grows.
  @Test(arguments: ["cat"] + Containers.compressors.map(\.name).filter { ["gzip", "zstd"].contains($0) })
  func theShareIsThatOfTheFile(compressor: String) throws {
    var capture = CaptureBytes()
    for _ in 0..<2_000 { capture.packet(CaptureBytes.arp) }
    let command = try Command(["header": Array(capture.bytes.prefix(24)), "packets": Array(capture.bytes.dropFirst(24))])
    let script = "{ cat header; for part in $(seq 1000); do cat packets; done; } | \(compressor) > packed"
    #expect(try command.run(["-c", script], of: "/bin/sh").status == 0)
    let text = try Self.screen(["-r", "packed", "-o", "out"], in: command.folder)
    let shares = text.matches(of: /\u{1b}\[K(\d+) %/).compactMap { Int($0.1) }
    #expect(shares == shares.sorted())
    #expect(shares.contains { (15...85).contains($0) }, "\(shares)")
    #expect(shares.allSatisfy { $0 <= 100 })
  }

  /// Notes break between words on a terminal, and not at all in a pipe.
  @Test(arguments: [80, 200, 40] as [UInt16])
  func theSummaryFitsTheTerminal(columns: UInt16) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let text = try Self.screen(["-r", "a.pcap", "-o", "out"], in: command.folder, columns: columns)
    let notes = text.split(separator: "\n").drop { !$0.hasPrefix("note: ") }
    #expect(!notes.isEmpty)
    #expect(notes.allSatisfy { $0.count <= Int(columns) })
    let piped = try command.run(["-r", "a.pcap", "-o", "out2"]).errors
    #expect(piped.contains("note: 1 connection of which only one direction was captured; capture where both directions pass\n"))
  }

  /// What is printed passes through the pager, and messages come behind its end.
  @Test func aPagerShowsWhatIsPrinted() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed, "cut.pcap": Array(ConsoleTests.mixed.dropLast(3))])
    func screen(_ arguments: [String], _ pager: String? = "sed s/^/P:/; sleep 0.2; echo over", inputToo: Bool = true) throws -> [String] {
      var environment = ["NO_COLOR": "1"]
      environment["PAGER"] = pager
      return try Self.screen(arguments, in: command.folder, columns: 200, environment: environment, inputToo: inputToo)
        .split(separator: "\n").map(String.init)
    }
    for arguments in [["cut.pcap", "--console"], ["cut.pcap", "--list"]] {
      let lines = try screen(arguments)
      let end = try #require(lines.firstIndex(of: "over"), "\(lines)")
      #expect(end > 1 && lines[..<end].allSatisfy { $0.hasPrefix("P:") }, "\(lines)")
      #expect(lines[(end + 1)...].contains { $0.hasPrefix("2 connections, ") }, "\(lines)")
      #expect(lines[(end + 1)...].contains { $0.hasPrefix("reasm: cut.pcap: the capture is cut off") }, "\(lines)")
      for others in [
        try screen(arguments + ["--no-pager"]), try screen(arguments, ""), try screen(arguments, "cat"),
        try screen(arguments, inputToo: false),
      ] {
        #expect(!others.contains { $0.hasPrefix("P:") || $0 == "over" } && others.count > 2)
      }
    }
    let live = try screen(["a.pcap", "--console", "--live"])
    #expect(!live.contains { $0.hasPrefix("P:") })
  }

  /// A pager that ends early ends the run without a word.
  @Test func aPagerMayEndEarly() throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let text = try Self.screen(
      ["a.pcap", "--console"], in: command.folder, environment: ["PAGER": "head -n 1", "NO_COLOR": "1"], inputToo: true)
    #expect(text.hasPrefix("=== connection 1:") && !text.contains("reasm:"), "\(text)")
  }

  /// Every line fits, and says more the wider the terminal is.
  @Test(arguments: [300, 140, 120, 100, 80, 60, 40, 20] as [UInt16])
  func theListFitsTheTerminal(columns: UInt16) throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    let lines = try Self.screen(["a.pcap", "--list", "-q"], in: command.folder, columns: columns, environment: ["NO_COLOR": "1"])
      .split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= Int(columns) }, "\(lines)")
    let words = lines[0].split(separator: #/ {2,}/#).map(String.init)
    if columns >= 300 { #expect(words.count == 15, "\(words)") }
    if columns >= 140 { #expect(words.count >= 11, "\(words)") }
    if columns >= 80 { #expect(Set(["id", "client", "server", "to server", "to client", "inside"]).isSubset(of: words), "\(words)") }
    #expect(words.first == "id")
  }

  @Test(arguments: [["-q"], ["--trace", "--summary", "none"]])
  func quietRunsSayNothingOfIt(arguments: [String]) throws {
    let command = try Command(["a.pcap": ConsoleTests.mixed])
    #expect(!(try Self.screen(["-r", "a.pcap", "-o", "out"] + arguments, in: command.folder).contains("\u{1b}[K")))
  }
}
