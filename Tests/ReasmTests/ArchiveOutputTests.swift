import Foundation
import Glibc
import TestSupport
import Testing

/// The option --tar.
@Suite struct ArchiveOutputTests {

  private static func archive(_ command: Command, _ name: String = "x.tar") throws -> ParsedTar {
    try ParsedTar(Array(Data(contentsOf: URL(fileURLWithPath: command.folder + "/" + name))))
  }

  @Test func withoutAFolderThereIsNothingButTheArchive() throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    let outcome = try command.run(["a.pcap", "--tar", "x.tar"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.first?.hasSuffix("in x.tar") == true, "\(outcome.errors)")
    #expect(command.names(in: ".") == ["a.pcap", "x.tar"])
    let archive = try Self.archive(command)
    #expect(try command.run(["a.pcap", "-q", "-o", "out"]).status == 0)
    let files = RunFolderTests.contents(command, "out")
    #expect(Set(archive.members.map(\.text)) == Set(files.keys))
    for (name, data) in files where !name.hasSuffix("json") { #expect(archive.files[name] == data.map { Array($0) }) }
    #expect(try command.run(["a.pcap", "-q", "--tar", "y.tar"]).status == 0)
    #expect(command.contents("x.tar") == command.contents("y.tar"))
  }

  /// Through a pipe the archive is that of a file, and so it is behind other bytes of standard output.
  @Test(arguments: [["-q"], ["-q", "--http"], ["-q", "--no-index"]]) func standardOutput(_ options: [String]) throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    #expect(try command.run(["a.pcap", "--tar", "x.tar"] + options).status == 0)
    let words = (["a.pcap", "--tar", "-"] + options).joined(separator: " ")
    let script = """
      '\(Command.reasm)' \(words) | cat > pipe.tar && '\(Command.reasm)' \(words) > file.tar \
      && (printf 12345; '\(Command.reasm)' \(words); printf 67) > behind && (printf 12345; '\(Command.reasm)' \(words); printf 67) >> appended \
      && tail -c +6 behind | head -c -2 > behind.tar && tail -c +6 appended | head -c -2 > appended.tar
      """
    let outcome = try command.run(["-c", script], of: "/bin/bash")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let expected = FileManager.default.contents(atPath: command.folder + "/x.tar")
    for name in ["pipe", "file", "behind", "appended"] {
      #expect(FileManager.default.contents(atPath: command.folder + "/\(name).tar") == expected, "\(name)")
    }
  }

