import Foundation
import Packets
import TestSupport
import Testing

/// Shards of a run, attempts at them, and the merge.
@Suite struct ShardTests {
  /// 70 connections, several of which are open at once; two in seven have the addresses and ports of an earlier one.
  private static let capture: [UInt8] = {
    var packets: [ScriptedPacket] = []
    for number in 0..<70 {
      let port = UInt16(40_000 + (number % 7 < 2 ? number % 7 : number))
      var c = Conversation(client: Endpoint("10.0.\(number / 30).1", port), start: Conversation.epoch + Int64(number) * 2_500_000)
      c.time += Int64(number / 7) * 100_000_000_000
      c.handshake()
      c.send(.client, "GET /\(number)\n")
      for _ in 0..<(number % 7) { c.send(.server, [UInt8].letters(700 + number)) }
      c.close()
      packets += c.packets
    }
    return RunFolderTests.merged(packets)
  }()

  /// Makes the shards of a capture into `folder`, and fails if one of them fails.
  private static func makeShards(_ command: Command, _ count: Int, of input: String = "a.pcap", in folder: String, _ options: [String] = [])
    throws
  {
    for index in 0..<count {
      let outcome = try command.run(["-r", input, "-o", folder, "-q", "--shard", "\(index)/\(count)"] + options)
      #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
    }
  }

  /// Contents of everything in a folder, run.json too.
  private static func contents(_ command: Command, _ name: String) -> [String: Data?] { RunFolderTests.contents(command, name) }

  @Test(arguments: [
    [], ["-T", "%K/%N"], ["-T", "%A/x", "--chunks"], ["-T", "%c", "--pcap", "--pcap-template", "%A"], ["--hash", "--gaps", "skip"],
  ])
  func theDirectoryOfOneRun(_ options: [String]) throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-r", "a.pcap", "-o", "one", "-q"] + options).status == 0)
    let expected = Self.contents(command, "one")
    #expect(expected.count > 70)
    for count in [1, 2, 3, 7] {
      try Self.makeShards(command, count, in: "of\(count)", options)
      let outcome = try command.run(["merge", "of\(count)"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.hasPrefix("reasm: \(count) shard\(count == 1 ? "" : "s") merged: 70 connections, "), "\(outcome.errors)")
      #expect(Self.contents(command, "of\(count)") == expected, "\(count)")
    }
    let outcome = try command.run(["-r", "a.pcap", "-o", "all", "--shards", "5"] + options)
    #expect(outcome.status == 0 && outcome.errors.hasPrefix("reasm: 5 shards merged: 70 connections, "), "\(outcome.errors)")
    #expect(Self.contents(command, "all") == expected)
  }

  @Test func severalInputsAndNone() throws {
    let half = Self.capture.count / 2
    let empty = PcapWriter(linkType: .ethernet)
    let command = try Command([
      "a.pcap": Self.capture, "b.pcap": Self.capture, "none.pcap": empty.bytes, "cut.pcap": Array(Self.capture[..<half]),
    ])
    for inputs in [
      ["-r", "a.pcap", "-r", "b.pcap"], ["-r", "none.pcap"], ["-r", "cut.pcap"], ["-r", "a.pcap", "-r", "none.pcap", "--key", "interface"],
    ] {
      let name = "out" + inputs.joined()
      let one = try command.run(inputs + ["-o", "one" + name, "-q"])
      for index in 0..<3 {
        let shard = try command.run(inputs + ["-o", name, "-q", "--shard", "\(index)/3"])
        #expect(shard.status == one.status && shard.errors == one.errors)
      }
      let merged = try command.run(["merge", name, "-q"])
      #expect(merged.status == one.status && merged.errors == "", "\(merged.errors)")
      #expect(Self.contents(command, name) == Self.contents(command, "one" + name), "\(inputs)")
    }
  }

