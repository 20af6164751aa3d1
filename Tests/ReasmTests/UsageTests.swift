import Testing

@testable import reasm

/// Every wrong command line: status 64, one line that says what to do, nothing written.
@Suite struct UsageTests {
  static let wrong: [([String], String)] = [
    ([], "say which capture to read"),
    (["-r", "a.pcap", "-r", "a.pcap"], "named twice"), (["-r", ""], "--read is empty"), (["-r", "tcp://host"], "tcp://HOST:PORT"),
    (["-r", "a.pcap", "-r", "b.pcap", "--follow"], "--follow waits for one file"), (["-r", "-", "--follow"], "--follow waits for one"),
    (["-r", ".", "--follow"], "--follow waits for one file"), (["-r", "tcp://localhost:1", "--follow"], "--follow waits for one file"),
    (["a.pcap", "a.pcap"], "named twice"), (["-r", "a.pcap", "a.pcap"], "named twice"),
    (["tcp", "a.pcap"], "'a.pcap' is a file; captures come before the filter, or say -r a.pcap"),
    (["-q", "merge", "out"], "merge comes before its options: reasm merge FOLDER"),
    (["tcp", "port", "80"], "'tcp' is no file, and no capture is named"), (["--", "a.pcap"], "say which capture to read"),
    (["-f", "tcp", "a.pcap"], "with -f each capture behind its own -r"), (["-i", "lo", "a.pcap"], "-i captures from an interface"),
    (["missing.pcap"], "'missing.pcap' is no file"), (["a.pcap", "missing.pcapng.gz"], "'missing.pcapng.gz' is no file"),
    (["a.pcap", "./missing"], "'./missing' is no file"),
    (["-r", "a.pcap", "-f", "tcp", "port", "80"], "two filters: 'tcp' and 'port 80'"),
    (["-r", "a.pcap", "-c", "0"], "--count 0 reads nothing"),
    (["-r", "a.pcap", "-c", "few"], "'few' is invalid"),
    (["-r", "a.pcap", "-o", ""], "--output-dir is empty"),
    (["-r", "a.pcap", "--hash", "--no-index"], "--hash goes into the index"),
    (["-r", "a.pcap", "--gaps", "text"], "'zero' and 'skip'"),
    (["-r", "a.pcap", "--max-gap", "1.5M"], "such as 512K or 32M"),
    (["-r", "a.pcap", "--max-gap", "9223372036854775807K"], "larger than 8 EiB"),
    (["-r", "a.pcap", "--memory-limit", "1X"], "such as 512K or 32M"),
    (["-r", "a.pcap", "--gap-timeout", "5x"], "such as 250ms or 5m"), (["-r", "a.pcap", "--max-gap", "5iB"], "such as 512K or 32M"),
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
    (["-r", "a.pcap", "--matching"], "--matching is about patterns"),
    (["-r", "a.pcap", "--match", "x", "--matching", "--tar", "a.tar"], "--tar takes no member back"),
    (["-r", "a.pcap", "--match", "x", "--matching", "--report"], "--report shows every connection"),
    (["-r", "a.pcap", "--match", "x", "--matching", "--events"], "--events shows every connection"),
    (["-r", "a.pcap", "--match", "x", "--matching", "--http", "--har"], "--har shows every connection"),
    (["-r", "a.pcap", "--match", "x", "--matching", "--console", "-o", "out"], "--console shows every connection"),
    (["-r", "a.pcap", "--no-such-option"], "--no-such-option"),
    (["-r", "a.pcap", "-T", "%!"], "--name-template '%!': "),
    (["-r"], "Missing value"),
    (["--chunk", "-r", "a.pcap"], "did you mean '--chunks'?"),
    (["--overlap-polcy", "first"], "did you mean '--overlap-policy'?"),
    (["-r", "a.pcap", "--idle", "5s"], "did you mean '--idle-timeout'?"),
    (["-r", "a.pcap", "--writers", "65"], "--writers is from 0 to 64"),
    (["-r", "a.pcap", "--list", "--writers", "2"], "--writers is about files"),
    (["-r", "a.pcap", "--console", "--hash"], "--hash is about files"),
    (["-r", "a.pcap", "--console", "--min-bytes", "5"], "--min-bytes is about files"),
    (["-r", "a.pcap", "--console", "--summary", "json"], "both go to standard output"),
    (["-r", "a.pcap", "--live"], "add --console"),
    (["-r", "a.pcap", "--format", "hex"], "add --console"),
    (["-r", "a.pcap", "--console", "--format", "octal"], "'text', 'ascii', 'hex', 'raw' or 'base64'"),
    (["-r", "a.pcap", "--chunks", "--no-index"], "choose one"),
    (["-r", "a.pcap", "--http", "--no-index"], "choose one"),
    (["-r", "a.pcap", "--write-empty", "--min-bytes", "1"], "choose one"),
    (["-r", "a.pcap", "--min-bytes", "10", "--max-bytes", "5"], "no file could be right"),
    (["a.pcap", "--list=xml"], "say --list=csv"), (["a.pcap", "--list", "csv"], "--list=csv"), (["a.pcap", "--sort", "id"], "add --list"),
    (["a.pcap", "--top", "5"], "add --list"), (["a.pcap", "--list", "--top", "0"], "--top 0"),
    (["a.pcap", "--list", "--sort", "x"], "'missing'"),
    (["a.pcap", "--list", "-o", "out"], "choose one"), (["a.pcap", "--list", "--console"], "choose one"),
    (["a.pcap", "--list", "--events"], "choose one"), (["a.pcap", "--list", "--summary", "json"], "choose one"),
    (["a.pcap", "--list", "--hash"], "--hash is about files"), (["a.pcap", "--list", "--http"], "leave --http out"),
    (["a.pcap", "--list", "--tls"], "leave --tls and --keylog out"), (["a.pcap", "--list", "--on-close", "/bin/true"], "choose one"),
    (["a.pcap", "--list=csv", "--list=json"], "--list has one form"), (["a.pcap", "--lst"], "did you mean '--list'?"),
    // ForeignOptions of tcpdump, tshark and tcpflow.
    (["-r", "a.pcap", "-A"], "say --console"),
    (["-r", "a.pcap", "-X"], "--console --format hex"),
    (["-r", "a.pcap", "-nX"], "--console --format hex"),
    (["-r", "a.pcap", "-e"], "under layers"),
    (["-r", "a.pcap", "-w", "b.pcap"], "--write is for capturing"),
    (["-r", "a.pcap", "-Y", "http"], "filters are those of tcpdump"),
    (["-q", "-z", "follow,tcp,ascii,0"], "every stream is followed at once"),
    (["-r", "a.pcap", "-b", "100"], "--max-bytes"),
    (["-r", "a.pcap", "-c"], "as with tcpflow -c, say --console"),
    (["-r", "a.pcap", "-c", "-5"], "as with tcpflow -c, say --console"),
    (["-r", "a.pcap", "-nnvXs", "0"], "--console --format hex"),
    (["-r", "a.pcap", "-w", "b.pcap"], "tcpdump -r FILE -w OTHER FILTER"),
    (["-r", "a.pcap", "-s0"], "leave it out with -r"), (["-r", "a.pcap", "-p"], "leave it out with -r"),
    (["-r", "a.pcap", "-e", "md5"], "--hash"), (["-r", "a.pcap", "-Fk"], "%K"), (["-r", "a.pcap", "-J"], "colours come by themselves"),
    (["-r", "a.pcap", "--colour"], "colours come by themselves"), (["-r", "a.pcap", "--console", "--color"], "Missing value"),
    (["-r", "a.pcap", "--color", "never"], "add --console or --list"), (["-r", "a.pcap", "--head", "5"], "add --console"),
    (["-r", "a.pcap", "--no-pager"], "add --console or --list"),
    (["-r", "a.pcap", "--console", "--head", "0"], "--head 0 prints nothing"),
    (["-r", "a.pcap", "--console", "--format", "raw", "--head", "5"], "--head says what it leaves out"),
    (["-r", "a.pcap", "-Z", "root"], "-U USER"),
    (["-r", "a.pcap", "-I"], "--chunks"), (["-r", "a.pcap", "-L"], "-v says the link type"),
    (["-r", "a.pcap", "-j", "host"], "--time-stamp-type"), (["-r", "a.pcap", "-E", "x@y"], "not decrypted"),
    (["-r", "a.pcap", "--console=hex"], "say --console --format hex"),
    // An option that takes one value, given twice, by whichever name.
    (["-r", "a.pcap", "-o", "x", "-o", "y"], "--output-dir is given twice, 'x' and 'y'; give it once"),
    (["-r", "a.pcap", "-ox", "--output-dir=y"], "--output-dir is given twice"),
    (["-r", "a.pcap", "-T", "%A", "--name-template", "%B"], "--name-template is given twice"),
    (["-r", "a.pcap", "-c5", "-c", "6"], "--count is given twice"),
    (["-r", "a.pcap", "-f", "tcp", "-f", "udp"], "--filter is given twice"),
    (["-r", "a.pcap", "--gap-timeout", "1s", "--gap-timeout", "1s"], "--gap-timeout is given twice"),
    (["-i", "lo", "-B", "1M", "--buffer-size", "2M"], "--buffer-size is given twice"),
    (["-i", "lo", "-i", "lo"], "one interface is named twice"), (["-i", "lo", "-i", "any"], "-i any is all interfaces"),
    // Capturing, tcpdump rotates files.
    (["-i", "lo", "-G", "60"], "nothing to rotate"), (["-i", "lo", "-W", "3"], "nothing to rotate"),
    (["--interface=lo", "-C", "10"], "nothing to rotate"), (["-r", "a.pcap", "-G", "60"], "cut it first"),
    // Long options with one dash, as Go has them.
    (["-console", "-r", "a.pcap"], "unknown option '-console'; did you mean '--console'?"),
    (["-r", "a.pcap", "-output", "out"], "unknown option '-output'; did you mean '--output-dir'?"),
    (["-r", "a.pcap", "-nodefrag"], "unknown option '-nodefrag'; did you mean '--no-defrag'?"),
    (["-r", "a.pcap", "-debug"], "The value 'ebug' is invalid for"),
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
    ["--gap-timeout", "0"], ["--gap-timeout", "5"], ["--max-gap", "4KB"], ["--gap-timeout", "250ms"], ["--idle-timeout", "2d"],
    ["--syn-timeout", "30s", "--close-delay", "1m"],
    ["--memory-limit", "0"], ["--connection-memory", "64k"], ["--fragment-memory", "1G"], ["--max-gap", "123"], ["--max-connections", "0"],
    ["--key", "vlan", "--key", "tunnel,interface"], ["--overlap-policy", "vista"], ["--overlap-policy", "old-linux"],
    ["--fragment-policy", "windows"], ["--no-defrag"], ["--require-handshake"], ["--checksum", "verify"], ["--hash"], ["--no-index"],
    ["tcp", "port", "80", "and", "not", "host", "10.9.9.9"], ["-f", "tcp and (port 80 or port 443)"], ["--", "ip[0]", "-", "5", "=", "64"],
    ["--gaps", "skip"], ["-T", "%A-%B"], ["-T", "%K/%N/%A.%a-%B.%b"], ["-T", "%G%M/%K/%S"], ["--chunks"], ["--write-empty"],
    ["--min-bytes", "1K"], ["--max-bytes", "1M"], ["--max-bytes", "0"], ["--min-bytes", "0", "--write-empty"],
    ["-nn", "tcp", "port", "80"], ["-n", "-l", "-tttt"], ["-S"], ["-c5"], ["-c=5"], ["-nnc5"], ["-ttttnnl"], ["-NO"], ["-nnf", "tcp"],
    ["-T%A-%B"], ["-nqf=tcp"],
  ]