  /// The programs that people have list and extract it.
  @Test(arguments: ["tar", "bsdtar", "python3"]) func otherProgramsReadIt(_ program: String) throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    let options = ["-q", "-T", "%A/\(String(repeating: "x", count: 120))/ü-%N-%a-%B.%b"]
    #expect(try command.run(["a.pcap", "--tar", "x.tar", "-o", "out"] + options).status == 0)
    #expect(try command.run(["a.pcap", "-o", "files"] + options).status == 0)
    let find = try command.run(["-c", "command -v \(program)"], of: "/bin/bash")
    if program == "bsdtar", find.status != 0 { return }
    let script =
      program == "python3"
      ? "python3 -c \"import tarfile; t = tarfile.open('x.tar'); t.extractall('got')\"" : "mkdir got && \(program) -xf x.tar -C got"
    let compare = "cp got/*json files; diff -r got files && diff out/connections.ndjson got"
    let outcome = try command.run(["-c", "set -e; \(script); \(compare)"], of: "/bin/bash")
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.output.prefix(500)) \(outcome.errors.prefix(500))")
  }

  @Test func anExistingFile() throws {
    let command = try Command(["a.pcap": RunFolderTests.capture, "x.tar": [1, 2, 3]])
    let refused = try command.run(["a.pcap", "--tar", "x.tar"])
    #expect(refused.status == 1)
    #expect(refused.errors == "reasm: x.tar: exists already; name another file, or replace it with --force\n")
    #expect(command.contents("x.tar") == "\u{1}\u{2}\u{3}")
    #expect(try command.run(["a.pcap", "--tar", "x.tar", "--force"]).status == 0)
    #expect(try Self.archive(command).hasEnd)
    #expect(try command.run(["a.pcap", "--tar", "a.pcap", "--force"]).errors.contains("the run reads or writes this file"))
    #expect(try command.run(["a.pcap", "--tar", "./a.pcap", "--force"]).status == 1)
    #expect(FileManager.default.contents(atPath: command.folder + "/a.pcap").map { Array($0) } == RunFolderTests.capture)
    for name in ["connections.ndjson", "run.json", ".reasm-run", "http"] {
      let outcome = try command.run(["a.pcap", "-o", "out", "--tar", "out/\(name)", "--force"])
      #expect(outcome.status == 1 && outcome.errors.contains("a file of the run itself has this name"), "\(outcome.errors)")
      #expect(command.names(in: "out") == nil)
    }
    #expect(try command.run(["a.pcap", "-q", "-o", "out", "--tar", "out/x.tar"]).status == 0)
    #expect(command.names(in: "out") == ["connections.ndjson", "run.json", "x.tar"])
    #expect(try command.run(["a.pcap", "-q", "-o", "out", "--tar", "out/x.tar", "--force"]).status == 0)
    #expect(try Self.archive(command, "out/x.tar").hasEnd)
    #expect(symlink("a.pcap", command.folder + "/link") == 0)
    #expect(try command.run(["a.pcap", "--tar", "link", "--force"]).errors.contains("is no regular file"))
    #expect(try command.run(["a.pcap", "--tar", "none/x.tar"]).status == 1)
    // A folder that cannot be used leaves no archive behind.
    #expect(try command.run(["a.pcap", "-o", "out", "--tar", "new.tar"]).status == 1)
    #expect(command.names(in: ".")?.contains("new.tar") == false)
  }

  /// The file may not grow beyond a limit: what is there consists of whole members, and the index says what is missing.
  @Test(arguments: [1, 20, 64, 200, 500]) func aFileThatMayNotGrow(_ kilobytes: Int) throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    for output in ["x.tar", "-"] {
      let script = "ulimit -f \(kilobytes); exec '\(Command.reasm)' a.pcap -q --tar \(output) \(output == "-" ? "> x.tar" : "--force")"
      let outcome = try command.run(["-c", script], of: "/bin/bash")
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.errors.contains("File too large") && outcome.errorLines.count == 1, "\(outcome.errors)")
      let archive = try Self.archive(command)
      #expect(kilobytes < 200 || archive.members.count > 20)
      let list = try command.run(["-tf", "x.tar"], of: "/usr/bin/tar")
      #expect(list.status == 0 && list.output.split(separator: "\n").count == archive.members.count, "\(list.errors)")
    }
  }

  /// A device that takes no byte: the message names standard output, and the system's reason.
  @Test func aFullDevice() throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    let outcome = try command.run(["-c", "exec '\(Command.reasm)' a.pcap -q --tar - > /dev/full"], of: "/bin/bash")
    #expect(outcome.status == 2)
    #expect(outcome.errors.hasPrefix("reasm: standard output: No space left on device; "), "\(outcome.errors)")
  }

  /// A signal ends the reading: the archive is whole, with the index of what it has.
  @Test func interrupted() throws {
    let command = try Command()
    #expect(mkfifo(command.folder + "/pipe", 0o600) == 0)
    try command.start(["-r", "pipe", "--tar", "x.tar"])
    let pipe = try FileHandle(forWritingTo: URL(fileURLWithPath: command.folder + "/pipe"))
    try pipe.write(contentsOf: RunFolderTests.capture[..<200_000])
    usleep(300_000)
    Glibc.kill(command.identifier, SIGINT)
    let outcome = command.wait()
    try pipe.close()
    #expect(outcome.status == 2, "\(outcome.errors)")
    let archive = try Self.archive(command)
    #expect(archive.hasEnd && archive.members.count > 50)
    #expect(archive.members.suffix(2).map(\.text) == ["connections.ndjson", "run.json"])
  }

  /// Killed at any moment, the archive reads as one of whole members.
  @Test func killedAtAnyMoment() throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    let start = ContinuousClock.now
    #expect(try command.run(["a.pcap", "-q", "--tar", "x.tar"]).status == 0)
    let length = ContinuousClock.now - start
    var random = SplitMix64(seed: 11)
    for attempt in 0..<20 {
      try command.start(["a.pcap", "-q", "--tar", "y\(attempt).tar"])
      let delay = (length * Double.random(in: 0.2..<1.1, using: &random)).components
      usleep(useconds_t(delay.seconds * 1_000_000 + delay.attoseconds / 1_000_000_000_000))
      command.kill()
      _ = command.wait()
      // The file is made and gets the end of an archive in two steps: between them it is empty, which GNU tar refuses.
      guard let bytes = FileManager.default.contents(atPath: command.folder + "/y\(attempt).tar"), !bytes.isEmpty else { continue }
      _ = try Self.archive(command, "y\(attempt).tar")
      let listing = try command.run(["-tf", "y\(attempt).tar"], of: "/usr/bin/tar")
      #expect(listing.status == 0, "\(listing.errors)")
    }
  }

  /// Options that cannot go with it are named.
  @Test(arguments: [
    (["--tar", "-", "--console"], "--tar - and --console both go to standard output"),
    (["--tar", "-", "--events"], "--tar - and --events both go to standard output"),
    (["--tar", "-", "--summary", "json"], "--tar - and --summary json both go to standard output"),
    (["--tar", "x.tar", "--writers", "2"], "--writers is about files in a folder"),
    (["--tar", "x.tar", "--list"], "--tar is about files, and --list writes none"),
    (["--tar", "x.tar", "--report"], "--report is a page about files in a folder"),
    (["--tar", "x.tar", "--pcap"], "--pcap writes files that --tar does not take"),
    (["--tar", "x.tar", "--tls", "--tls-certificates"], "--tls-certificates writes files that --tar does not take"),
    (["--tar", "-", "--http", "--har"], "say --tar FILE"), (["--tar", ""], "--tar is empty"),
  ]) func refusals(_ options: [String], _ words: String) throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    let outcome = try command.run(["a.pcap"] + options)
    #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
    #expect(command.names(in: ".") == ["a.pcap"])
  }

  @Test func besideTheConsoleAndEvents() throws {
    let command = try Command(["a.pcap": RunFolderTests.capture])
    #expect(try command.run(["a.pcap", "-q", "--tar", "x.tar", "--console", "--format", "raw"]).output.contains("GET /299"))
    #expect(try Self.archive(command).members.count > 300)
    let events = try command.run(["a.pcap", "-q", "--tar", "y.tar", "--events"])
    #expect(events.output.contains(#""member":{"name":""#))
    #expect(command.contents("x.tar") == command.contents("y.tar"))
    // Captures and certificates go to the folder.
    #expect(try command.run(["a.pcap", "-q", "--tar", "z.tar", "-o", "out", "--pcap"]).status == 0)
    #expect(command.names(in: "out") == ["connections.ndjson", "pcap", "run.json"])
    #expect(command.names(in: "out/pcap")?.count == 300)
  }
}
