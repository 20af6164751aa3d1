import CLinux
import FlowFiles
import Glibc
import Paths

/// Run that is divided into shards: one process for each, as many at once as there are processors, and then the merge.
struct ShardsRun {
  private let command: ReasmCommand
  private let count: Int
  /// Words of the command line of every process, without those of the shard.
  private let words: [String]
  private let filter: [String]
  private let directory: FilePath
  /// Messages that were shown: most processes have the same ones.
  private var shown: Set<String> = []
  /// Whether a process could not make its shard.
  private var hasFailed = false

  /// A process with what it writes on standard error.
  private struct Child {
    var shard: Int
    var messages: Int32
  }

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - command: the parsed command line.
  ///   - count: the number of shards.
  ///   - words: its words, each option in a word of its own, without the filter behind `--`.
  ///   - filter: `--` and the words behind it.
  ///   - known: the names of all options.
  init(_ command: ReasmCommand, _ count: Int, words: [String], filter: [String], _ known: OptionNames) {
    self.command = command
    self.count = count
    self.words = Self.withoutMessages(words, known)
    self.filter = filter
    directory = command.output.directory ?? DefaultDirectory.name(for: command.input.read[0])
  }

  /// Removes the number of shards and what is about messages, which are those of this process.
  private static func withoutMessages(_ words: [String], _ known: OptionNames) -> [String] {
    var kept: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      let name = String(word.prefix { $0 != "=" })
      let isOption = word.hasPrefix("-") && word != "-"
      let value = isOption && name == word && known.takesValue(name) ? rest.popFirst() : nil
      if ["--shards", "--summary", "-q", "--quiet", "-v", "--verbose"].contains(name) { continue }
      kept += [word] + (value.map { [$0] } ?? [])
    }
    return kept
  }

  /// Makes all shards and merges them.
  mutating func perform() -> ExitStatus {
    makeShards()
    if Interruption.isRequested {
      StandardStream.error.message("interrupted; whole shards stay in \(directory), and the same command continues")
      return .partial
    }
    guard !hasFailed else {
      StandardStream.error.message("the other shards stay in \(directory), and the same command continues")
      return .failed
    }
    do throws(MergeRefusal) {
      let result = try ShardMerge(directory) { Interruption.isRequested }.perform()
      return show(result)
    } catch {
      StandardStream.error.message(error.description)
      return .failed
    }
  }

  private func show(_ result: ShardMerge.Result) -> ExitStatus {
    let status = ExitStatus(rawValue: result.exitStatus) ?? .complete
    if !command.messages.quiet { MergeCommand.show(notesOf: result) }
    switch command.messages.summary {
    case .none: break
    case .text: if !command.messages.quiet { MergeCommand.show(result, directory) }
    case .json:
      let error = result.report.withUnsafeBufferPointer { StandardStream.output.write($0) }
      if error == 0 { break }
      StandardStream.error.message("standard output: \(StandardStream.words(for: error)); the summary did not fit, the files are complete")
      return status.combined(with: .partial)
    }
    return status
  }

  // MARK: processes

  /// Time in microseconds between two looks at the processes.
  private static let pause: UInt32 = 5_000

  private mutating func makeShards() {
    let most = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    var running: [pid_t: Child] = [:]
    var next = 0
    var wasEnded = false
    while true {
      while next < count, running.count < most, !hasFailed, !Interruption.isRequested {
        start(next, &running)
        next += 1
      }
      if Interruption.isRequested, !wasEnded {
        wasEnded = true
        for child in running.keys { kill(child, SIGINT) }
      }
      guard !running.isEmpty else { return }
      var status: Int32 = 0
      let ended = waitpid(-1, &status, WNOHANG)
      guard ended != 0 else {
        // A wait without a limit would lose a signal that comes right before it.
        usleep(Self.pause)
        continue
      }
      guard ended > 0 else {
        if errno == EINTR { continue }
        return
      }
      guard let child = running.removeValue(forKey: ended) else { continue }
      finish(child, status)
    }
  }

  private mutating func start(_ shard: Int, _ running: inout [pid_t: Child]) {
    let messages = memfd_create("messages", UInt32(REASM_MFD_CLOEXEC))
    guard messages >= 0 else { return fail(shard, StandardStream.words(for: errno)) }
    var process: pid_t = 0
    let error = spawn(shard, messages, &process)
    guard error == 0 else {
      close(messages)
      return fail(shard, StandardStream.words(for: error))
    }
    running[process] = Child(shard: shard, messages: messages)
  }

  private mutating func fail(_ shard: Int, _ words: String) {
    hasFailed = true
    StandardStream.error.message("shard \(shard)/\(count) \(words)")
  }

  /// Shows the messages of a process that has ended, but for those that another one had too.
  private mutating func finish(_ child: Child, _ status: Int32) {
    defer { close(child.messages) }
    lseek(child.messages, 0, SEEK_SET)
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while case let length = read(child.messages, &piece, piece.count), length > 0, text.count < 1 << 20 { text += piece[..<length] }
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where shown.insert(String(line)).inserted {
      StandardStream.error.message(String(line.hasPrefix("reasm: ") ? line.dropFirst(7) : line))
    }
    let signal = status & 0x7f
    let code = status >> 8 & 0xff
    if signal != 0 {
      fail(child.shard, "was ended by signal \(signal)")
    } else if code == ExitStatus.failed.rawValue || code == ExitStatus.wrongUsage.rawValue {
      if Interruption.isRequested { hasFailed = true } else { fail(child.shard, "ended with status \(code)") }
    }
  }

  /// Starts a process for a shard, and returns 0 or an error number.
  private func spawn(_ shard: Int, _ messages: Int32, _ process: inout pid_t) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, messages, 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    let words = ["reasm", "--shard", "\(shard)/\(count)", "-q"] + words + filter
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup(FilePath(ArgumentText.bytes(of: $0)).terminated) } + [nil]
    defer { for argument in arguments { free(argument) } }
    return posix_spawn(&process, "/proc/self/exe", &actions, nil, &arguments, environ)
  }
}