  @Test(arguments: right)
  func isTaken(_ arguments: [String]) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-q"] + arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
  }

  /// The usual words of tcpdump, and words that other programs take.
  @Test(arguments: [["-nnr", "a.pcap"], ["-ra.pcap"], ["-ttttnnqra.pcap"], ["-r=a.pcap"]])
  func shortOptionsMayStandInOneWord(_ arguments: [String]) throws {
    let command = try Command(["a.pcap": CaptureBytes.conversation().bytes])
    #expect(try command.run(arguments + ["-oout", "--summary", "none"]) == Command.Outcome.quietSuccess)
    #expect(command.names(in: "out")?.count == 3)
  }

  /// A word behind an option that takes one is never taken apart.
  @Test func valuesStayAsTheyAre() throws {
    let command = try Command(["nr": CaptureBytes.conversation().bytes])
    #expect(try command.run(["-qr", "nr", "-o", "n"]) == Command.Outcome.quietSuccess)
    #expect(command.names(in: "n")?.count == 3)
  }

  @Test(arguments: [["help"], ["-h"]])
  func helpIsHelp(_ arguments: [String]) throws {
    #expect(try Command().run(arguments).output == Command().run(["--help"]).output)
  }

  @Test func versionNamesTheProgramAndLibpcap() throws {
    let outcome = try Command().run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.wholeMatch(of: /reasm \d+\.\d+\.\d+ with libpcap version .*\n/) != nil)
    #expect(outcome.errors.isEmpty)
  }

  /// The repeatable options are those of which the help says so.
  ///
  /// The quick look that comes before the check misses no pair of names.
  @Test func whatMayBeGivenTwice() throws {
    let help = try Command().run(["--help"]).output
    var (repeatable, name): (Set<String>, String) = ([], "")
    for line in help.split(separator: "\n") {
      if line.hasPrefix("  -"), let long = line.firstMatch(of: /--[a-z-]+/) {
        name = String(long.output)
        if let short = line.firstMatch(of: /^  (-[A-Za-z]), --[a-z-]+ </) {
          #expect(OptionNames.mayRepeat([String(short.output.1), "x", name, "y"]))
        }
      }
      if line.contains(/[Rr]epeat it/) { repeatable.insert(name) }
    }
    #expect(repeatable == OptionNames.repeatable)
  }

  @Test func helpIsAsRecorded() throws {
    let outcome = try Command().run(["--help"])
    #expect(outcome.status == 0)
    try Recording.expect("help.txt", outcome.output)
  }
}
