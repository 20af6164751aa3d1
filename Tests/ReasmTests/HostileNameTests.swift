import Foundation
import Paths
import Testing

/// Names that somebody chose to drive the terminal of whoever reads them: no message, list or summary lets them.
@Suite struct HostileNameTests {
  /// ESC, BEL, C1 in UTF-8 and alone, line ends, separators, overrides of the direction, a byte order mark, a tag, DEL and half a character.
  static let name = #"a\033[31m\007\302\233\n\r\342\200\250\342\200\256\342\201\246\357\273\277\363\240\201\201\177\233\377\303z"#

  /// Runs a script in which `$N` is the name, `$0` the program.
  private func run(_ script: String, _ files: [String: [UInt8]] = ["a.pcap": CaptureBytes.conversation().bytes]) throws -> Command.Outcome {
    let command = try Command(files)
    return try command.run(["-c", "N=$(printf '\(Self.name)')\n" + script, Command.reasm], of: "/bin/sh")
  }

  private func expectHarmless(_ outcome: Command.Outcome, _ script: String) {
    let bytes = outcome.bytes
    let text = String(validating: bytes, as: UTF8.self)
    #expect(text != nil, "\(script): not UTF-8: \(outcome.errors)")
    let bad = (text ?? "").unicodeScalars.filter { $0 != "\n" && !$0.isHarmlessOnTerminal }
    #expect(bad.isEmpty, "\(script): \(bad.map { String($0.value, radix: 16) })")
    #expect(!outcome.isKilled && outcome.status != 127)
  }

