import Foundation
import Testing

/// Names of files are bytes: those that are not UTF-8 are found, made and named.
@Suite struct FileNameTests {
  /// Runs a script; `$0` is the program, `ls -b` writes such bytes in octal.
  private func run(_ script: String, in command: Command) throws -> Command.Outcome {
    try command.run(["-c", "export LC_ALL=C\n" + script, Command.reasm], of: "/bin/sh")
  }

  @Test func aCapture() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try run(#"N=$(printf 'caf\351.pcap'); mv a.pcap "$N"; "$0" -q -r "$N" && ls -b"#, in: command)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "caf\\351.pcap\ncaf\\351.streams\n")
  }

  @Test func aFolderOfCaptures() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let script = #"""
      D=$(printf '\351\377'); mkdir "$D"; cp a.pcap "$D/$(printf 'b\200.pcap')"; mv a.pcap "$D/c.pcap"
      "$0" -q -r "$D" -o out --summary json
      """#
    let outcome = try run(script, in: command)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let inputs = try #require(report["inputs"] as? [[String: Any]])
    #expect(inputs.map { $0["file"] as? String } == ["\u{fffd}\u{fffd}/b\u{fffd}.pcap", "\u{fffd}\u{fffd}/c.pcap"])
    let bytes = inputs.map { ($0["file_base64"] as? String).flatMap { Data(base64Encoded: $0) } }
    #expect(bytes == [Data([0xe9, 0xff, 0x2f, 0x62, 0x80] + Array(".pcap".utf8)), Data([0xe9, 0xff] + Array("/c.pcap".utf8))])
    #expect(inputs.map { $0["packets"] as? Int } == [4, 4])
  }

  @Test func theOutputFolder() throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let script = #"""
      "$0" -q -r a.pcap -o "$(printf 'd\351')" && "$0" -q -r a.pcap -o "$(printf 'd\351')" --force && ls -b && ls -b d*
      """#
    let outcome = try run(script, in: command)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "a.pcap\nd\\351\n010.000.000.001.40000-010.000.000.002.00080\nconnections.ndjson\nrun.json\n")
  }

  /// A name that is UTF-8 stays it, also one that stands for bytes inside the program.
  @Test(arguments: [#"caf\303\251"#, #"\364\217\277\251"#, #"\364\217\274\200x\377"#, #"\355\240\200"#])
  func theOutputFolderAsItIs(_ name: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try run("N=$(printf '\(name)')\n\"$0\" -q -r a.pcap -o \"$N\" && rm a.pcap && ls -b", in: command)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == name + "\n")
  }

  @Test func templateAndProgram() throws {
    let script = "#!/bin/sh\nprintf 'told ' >> log\ncat > line\n"
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes, "told": Array(script.utf8)])
    let outcome = try run(
      #"""
      P=$(printf './\351'); mv told "$P"; chmod +x "$P"
      "$0" -q -r a.pcap -o out -T "$(printf 'x\351/%%a')" --on-close "$P" --events
      "$0" -q -r a.pcap -o out -T "$(printf 'x\351/%%a')" --force && ls -b out out/*; cat log
      """#, in: command)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(#""file":"x\#u{fffd}/40000","file_base64":"eOkvNDAwMDA=""#))
    #expect(outcome.output.contains("x\\351\n") && outcome.output.hasSuffix("told "), "\(outcome.output)")
    #expect(command.contents("out/run.json")?.contains(#""name_template_base64": "eOkvJWE=""#) == true)
  }
}
