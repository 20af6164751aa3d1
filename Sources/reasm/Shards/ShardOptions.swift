import ArgumentParser
import FlowFiles
import Paths
import Reassembly

/// Options that divide a run into shards.
struct ShardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Assemble one share of the connections: shard i of n, counted from 0, written to the folder shards of the output. Other processes or \
      machines make the other shards, and reasm merge makes of them what one run writes.
      """, valueName: "i/n"), transform: ShardArgument.init(parsing:))
  var shard: ShardArgument?

  @Option(
    help: ArgumentHelp(
      "Divide the run into n shards, run them in processes of their own, as many at once as there are processors, and merge them.",
      valueName: "n"))
  var shards: Int?

  func validate() throws {
    if shard != nil, shards != nil { throw ValidationError("--shard makes one shard, and --shards all of them; choose one") }
    if let shards, shards < 1 || shards > Shard.most { throw ValidationError("--shards \(shards): 1 to \(Shard.most) shards are possible") }
  }
}

/// Number of a shard and number of all shards, such as `3/16`.
struct ShardArgument {
  let shard: Shard

  init(parsing text: String) throws {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Self.number(parts[0]), let count = Self.number(parts[1]) else {
      throw ValidationError("a shard is a number and the number of shards, such as 0/16 for the first of sixteen")
    }
    guard count <= Shard.most else { throw ValidationError("at most \(Shard.most) shards are possible") }
    guard let shard = Shard(index, of: count) else {
      throw ValidationError(
        count == 0 ? "there is no shard of 0 shards" : "the shards of \(count) are 0/\(count) to \(count - 1)/\(count)")
    }
    self.shard = shard
  }

  private static func number(_ text: Substring) -> Int? { text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil }
}

extension ReasmCommand {
  /// One line about an option that does not go with shards; nil if there is none.
  var shardRefusal: String? {
    guard shards.shard != nil || shards.shards != nil else { return nil }
    let name = shards.shard != nil ? "--shard" : "--shards"
    let given: [(isGiven: Bool, words: String)] = [
      (live.isLive, "-i captures once, and \(name) needs packets that every shard can read; capture to a file first"),
      (input.follow, "--follow waits for packets, and \(name) needs a capture that is whole; leave one of them out"),
      (
        !live.isLive && !input.isAtRest,
        "\(name) needs files, because every shard reads all of them; write standard input, a pipe or an address to a file first"
      ),
      (console.console, "--console prints conversations in order, and \(name) has only some of them; print after reasm merge"),
      (list.isWanted, "--list prints all connections, and \(name) has only some of them; list without \(name)"),
      (events.events, "--events numbers connections, and \(name) has only some of them; leave one of them out"),
      (events.onClose != nil, "--on-close names files, which reasm merge moves; leave it or \(name) out"),
      (
        !selection.patterns.isEmpty,
        "--connection goes by numbers that \(name) does not know; choose connections with a filter, or leave one of them out"
      ),
      (live.write != nil, "-w keeps the packets of a live capture; leave it or \(name) out"),
      (
        output.tar == "-",
        "--tar - prints one archive, and \(name) makes one of each share; name a file in the folder of -o: -o OUT --tar OUT/NAME"
      ),
      (
        !output.tarIsInFolder,
        "--tar names one file, and \(name) makes one of each share; name a file in the folder of -o: -o OUT --tar OUT/NAME"
      ),
      (output.noIndex, "reasm merge needs the index, and --no-index leaves that out; choose one of it and \(name)"),
      (output.force, "--force removes what is in the folder, and \(name) replaces nothing; name a new folder with -o"),
      (messages.trace, "--trace numbers connections, and \(name) has only some of them; leave one of them out"),
    ]
    return given.first(where: \.isGiven)?.words
  }
}
