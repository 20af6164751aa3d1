import Foundation
import Testing

/// Signals, closed outputs and full disks.
@Suite struct EndingTests {
  /// Starts reading a pipe that stays open, and waits until the program is at it.
  private func startOnAPipe(_ command: Command) throws -> Pipe {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: CaptureBytes.conversation().bytes)
    try command.start(["-r", "-", "-o", "out", "-v"], input: pipe)
    for _ in 0..<500 where !command.errorsSoFar.contains("reading -") { usleep(10_000) }
    // From that line on it waits for a fifth packet; give it the time to read the four.
    usleep(100_000)
    return pipe
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aSignalKeepsWhatWasRead(_ signal: Int32) throws {
    let command = try Command()
    let pipe = try startOnAPipe(command)
    kill(command.identifier, signal)
    let outcome = command.wait()
    try pipe.fileHandleForWriting.close()
    #expect(!outcome.isKilled)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("reasm: interrupted after 4 packets; what was read until then is written"), "\(outcome.errors)")
    #expect(command.names(in: "out")?.contains("run.json") == true)
  }

  /// Both signals wait while the program is stopped, so that it gets the second before it can end by the first.
  @Test func aSecondSignalEndsItAtOnce() throws {
    let command = try Command()
    let pipe = try startOnAPipe(command)
    kill(command.identifier, SIGSTOP)
    kill(command.identifier, SIGINT)
    kill(command.identifier, SIGTERM)
    kill(command.identifier, SIGCONT)
    let outcome = command.wait()
    try pipe.fileHandleForWriting.close()
    #expect(outcome.isKilled)
    #expect([SIGINT, SIGTERM].contains(outcome.status))
  }