  /// One line each.
  static let refusals: [(script: String, status: Int32)] = [
    (#""$0" -r "$N""#, 1),
    (#"cp a.pcap "$N"; head -c 20 a.pcap > "$N"; "$0" -r "$N""#, 1),
    (#": > "$N"; "$0" -r "$N""#, 1),
    (#"echo text > "$N"; "$0" -r "$N""#, 1),
    (#"printf 'PK\003\004....' > "$N"; "$0" -r "$N""#, 1),
    (#"printf '\037\213\010\0\0\0' > "$N"; "$0" -r "$N""#, 1),
    (#"mkdir "$N"; "$0" -r "$N""#, 1),
    (#""$0" -r "tcp://$N""#, 64),
    (#""$0" -r "tcp://$N:1""#, 64),
    (#": > "$N"; "$0" -r a.pcap -o "$N""#, 1),
    (#""$0" -r a.pcap -o "$N/$N""#, 1),
    (#"mkdir "$N"; : > "$N/x"; "$0" -r a.pcap -o "$N""#, 1),
    (#"mkdir "$N"; : > "$N/.reasm-run"; "$0" -r a.pcap -o "$N""#, 1),
    (#"mkdir "$N"; : > "$N/.reasm-run"; : > "$N/x"; "$0" -r a.pcap -o "$N" --force"#, 1),
    (#"mkdir "$N" "$N/run.json"; "$0" -r a.pcap -o "$N" --force"#, 1),
    (#""$0" -r a.pcap -T "$N%!""#, 64),
    (#""$0" -r a.pcap -T "%!$N""#, 64),
    (#""$0" -r a.pcap -f "$N""#, 1),
    (#""$0" -r a.pcap -f "tcp.port == $N""#, 1),
    (#""$0" -r a.pcap tcp "$N""#, 1),
    (#": > "$N"; "$0" -r a.pcap tcp "$N""#, 1),
    (#": > "$N"; "$0" tcp "$N""#, 64),
    (#": > "$N"; "$0" "$N""#, 1),
    (#""$0" "./$N""#, 64),
    (#": > "$N"; "$0" -i lo "$N""#, 64),
    (#""$0" -r a.pcap "--$N""#, 64),
    (#""$0" -r a.pcap "-$N""#, 64),
    (#""$0" -r a.pcap "--hash=$N""#, 64),
    (#""$0" -r a.pcap -c "$N""#, 64),
    (#""$0" -r a.pcap --gaps "$N""#, 64),
    (#""$0" -r a.pcap --max-gap "$N""#, 64),
    (#""$0" -r a.pcap --gap-timeout "$N""#, 64),
    (#""$0" -r a.pcap --overlap-policy "$N""#, 64),
    (#""$0" -r a.pcap --key "$N""#, 64),
    (#""$0" -r a.pcap --summary "$N""#, 64),
    (#""$0" -r a.pcap --on-close "$N""#, 64),
    (#": > "$N"; "$0" -r a.pcap --on-close "$N""#, 64),
    (#""$0" -i "$N" -o out"#, 1),
    (#""$0" -i lo -U "$N""#, 64),
    (#""$0" -i lo -f "$N" -o out"#, 1),
    (#""$0" -i lo --time-stamp-type "$N" -o out"#, 1),
    (#"ln -s x "$N"; "$0" -i lo -o out -w "$N""#, 1),
    (#": > "$N"; "$0" -i lo -o out -w "$N""#, 1),
    (#""$0" -i lo -o out -w "$N/$N""#, 1),
    (#""$0" -r a.pcap -w "$N""#, 64),
  ]

  @Test(arguments: refusals) func aRefusal(_ script: String, _ status: Int32) throws {
    let outcome = try run(script)
    expectHarmless(outcome, script)
    #expect(outcome.status == status, "\(script): \(outcome.errors)")
    #expect(outcome.errorLines.count == 1 && outcome.errors.hasPrefix("reasm: "), "\(script): \(outcome.errors)")
  }

  /// Several lines; none begins with what the name holds behind its line feed.
  static let runs = [
    #"mv a.pcap "$N"; "$0" -v -r "$N""#,
    #"mv a.pcap "$N"; "$0" -r "$N" -o "$N.out" -T "$N/%a""#,
    #"mv a.pcap "$N"; "$0" -r "$N" --summary json -T "$N%a""#,
    #"mv a.pcap "$N"; "$0" -r "$N" --trace --console --live"#,
    #"mv a.pcap "$N"; "$0" "$N" --list"#,
    #"mv a.pcap "$N"; : > "x$N"; "$0" "$N" "x$N" -o out"#,
    #""$0" -r a.pcap -o "$N" --events -T "$N%a" -q; cat "$N"/*.ndjson "$N"/run.json"#,
    #""$0" -r a.pcap -o out --chunks -T "$N%a" -q; cat out/*.ndjson out/run.json"#,
    #"mv a.pcap "$N"; head -c 150 "$N" > "b$N"; "$0" -r "$N" -r "b$N" -o out"#,
    #"mv a.pcap "$N"; "$0" -r "$N" -r "missing$N" -o out"#,
    #"printf '#!/bin/sh\nexit 3\n' > "$N"; chmod +x "$N"; "$0" -r a.pcap -o out --on-close "./$N""#,
    #""$0" -r a.pcap -o out -f "port 9999 or port 9998""#,
  ]

  @Test(arguments: runs) func aRun(_ script: String) throws {
    let outcome = try run(script)
    expectHarmless(outcome, script)
    #expect([0, 2].contains(outcome.status), "\(script): \(outcome.errors)")
    #expect(
      !outcome.errorLines.contains { $0.hasPrefix("\r") || $0.hasPrefix("?") || $0.hasSuffix("z") && $0.count < 20 }, "\(outcome.errors)")
  }

  /// An interface may have such a name; spaces and slashes alone it may not have.
  @Test(.enabled(if: canNameInterfaces, "needs root, unshare and ip")) func interfaces() throws {
    let script = #"""
      E=$(printf 'e\033[31m\302\233\377'); ip link add name "$E" type dummy || exit 99
      "$0" -D; "$0" -i nowhere0; "$0" -i "$E" --duration 100ms
      """#
    let command = try Command()
    let outcome = try command.run(["-n", "/bin/sh", "-c", script, Command.reasm], of: "/usr/bin/unshare")
    expectHarmless(outcome, script)
    #expect(outcome.output.contains("e?[31m?"), "\(outcome.output)")
  }

  static let canNameInterfaces: Bool = {
    guard isRoot, let command = try? Command() else { return false }
    let script = #"ip link add name "$(printf 'e\033[31m')" type dummy"#
    return (try? command.run(["-n", "/bin/sh", "-c", script], of: "/usr/bin/unshare").status) == 0
  }()
}
