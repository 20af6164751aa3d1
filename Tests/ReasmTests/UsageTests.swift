import Testing

/// Every wrong command line: status 64, one line that says what to do, nothing written.
@Suite struct UsageTests {
  static let wrong: [([String], String)] = [
    ([], "say which capture to read"),
    (["-r", "a.pcap", "-r", "a.pcap"], "named twice"), (["-r", ""], "--read is empty"), (["-r", "tcp://host"], "tcp://HOST:PORT"),
    (["-r", "a.pcap", "-r", "b.pcap", "--follow"], "--follow waits for one file"), (["-r", "-", "--follow"], "--follow waits for one"),
    (["-r", ".", "--follow"], "--follow waits for one file"), (["-r", "tcp://localhost:1", "--follow"], "--follow waits for one file"),
    (["a.pcap"], "'a.pcap' is a file; to read it, say -r a.pcap"),
    (["-r", "a.pcap", "tcp", "a.pcap"], "each capture needs its own -r: -r a.pcap"),
    (["-r", "a.pcap", "-f", "tcp", "port", "80"], "two filters: 'tcp' and 'port 80'"),
    (["-r", "a.pcap", "-c", "0"], "--count 0 reads nothing"),
    (["-r", "a.pcap", "-c", "few"], "'few' is invalid"),
    (["-r", "a.pcap", "-o", ""], "--output-dir is empty"),
    (["-r", "a.pcap", "--hash", "--no-index"], "--hash goes into the index"),
    (["-r", "a.pcap", "--gaps", "text"], "'zero' and 'skip'"),
    (["-r", "a.pcap", "--max-gap", "1.5M"], "such as 512K or 32M"),
    (["-r", "a.pcap", "--max-gap", "9223372036854775807K"], "larger than 8 EiB"),
    (["-r", "a.pcap", "--memory-limit", "1X"], "such as 512K or 32M"),
    (["-r", "a.pcap", "--gap-timeout", "5"], "such as 250ms or 5m"),
    (["-r", "a.pcap", "--gap-timeout", "-5s"], "--gap-timeout"),
    (["-r", "a.pcap", "--idle-timeout", "9223372036854775807d"], "292 years"),
    (["-r", "a.pcap", "--close-delay", "5 s"], "such as 250ms or 5m"),
    (["-r", "a.pcap", "--max-connections", "-1"], "--max-connections"),
    (["-r", "a.pcap", "--overlap-policy", "best"], "first, last, bsd, linux, old-linux, solaris, vista, windows, macos, hpux11"),
    (["-r", "a.pcap", "--fragment-policy", "vista"], "first, last, bsd, linux, windows, solaris"),
    (["-r", "a.pcap", "--checksum", "maybe"], "'verify' and 'ignore'"),
    (["-r", "a.pcap", "--key", "vlan,port"], "vlan, tunnel or interface"),
    (["-r", "a.pcap", "--key", "vlan,"], "vlan, tunnel or interface"),
    (["-r", "a.pcap", "--summary", "xml"], "'text', 'json' or 'none'"),
    (["-r", "a.pcap", "-q", "-v"], "contradict"),
    (["-r", "a.pcap", "--summary", "json", "-v"], "leave --verbose out"),
    (["-r", "a.pcap", "--no-such-option"], "--no-such-option"),
    (["-r", "a.pcap", "-T", "%!"], "--name-template '%!': "),
    (["-r"], "Missing value"),
    (["--chunk", "-r", "a.pcap"], "did you mean '--chunks'?"),
    (["--overlap-polcy", "first"], "did you mean '--overlap-policy'?"),
    (["-r", "a.pcap", "--idle", "5s"], "did you mean '--idle-timeout'?"),
    (["-r", "a.pcap", "--console", "--hash"], "--hash is about files"),
    (["-r", "a.pcap", "--console", "--min-bytes", "5"], "--min-bytes is about files"),
    (["-r", "a.pcap", "--console", "--summary", "json"], "both go to standard output"),
    (["-r", "a.pcap", "--live"], "add --console"),
    (["-r", "a.pcap", "--format", "hex"], "add --console"),
    (["-r", "a.pcap", "--console", "--format", "octal"], "'text', 'hex', 'raw' or 'base64'"),
    (["-r", "a.pcap", "--chunks", "--no-index"], "choose one"),
    (["-r", "a.pcap", "--write-empty", "--min-bytes", "1"], "choose one"),
    (["-r", "a.pcap", "--min-bytes", "10", "--max-bytes", "5"], "no file could be right"),
    // Habits of tcpdump, tshark and tcpflow.
    (["-r", "a.pcap", "-A"], "say --console"),
    (["-r", "a.pcap", "-X"], "--console --format hex"),
    (["-r", "a.pcap", "-nX"], "--console --format hex"),
    (["-r", "a.pcap", "-e"], "under layers"),
    (["-r", "a.pcap", "-w", "b.pcap"], "--write is for capturing"),
    (["-r", "a.pcap", "-Y", "http"], "filters are those of tcpdump"),
    (["-q", "-z", "follow,tcp,ascii,0"], "every stream is followed at once"),
    (["-r", "a.pcap", "-b", "100"], "--max-bytes"),
    (["-r", "a.pcap", "-c"], "as with tcpflow -c, say --console"),
  ]

  @Test(arguments: wrong)
  func isRefused(_ arguments: [String], _ words: String) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("reasm: "))
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
    #expect(command.names(in: ".") == ["a.pcap"])
  }

  static let right: [[String]] = [
    ["--gap-timeout", "0"], ["--gap-timeout", "250ms"], ["--idle-timeout", "2d"], ["--syn-timeout", "30s", "--close-delay", "1m"],
    ["--memory-limit", "0"], ["--connection-memory", "64k"], ["--fragment-memory", "1G"], ["--max-gap", "123"], ["--max-connections", "0"],
    ["--key", "vlan", "--key", "tunnel,interface"], ["--overlap-policy", "vista"], ["--overlap-policy", "old-linux"],
    ["--fragment-policy", "windows"], ["--no-defrag"], ["--require-handshake"], ["--checksum", "verify"], ["--hash"], ["--no-index"],
    ["tcp", "port", "80", "and", "not", "host", "10.9.9.9"], ["-f", "tcp and (port 80 or port 443)"], ["--", "ip[0]", "-", "5", "=", "64"],
    ["--gaps", "skip"], ["-T", "%A-%B"], ["-T", "%K/%N/%A.%a-%B.%b"], ["-T", "%G%M/%K/%S"], ["--chunks"], ["--write-empty"],
    ["--min-bytes", "1K"], ["--max-bytes", "1M"], ["--max-bytes", "0"], ["--min-bytes", "0", "--write-empty"],
    ["-nn", "tcp", "port", "80"], ["-n", "-l", "-tttt"], ["-S"],
  ]

  @Test(arguments: right)
  func isTaken(_ arguments: [String]) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-q"] + arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
  }

  @Test func versionNamesTheProgramAndLibpcap() throws {
    let outcome = try Command().run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.wholeMatch(of: /reasm \d+\.\d+\.\d+ with libpcap version .*\n/) != nil)
    #expect(outcome.errors.isEmpty)
  }

  @Test func helpIsAsRecorded() throws {
    let outcome = try Command().run(["--help"])
    #expect(outcome.status == 0)
    try Recording.expect("help.txt", outcome.output)
  }
}