  @Test func aReaderThatWentAwayIsNoError() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let outcome = try command.run(["-r", "a.pcap", "--summary", "json"], output: pipe.fileHandleForWriting)
    #expect(!outcome.isKilled)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
  }

  /// Without the first three descriptors, messages must not land in the files of the streams.
  @Test func closedDescriptorsAreNotTakenByFiles() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let script = "exec \"$0\" -r a.pcap -o out --summary json -f tcp <&- >&- 2>&-"
    // The summary could not be written.
    #expect(try command.run(["-c", script, Command.reasm], of: "/bin/sh").status == 2)
    let undisturbed = try command.run(["-r", "a.pcap", "-o", "again", "-q", "-f", "tcp"])
    #expect(undisturbed.status == 0)
    let names = try #require(command.names(in: "out"))
    #expect(names == command.names(in: "again"))
    for name in names { #expect(command.contents("out/" + name) == command.contents("again/" + name)) }
  }

  /// What was asked for on a standard output that is closed was not delivered.
  @Test(arguments: ["--events -o out", "--console", "--summary json -o out"])
  func aClosedStandardOutputIsAnError(options: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-c", "exec \"$0\" -r a.pcap \(options) >&-", Command.reasm], of: "/bin/sh")
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("standard output: Bad file descriptor"))
  }

  /// A stream can be a capture itself, which `--force` would remove before it is read.
  @Test func forceKeepsTheInput() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q"]).status == 0)
    let bytes = CaptureBytes.conversation().bytes
    let stream = command.folder + "/out/b.pcap"
    try Data(bytes).write(to: URL(fileURLWithPath: stream))
    for name in ["out/b.pcap", "out/../out/b.pcap"] {
      let outcome = try command.run(["-r", name, "-o", "out", "--force"])
      #expect(outcome.status == 1)
      #expect(outcome.errorLines == ["reasm: \(name) lies in out, which --force would clear; name another folder with -o"])
      #expect(FileManager.default.contents(atPath: stream).map { Array($0) } == bytes)
      #expect(command.contents("out/connections.ndjson") != nil)
    }
  }

  /// Ctrl-\ ends the program at once, without the backtrace of the language runtime.
  @Test func aQuitEndsTheProgram() throws {
    let command = try Command()
    let pipe = try startOnAPipe(command)
    kill(command.identifier, SIGQUIT)
    let outcome = command.wait()
    try pipe.fileHandleForWriting.close()
    #expect(outcome.isKilled)
    #expect(outcome.status == SIGQUIT)
    #expect(!outcome.errors.contains("crashed"), "\(outcome.errors)")
  }

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"),
    arguments: ["--help", "--version", "--list-interfaces"])
  func aTextThatCannotBeWrittenIsAFailure(_ option: String) throws {
    let command = try Command()
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let outcome = try command.run([option], output: full)
    #expect(outcome.status == 1)
    #expect(outcome.errors == "reasm: standard output: No space left on device\n")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
  func aFullStandardOutputIsSaid() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let outcome = try command.run(["-r", "a.pcap", "--summary", "json"], output: full)
    #expect(outcome.status == 2)
    #expect(outcome.errorLines == ["reasm: standard output: No space left on device; the summary did not fit, the files are complete"])
  }

  /// A folder that holds something is left as it is; `--force` takes only what an earlier run wrote.
  @Test func anOutputFolderThatHoldsSomethingIsRefused() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q"]).status == 0)
    let names = command.names(in: "out")
    let outcome = try command.run(["-r", "a.pcap", "-o", "out"])
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("reasm: out: "))
    #expect(outcome.errors.contains("--force"))
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--force"]).status == 0)
    #expect(command.names(in: "out") == names)
  }

  @Test(arguments: [("a.pcap", "a file stands in the way"), ("no/where", "mkdir -p")])
  func anOutputFolderThatCannotBeMadeIsRefused(_ folder: String, _ words: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", folder])
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("reasm: \(folder): "))
    #expect(outcome.errors.contains(words))
  }

  @Test(.enabled(if: Privileges.canDrop, "needs a user that may not write here, and setpriv where the tests run as root"))
  func anOutputFolderWithoutPermissionIsRefused() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: command.folder)
    let outcome = try command.run(Privileges.arguments + ["-r", "a.pcap", "-o", "out"], of: Privileges.program)
    #expect(outcome.status == 1)
    #expect(outcome.errors == "reasm: out: Permission denied; name a folder with -o that you may write to\n")
  }

  /// On a small file system of its own, in a mount namespace of its own.
  @Test(.enabled(if: FullDisk.canMount, "needs root and the right to mount in a namespace of its own"))
  func aFullDiskIsSaidOnceAndEndsInStatusTwo() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation(Array(repeating: "line\n", count: 100)).bytes])
    let script = """
      mkdir disk && mount -t tmpfs -o size=64k tmpfs disk && mkdir disk/out && head -c 61440 /dev/zero > disk/fill
      "$0" -r a.pcap -o disk/out; status=$?
      ls disk/out >&2; exit $status
      """
    let outcome = try command.run(FullDisk.arguments + ["/bin/sh", "-c", script, Command.reasm], of: FullDisk.program)
    #expect(outcome.status == 2, "\(outcome.errors)")
    #expect(outcome.errorLines.count { $0.contains("No space left on device") } == 1, "\(outcome.errors)")
    #expect(outcome.errorLines.contains { $0.hasPrefix("reasm: disk/out") && $0.hasSuffix("what was written stays") })
    // Nothing that is half there may be taken for whole: no figures are better than some that do not parse.
    #expect(
      outcome.errors.contains("1 connection could not be written whole, connections.ndjson and run.json are not complete"),
      "\(outcome.errors)")
    #expect(!outcome.errorLines.contains("run.json"))
  }

  /// The disk fills up in the middle of a file: what was written of it stays, and the index.
  @Test(.enabled(if: FullDisk.canMount, "needs root and the right to mount in a namespace of its own"))
  func whatWasWrittenBeforeTheDiskWasFullStays() throws {
    let line = String(repeating: "0123456789abcde\n", count: 64)
    let command = try Command(["a.pcap": CaptureBytes.conversation(Array(repeating: line, count: 400)).bytes])
    let script = """
      mkdir disk && mount -t tmpfs -o size=256k tmpfs disk || exit 99
      "$0" -r a.pcap -o disk/out; status=$?
      cat disk/out/010* | head -c 16; exit $status
      """
    let outcome = try command.run(FullDisk.arguments + ["/bin/sh", "-c", script, Command.reasm], of: FullDisk.program)
    #expect(outcome.status == 2, "\(outcome.errors)")
    #expect(outcome.output == "0123456789abcde\n")
    #expect(outcome.errorLines.count { $0.contains("No space left on device") } == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("1 connection could not be written whole"))
  }
}

/// How to run a program where it may mount.
enum FullDisk {
  static let program = "/usr/bin/unshare"
  static let arguments = ["--mount"]

  static let canMount: Bool = {
    guard isRoot, FileManager.default.isExecutableFile(atPath: program), let command = try? Command() else { return false }
    return (try? command.run(arguments + ["/bin/sh", "-c", "mount -t tmpfs -o size=64k tmpfs ."], of: program).status) == 0
  }()
}