  @Test func anAttemptThatIsThereAlready() throws {
    let command = try Command(["a.pcap": Self.capture, "b.pcap": Self.capture])
    let shard = ["-o", "out", "--shard", "1/2"]
    #expect(try command.run(["-r", "a.pcap", "-q"] + shard).status == 0)
    let before = Self.contents(command, "out")
    let again = try command.run(["-r", "a.pcap"] + shard)
    #expect(again.status == 0)
    #expect(again.errors == "reasm: out/shards/00001 is there already, from the same captures and options\n")
    let other = try command.run(["-r", "b.pcap"] + shard)
    #expect(other.status == 1)
    #expect(
      other.errors
        == "reasm: out/shards/00001: made by another run: inputs[0].file was \"a.pcap\" and is now \"b.pcap\"; name another output directory\n"
    )
    for (options, words) in [
      (["--gaps", "skip"], #"options.gaps was "zero" and is now "skip""#), (["tcp"], #"filter was null and is now "tcp""#),
      (["--chunks"], "options.chunks was not given and is now true"),
      (["--memory-limit", "1M"], "limits.memory_limit was 268435456 and is now 1048576"),
    ] {
      let outcome = try command.run(["-r", "a.pcap"] + shard + options)
      #expect(outcome.status == 1 && outcome.errors.contains(words), "\(outcome.errors)")
    }
    #expect(Self.contents(command, "out") == before)
  }

