import Foundation
import Testing

/// What a shell offers behind an option: files where a file is meant, and words where there are only some.
@Suite struct CompletionTests {
  static let offers: [(option: String, typed: String, offered: [String])] = [
    ("-r", "", ["a.pcap", "folder"]), ("--read", "a", ["a.pcap"]), ("-w", "a", ["a.pcap"]), ("--on-close", "a", ["a.pcap"]),
    ("-o", "", ["folder"]), ("-i", "l", ["lo"]), ("--key", "v", ["vlan"]), ("--format", "", ["text", "ascii", "hex", "raw", "base64"]),
    ("--gaps", "s", ["skip"]), ("-U", "roo", ["root"]),
  ]

  /// The generated function is called as bash calls it.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash"), "needs bash"), arguments: offers)
  func bashOffers(_ option: String, _ typed: String, _ offered: [String]) throws {
    let command = try Command(["a.pcap": []])
    try FileManager.default.createDirectory(atPath: command.folder + "/folder", withIntermediateDirectories: true)
    let script = """
      source <("$0" --generate-completion-script bash)
      COMP_WORDS=(reasm "$1" "$2") COMP_CWORD=2
      _reasm reasm "$2" "$1" 2> /dev/null
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try command.run(["-c", script, Command.reasm, option, typed], of: "/bin/bash")
    #expect(outcome.errors == "")
    #expect(outcome.output.split(separator: "\n").map(String.init).sorted() == offered.sorted())
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func theScriptIsOneOfTheShell(_ shell: String) throws {
    let command = try Command()
    let script = """
      "$0" --generate-completion-script \(shell) > script || exit
      ! command -v \(shell) > /dev/null || \(shell) -n script
      """
    #expect(try command.run(["-c", script, Command.reasm], of: "/bin/sh") == Command.Outcome.quietSuccess)
  }
}
