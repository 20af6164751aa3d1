import Foundation
import Testing

/// SHA-256 of the inputs, with `--hash`.
@Suite struct InputHashTests {
  private static let capture = CaptureBytes.conversation().bytes

  private func inputs(_ command: Command, _ arguments: [String], input: Any? = nil) throws -> [[String: Any]] {
    let outcome = try command.run(arguments + ["-o", "out", "-q"], input: input)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let text = try #require(command.contents("out/run.json"))
    let run = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return try #require(run["inputs"] as? [[String: Any]])
  }

  /// What `sha256sum` says of a file.
  private func sum(_ command: Command, _ name: String) throws -> String {
    let outcome = try command.run([name], of: "/usr/bin/sha256sum")
    return String(try #require(outcome.output.split(separator: " ").first))
  }

  @Test func filesAreHashedAsTheyLieOnTheDisk() throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-k", "a.pcap"], of: "/usr/bin/gzip").status == 0)
    let inputs = try inputs(command, ["-r", "a.pcap", "-r", "a.pcap.gz", "--hash"])
    #expect(inputs.map { $0["sha256"] as? String } == [try sum(command, "a.pcap"), try sum(command, "a.pcap.gz")])
    #expect(inputs[0]["sha256"] as? String != inputs[1]["sha256"] as? String)
  }

  @Test func theRestOfAFileIsHashedToo() throws {
    let command = try Command(["a.pcap": Self.capture])
    let inputs = try inputs(command, ["-r", "a.pcap", "--hash", "-c", "1"])
    #expect(inputs[0]["sha256"] as? String == (try sum(command, "a.pcap")))
  }

  @Test func whatIsNoRegularFileHasNoHash() throws {
    let command = try Command(["a.pcap": Self.capture])
    let pipe = Pipe()
    pipe.fileHandleForWriting.write(Data(Self.capture))
    try pipe.fileHandleForWriting.close()
    let inputs = try inputs(command, ["-r", "-", "--hash"], input: pipe)
    #expect(inputs.count == 1)
    #expect(inputs[0]["sha256"] is NSNull)
    #expect(inputs[0]["packets"] as? Int == 4)
  }

  @Test func withoutTheOptionThereIsNone() throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try inputs(command, ["-r", "a.pcap"])[0]["sha256"] == nil)
  }
}
