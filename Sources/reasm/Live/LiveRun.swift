import Capture
import FlowFiles
import Packets
import Paths
import Reassembly

/// Captures from an interface until the count, the duration or a signal ends it, assembles and writes meanwhile, and says what came of it.
struct LiveRun {
  let command: ReasmCommand
  let interface: String
  var result = RunResult()
  /// What happens by the clock.
  var schedule: LiveSchedule
  /// It was said that something cannot be written.
  var isFailureSaid = false
  /// Why capturing ended by itself.
  private var failure: LiveError?

  /// Packets that are handed on before the clock is looked at.
  private static let batch = 256

  init(_ command: ReasmCommand, interface: String) {
    self.command = command
    self.interface = interface
    schedule = LiveSchedule(command.live, now: RealTime.monotonic)
  }

  /// The whole run. The file of `-w` is opened before anything else, nothing is written before the interface is open, and nothing is read
  /// before rights are given up.
  mutating func perform() -> ExitStatus {
    do {
      let dump = try command.live.write.map { path throws(LiveError) in try LiveDump(path: path, replaces: command.output.force) }
      do {
        try run(keepingIn: dump)
      } catch {
        dump?.abandon()
        throw error
      }
    } catch {
      StandardStream.error.message("\(error)")
      return .failed
    }
    return result.status
  }

  /// - Throws: where capturing cannot begin.
  private mutating func run(keepingIn dump: LiveDump?) throws {
    let settings = command.live.settings(interface: interface, filter: command.input.expression)
    var handle = try LiveHandle(settings)
    try UnknownLinkType.check(handle.linkType, path: FilePath(interface))
    let output = try Output(command, defaultDirectory: DefaultDirectory.name(capturing: interface))
    try prepare(&handle, dump, output)
    announce(handle, output)
    let options = command.limits.assemblerOptions(command.reassembly)
    var intake = PacketIntake(
      Assembler(factory: output.factory, options: options), tracing: command.messages.trace,
      keepsEthernet: try command.output.nameTemplate().namesEthernetAddresses)
    capture(&handle, &intake, output)
    result.kernel = handle.kernelCounters()
    intake.finish()
    take(handle, intake)
    flushKept(&handle)
    finish(output)
  }

  /// Begins to keep packets, and gives up rights. What was made is taken away where that fails: the next attempt with the same folder shall
  /// find it empty.
  private func prepare(_ handle: inout LiveHandle, _ dump: LiveDump?, _ output: Output) throws {
    do {
      if let dump { try handle.keepPackets(in: dump) }
      guard let user = command.live.user else { return }
      try handle.handOver(user: user.user, group: user.group)
      try output.handOver(to: user)
    } catch {
      output.abandon()
      throw error
    }
  }

  private mutating func announce(_ handle: borrowing LiveHandle, _ output: Output) {
    result.inputs = [RunResult.Input(path: FilePath(interface), linkTypes: [handle.linkType], snapshotLength: handle.snapshotLength)]
    guard !command.messages.quiet else { return }
    if let warning = handle.warning { StandardStream.error.message("\(interface): \(warning)") }
    StandardStream.error.message(
      "capturing on \(interface), link type \(handle.linkType.libpcapName ?? ""), \(output.directory.map { "into \($0)" } ?? "printing"); Ctrl-C ends it"
    )
  }

  /// Reads, and does by the clock what is due, until the run is over.
  private mutating func capture(_ handle: inout LiveHandle, _ intake: inout PacketIntake, _ output: Output) {
    let linkType = handle.linkType
    let limit = command.input.count ?? .max
    var first: Timestamp?
    var quiet = QuietTime()
    var stop = StopPoint(timeStampType: command.live.timeStampType)
    do throws(LiveError) {
      while intake.packetsUsed < limit {
        let most = Int(min(UInt64(Self.batch), limit - intake.packetsUsed))
        var last: Timestamp?
        let taken = try handle.dispatch(atMost: most) { packet in
          let info = packet.info
          if first == nil { first = info.time }
          last = info.time
          intake.take(packet.bytes, linkType: linkType, info: info)
        }
        let now = RealTime.monotonic
        if let last {
          quiet.packet(at: last, now: now)
          result.inputs[0].last = last
        }
        if Interruption.isRequested || schedule.isOver(now) { stop.ask(now) }
        if stop.isReached(now, last: last) { break }
        perform(schedule.due(now), &handle, &intake, output)
        guard taken == 0 else { continue }
        if let time = quiet.present(now) { intake.advance(to: time) }
        handle.wait(milliseconds: stop.isAsked ? 10 : schedule.wait(now))
      }
    } catch {
      failure = error
    }
    result.inputs[0].first = first
  }

  /// What was read so far, for figures.
  mutating func take(_ handle: borrowing LiveHandle, _ intake: borrowing PacketIntake) {
    result.take(intake)
    result.inputs[0].packets = handle.packetsRead
  }

  /// Completes the output and says what came of the run, errors first.
  private mutating func finish(_ output: Output) {
    if let failure {
      StandardStream.error.message(failure.description)
      result.status = .partial
    }
    result.end(output, command)
  }
}
