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
    #expect(try command.run(["-c", script, Command.reasm], of: "/bin/sh").status == 0)
    let undisturbed = try command.run(["-r", "a.pcap", "-o", "again", "-q", "-f", "tcp"])
    #expect(undisturbed.status == 0)
    let names = try #require(command.names(in: "out"))
    #expect(names == command.names(in: "again"))
    for name in names { #expect(command.contents("out/" + name) == command.contents("again/" + name)) }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
  func aFullStandardOutputIsSaid() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let outcome = try command.run(["-r", "a.pcap", "--summary", "json"], output: full)
    #expect(outcome.status == 2)
    #expect(outcome.errorLines == ["reasm: standard output: No space left on device; the summary did not fit, the files are complete"])
  }
}