  /// A shard of another number of shards has other connections.
  @Test func aShardOfAnotherNumber() throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-r", "a.pcap", "-q", "-o", "out", "--shard", "0/2"]).status == 0)
    let other = try command.run(["-r", "a.pcap", "-q", "-o", "out", "--shard", "0/3"])
    #expect(other.status == 1)
    #expect(other.errors == "reasm: out/shards/00000: this is one of 2 shards, not of 3; name another output directory\n")
  }

  /// No name leaves the output directory.
  @Test func aSymbolicLinkInsteadOfTheFolder() throws {
    for options in [["--shard", "0/2"], ["--shards", "2"]] {
      let command = try Command(["a.pcap": Self.capture])
      for folder in ["out", "elsewhere"] {
        try FileManager.default.createDirectory(atPath: command.folder + "/" + folder, withIntermediateDirectories: true)
      }
      try FileManager.default.createSymbolicLink(
        atPath: command.folder + "/out/shards", withDestinationPath: command.folder + "/elsewhere")
      let outcome = try command.run(["-r", "a.pcap", "-q", "-o", "out"] + options)
      #expect(outcome.status == 1 && outcome.errors.contains("out/shards: "), "\(outcome.errors)")
      #expect(command.names(in: "elsewhere") == [])
    }
  }

  @Test func twoAttemptsAtOnce() throws {
    let command = try Command(["a.pcap": Self.capture])
    for attempt in 0..<4 {
      let others = try (0..<3).map { _ in try Command() }
      for other in others {
        try other.start(["-q", "-r", command.folder + "/a.pcap", "-o", command.folder + "/out\(attempt)", "--shard", "0/1"])
      }
      for other in others {
        let outcome = other.wait()
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
      }
      #expect(command.names(in: "out\(attempt)/shards") == ["00000"])
      #expect(try command.run(["merge", "out\(attempt)", "-q"]).status == 0)
      #expect(Self.contents(command, "out\(attempt)") == Self.contents(command, "out0"))
    }
  }

  @Test func anAttemptThatWasKilled() throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-r", "a.pcap", "-o", "one", "-q"]).status == 0)
    var random = SplitMix64(seed: 3)
    var leftovers = 0
    for attempt in 0..<5 {
      let name = "out\(attempt)"
      try command.start(["-r", "a.pcap", "-o", name, "-q", "--shard", "0/2"])
      for _ in 0..<2_000 where command.names(in: name + "/shards")?.isEmpty != false { usleep(1_000) }
      usleep(useconds_t.random(in: 0..<5_000, using: &random))
      command.kill()
      _ = command.wait()
      if command.names(in: name + "/shards")?.contains(where: { $0.contains(".tmp.") }) == true { leftovers += 1 }
      try Self.makeShards(command, 2, in: name)
      #expect(try command.run(["merge", name, "-q"]).errors == "")
      #expect(Self.contents(command, name) == Self.contents(command, "one"))
    }
    #expect(leftovers > 0)
  }

  @Test func aMergeThatWasKilled() throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-r", "a.pcap", "-o", "one", "-q", "-T", "%K/%N", "--chunks"]).status == 0)
    let expected = Self.contents(command, "one")
    var random = SplitMix64(seed: 4)
    var interrupted = 0
    for attempt in 0..<5 {
      let name = "out\(attempt)"
      try Self.makeShards(command, 3, in: name, ["-T", "%K/%N", "--chunks"])
      for _ in 0..<3 {
        try command.start(["merge", name, "-q"])
        usleep(useconds_t.random(in: 1_000..<20_000, using: &random))
        command.kill()
        if command.wait().isKilled { interrupted += 1 }
      }
      if command.hasMergeToDo(in: name) {
        let outcome = try command.run(["merge", name, "-q"])
        #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.errors)")
      }
      #expect(Self.contents(command, name) == expected, "attempt \(attempt)")
    }
    #expect(interrupted > 1)
  }

  @Test func whatIsMissingOrForeignIsNamed() throws {
    let command = try Command(["a.pcap": Self.capture, "b.pcap": Array(Self.capture.prefix(10_000))])
    func merge(_ name: String) throws -> String {
      let before = Self.contents(command, name)
      let outcome = try command.run(["merge", name])
      #expect(outcome.status == 1)
      #expect(Self.contents(command, name) == before, "a refusal changes nothing")
      return outcome.errors
    }
    #expect(try merge("nothing") == "reasm: nothing: there are no shards here; make them with reasm --shard 0/N -o nothing and so on\n")
    _ = try command.run(["-r", "a.pcap", "-o", "some", "-q", "--shard", "0/3"])
    #expect(try merge("some") == "reasm: some/shards/00001: the shard is missing and 1 more; make it with --shard 1/3\n")
    _ = try command.run(["-r", "a.pcap", "-o", "some", "-q", "--shard", "2/3"])
    #expect(try merge("some") == "reasm: some/shards/00001: the shard is missing; make it with --shard 1/3\n")
    _ = try command.run(["-r", "a.pcap", "-o", "some", "-q", "--shard", "1/3", "--gaps", "skip"])
    #expect(
      try merge("some")
        == "reasm: some/shards/00001: options.gaps is \"skip\", and \"zero\" in some/shards/00000: the shards are not those of one run\n")
    try FileManager.default.removeItem(atPath: command.folder + "/some/shards/00001")
    _ = try command.run(["-r", "b.pcap", "-o", "some", "-q", "--shard", "1/3"])
    #expect(try merge("some").contains(#"some/shards/00001: inputs[0].file is "b.pcap", and "a.pcap" in some/shards/00000"#))
    try FileManager.default.removeItem(atPath: command.folder + "/some/shards/00001")
    _ = try command.run(["-r", "a.pcap", "-o", "some", "-q", "--shard", "1/2"])
    #expect(try merge("some") == "reasm: some/shards/00001: this is one of 2 shards, and some/shards/00000 one of 3\n")
    try FileManager.default.removeItem(atPath: command.folder + "/some/shards/00001")
    try FileManager.default.copyItem(atPath: command.folder + "/some/shards/00000", toPath: command.folder + "/some/shards/00001")
    #expect(try merge("some") == "reasm: some/shards/00001: this is shard 0, in a folder of another name\n")
    try FileManager.default.removeItem(atPath: command.folder + "/some/shards/00001")
    try FileManager.default.createDirectory(atPath: command.folder + "/some/shards/notes", withIntermediateDirectories: true)
    #expect(try merge("some") == "reasm: some/shards/notes: in the way, and no shard; move it away\n")
  }

  /// A shard whose files were damaged behind its back is refused; nothing traps.
  @Test func damagedShardsAreRefused() throws {
    let command = try Command(["a.pcap": Self.capture])
    try Self.makeShards(command, 2, in: "out")
    var random = SplitMix64(seed: 9)
    for name in [".reasm-order", "connections.ndjson", "run.json"] {
      for round in 0..<6 {
        try? FileManager.default.removeItem(atPath: command.folder + "/copy")
        try FileManager.default.copyItem(atPath: command.folder + "/out", toPath: command.folder + "/copy")
        let file = command.folder + "/copy/shards/00001/" + name
        var bytes = [UInt8](try #require(FileManager.default.contents(atPath: file)))
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if round % 3 == 0 { bytes.removeLast(bytes.count - place) } else { bytes[place] ^= UInt8.random(in: 1...255, using: &random) }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let outcome = try command.run(["merge", "copy"])
        #expect(!outcome.isKilled && [0, 1, 2, 3].contains(outcome.status), "\(name) \(round): \(outcome.status) \(outcome.errors)")
        if round % 3 == 0 { #expect(outcome.status == 1, "\(name) cut at \(place)") }
        if outcome.status == 1 { #expect(outcome.errorLines.count == 1 && outcome.errors.contains("copy/"), "\(outcome.errors)") }
      }
    }
  }

  /// Files of a shard that were cut, lost, added or replaced by a link are no evidence, so nothing is moved.
  @Test func damagedFilesAreRefused() throws {
    let command = try Command(["a.pcap": Self.capture, "other": [1, 2, 3]])
    try Self.makeShards(command, 2, in: "out", ["-T", "%c/%N"])
    let shard = command.folder + "/copy/shards/00001"
    let manager = FileManager.default
    let damages: [(String, (String) throws -> Void)] = [
      ("its files have ", { _ = truncate($0, 5) }), ("its files have ", { try manager.removeItem(atPath: $0) }),
      ("its files have ", { try manager.copyItem(atPath: $0, toPath: $0 + "x") }),
      (
        " is no file; ",
        {
          try manager.removeItem(atPath: $0)
          try manager.createSymbolicLink(atPath: $0, withDestinationPath: command.folder + "/other")
        }
      ),
    ]
    for (words, damage) in damages {
      try? manager.removeItem(atPath: command.folder + "/copy")
      try manager.copyItem(atPath: command.folder + "/out", toPath: command.folder + "/copy")
      let below = try #require(try manager.subpathsOfDirectory(atPath: shard).sorted().first { $0.contains("/") })
      try damage(shard + "/" + below)
      let before = Self.contents(command, "copy")
      let outcome = try command.run(["merge", "copy"])
      #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.hasPrefix("reasm: copy/shards/00001: ") && outcome.errors.contains(words), "\(outcome.errors)")
      #expect(Self.contents(command, "copy") == before, "a refusal changes nothing")
    }
  }

  @Test func aFolderWithOtherFilesIsRefused() throws {
    let command = try Command(["a.pcap": Self.capture])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q"]).status == 0)
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--shard", "0/2"])
    #expect(outcome.status == 1)
    #expect(outcome.errors == "reasm: out: the directory has other files than shards; name a new one with -o\n")
  }

  @Test(arguments: [
    (["-i", "lo"], "-i"), (["-r", "a.pcap", "--follow"], "--follow"), (["-r", "-"], "standard input"),
    (["-r", "tcp://127.0.0.1:9"], "address"), (["-r", "a.pcap", "--console"], "--console"), (["-r", "a.pcap", "--list"], "--list"),
    (["-r", "a.pcap", "--events"], "--events"), (["-r", "a.pcap", "--on-close", "/bin/true"], "--on-close"),
    (["-r", "a.pcap", "--connection", "1"], "--connection"),
    (["-i", "lo", "-w", "x"], "-i"), (["-r", "a.pcap", "--no-index"], "--no-index"), (["-r", "a.pcap", "--force"], "--force"),
    (["-r", "a.pcap", "--trace"], "--trace"), (["-r", "a.pcap", "--tar", "x.tar"], "--tar"),
    (["-r", "a.pcap", "--tar", "-"], "--tar -"), (["-r", "a.pcap", "--tar", "out/x/y.tar"], "--tar"),
  ])
  func whatDoesNotGoWithShards(_ arguments: [String], word: String) throws {
    let command = try Command(["a.pcap": Self.capture])
    for shard in [["--shard", "0/2"], ["--shards", "2"]] {
      let outcome = try command.run(arguments + ["-o", "out"] + shard)
      #expect(outcome.status == 64 && outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(word) && outcome.errors.contains(shard[0]), "\(outcome.errors)")
      #expect(command.names(in: "out") == nil)
    }
  }

  @Test(arguments: ["", "1", "2/2", "-1/2", "1/0", "0/0", "x/2", "1/x", "1/2/3", "0/100001", "+1/2", " 1/2"])
  func wrongShards(_ text: String) throws {
    let command = try Command(["a.pcap": Self.capture])
    let outcome = try command.run(["-r", "a.pcap", "--shard", text])
    #expect(outcome.status == 64 && outcome.errorLines.count == 1, "\(outcome.errors)")
  }

  @Test func wrongNumbersOfShards() throws {
    let command = try Command(["a.pcap": Self.capture])
    for words in [["--shards", "0"], ["--shards", "100001"], ["--shards", "x"], ["--shards", "2", "--shard", "0/2"]] {
      let outcome = try command.run(["-r", "a.pcap"] + words)
      #expect(outcome.status == 64 && outcome.errorLines.count == 1, "\(outcome.errors)")
    }
    #expect(try command.run(["merge"]).status == 64)
    #expect(try command.run(["merge", "--help"]).status == 0)
  }

  /// A process that cannot make its shard is named; the others stay, and the same command continues.
  @Test func aProcessThatFails() throws {
    let command = try Command(["a.pcap": Self.capture, "b.pcap": Self.capture])
    #expect(try command.run(["-r", "b.pcap", "-o", "out", "-q", "--shard", "1/3"]).status == 0)
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "--shards", "3"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("shard 1/3 ended with status 1"), "\(outcome.errors)")
    try FileManager.default.removeItem(atPath: command.folder + "/out/shards/00001")
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "--shards", "3", "-q"]).status == 0)
    #expect(try command.run(["-r", "a.pcap", "-o", "one", "-q"]).status == 0)
    #expect(Self.contents(command, "out") == Self.contents(command, "one"))
  }

  /// Ctrl-C ends the processes of the shards; whole ones stay, and the same command continues.
  @Test func anInterruption() throws {
    let command = try Command(["a.pcap": Self.capture])
    let run = ["-r", command.folder + "/a.pcap", "-o", "out", "--shards", "24", "-q"]
    try command.start(run)
    for _ in 0..<5_000 where command.names(in: "out/shards")?.contains("00000") != true { usleep(2_000) }
    _ = kill(command.identifier, SIGINT)
    let outcome = command.wait()
    #expect(outcome.status == 2, "\(outcome.errors)")
    #expect(outcome.errors.hasSuffix("reasm: interrupted; whole shards stay in out, and the same command continues\n"), "\(outcome.errors)")
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      guard name.allSatisfy(\.isNumber), let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else { return false }
      return words.range(of: Data(command.folder.utf8)) != nil
    }
    #expect(processes.isEmpty)
    let whole = (command.names(in: "out/shards") ?? []).filter { !$0.contains(".tmp.") }
    #expect(!whole.isEmpty && whole.count < 24)
    #expect(command.names(in: "out") == ["shards"])
    let before = whole.map { command.contents("out/shards/\($0)/run.json") }
    #expect(try command.run(["merge", "out"]).status == 1)
    #expect(whole.map { command.contents("out/shards/\($0)/run.json") } == before)
    #expect(try command.run(run).status == 0)
    #expect(try command.run(["-r", command.folder + "/a.pcap", "-o", "one", "-q"]).status == 0)
    #expect(Self.contents(command, "out") == Self.contents(command, "one"))
  }

  @Test func messagesOfAllShardsAreShownOnce() throws {
    let cut = Array(Self.capture.dropLast(5))
    let command = try Command(["a.pcap": cut])
    let one = try command.run(["-r", "a.pcap", "-o", "one", "-q"])
    #expect(one.status == 2 && one.errorLines.count == 1)
    let outcome = try command.run(["-r", "a.pcap", "-o", "out", "-q", "--shards", "4"])
    #expect(outcome.status == 2 && outcome.errors == one.errors, "\(outcome.errors)")
    #expect(Self.contents(command, "out") == Self.contents(command, "one"))
    let json = try command.run(["-r", "a.pcap", "-o", "json", "-q", "--shards", "4", "--summary", "json"])
    #expect(json.output == command.contents("json/run.json"))
  }

  /// A limit that all connections share, and that the shards reached only together.
  @Test func limitsThatAllShardsShare() throws {
    let command = try Command(["a.pcap": Self.capture])
    try Self.makeShards(command, 3, in: "out", ["--max-connections", "5"])
    let outcome = try command.run(["merge", "out"])
    #expect(outcome.status == 0 && outcome.errors.contains("one run without shards may differ: "), "\(outcome.errors)")
    #expect(outcome.errors.contains("max_connections"), "\(outcome.errors)")
  }
}
