import Capture
import FlowFiles
import Packets
import Paths
import Reassembly

/// Live run, which captures until the count, the duration or a signal ends it, assembles and writes meanwhile, and reports the result.
struct LiveRun {
  let command: ReasmCommand
  var result = RunResult()
  /// Schedule of the actions that depend on the clock.
  var schedule: LiveSchedule
  /// Whether an output error was reported.
  var isFailureSaid = false
  /// Reason why capturing ended by itself.
  private var failure: LiveError?

  /// Greatest number of packets that are processed before the clock is read.
  private static let batch = 256

  init(_ command: ReasmCommand) {
    self.command = command
    schedule = LiveSchedule(command.live, now: SystemClock.monotonic)
  }

  /// Performs the whole run.
  ///
  /// The file of `-w` is opened before anything else, nothing is written before the interface is open, and nothing is read before rights
  /// are given up.
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

  /// Captures until the run is over.
  ///
  /// - Parameter dump: the file of `-w`; nil without one.
  /// - Throws: an error if capturing cannot begin.
  private mutating func run(keepingIn dump: LiveDump?) throws {
    let names = command.live.interfaces
    var live = try LiveCapture(names.map { command.live.settings(interface: $0, filter: command.input.expression) })
    for interface in live.interfaces { try UnknownLinkType.check(interface.linkType, path: FilePath(interface.name)) }
    let tls = try TLSInput(command)
    let output = try Output(command, defaultDirectory: DefaultDirectory.name(capturing: names), tls: tls)
    try prepare(&live, dump, output)
    announce(live, output)
    let options = command.assemblerOptions
    let interfaces = command.captures.pcap ? CaptureInterfaces() : nil
    if let interfaces { live.describe(in: interfaces) }
    var intake = PacketIntake(
      Assembler(factory: output.factory, options: options), tracing: command.messages.trace,
      keepsEthernet: try command.namesEthernetAddresses, keepsInterfaces: command.reassembly.keyScopes.contains(.interface),
      decodeAs: options.decodeAs, captures: output.captures, interfaces: interfaces)
    capture(&live, &intake, output, tls)
    tls.finish()
    result.kernel = live.kernelCounters()
    intake.finish()
    result.take(intake)
    flushKept(&live)
    finish(output)
  }

  /// Begins to keep packets, and gives up rights.
  ///
  /// If that fails, the created files are removed, so that the next attempt finds the folder empty.
  private func prepare(_ live: inout LiveCapture, _ dump: LiveDump?, _ output: Output) throws {
    do {
      if let dump { try live.keepPackets(in: dump) }
      guard let user = command.live.user else { return }
      try live.handOver(user: user.user, group: user.group)
      try output.handOver(to: user)
    } catch {
      output.abandon()
      throw error
    }
  }

  private mutating func announce(_ live: borrowing LiveCapture, _ output: Output) {
    let interfaces = live.interfaces
    result.inputs = interfaces.map { RunResult.Input(path: FilePath($0.name), linkTypes: [$0.linkType], snapshotLength: $0.snapshotLength) }
    guard !command.messages.quiet else { return }
    for interface in interfaces {
      if let warning = interface.warning { StandardStream.error.message("\(interface.name): \(warning)") }
    }
    let words = interfaces.map { "\($0.name), link type \($0.linkType.libpcapName ?? "")" }.joined(separator: "; ")
    StandardStream.error.message(
      "capturing on \(words), \(output.place.map { "into \($0)" } ?? "printing"); Ctrl-C ends it")
  }

  /// Reads packets, and performs the actions that are due by the clock, until the run is over.
  private mutating func capture(_ live: inout LiveCapture, _ intake: inout PacketIntake, _ output: Output, _ tls: TLSInput) {
    let limit = command.input.count ?? .max
    var quiet = IdleClock()
    var stop = CaptureEnd(timeStampType: command.live.timeStampType)
    var counts = InterfaceCounts(live.interfaces.count)
    do throws(LiveError) {
      while intake.packetsUsed < limit {
        let most = Int(min(UInt64(Self.batch), limit - intake.packetsUsed))
        var last: Timestamp?
        let taken = try live.dispatch(atMost: most) { packet in
          let info = packet.info
          last = info.time
          counts.add(info)
          intake.take(packet)
        }
        let now = SystemClock.monotonic
        if let last { quiet.packet(at: last, now: now) }
        sayFailures(&live)
        if Interruption.isRequested || schedule.isOver(now) { stop.ask(now) }
        if stop.isReached(now, last: last) { break }
        tls.poll()
        perform(schedule.due(now), &live, &intake, counts, output)
        guard taken == 0 else { continue }
        if let time = quiet.present(now) { intake.advance(to: time) }
        live.wait(milliseconds: stop.isAsked ? 10 : schedule.wait(now))
      }
      while intake.packetsUsed < limit {
        let most = Int(min(UInt64(Self.batch), limit - intake.packetsUsed))
        let taken = try live.dispatch(atMost: most, isLast: true) { packet in
          counts.add(packet.info)
          intake.take(packet)
        }
        if taken == 0 { break }
      }
    } catch {
      failure = error
    }
    counts.put(into: &result)
  }

  /// Reports interfaces that ended while others continue.
  private mutating func sayFailures(_ live: inout LiveCapture) {
    for failure in live.takeFailures() {
      StandardStream.error.message("\(failure.description); the others go on")
      result.status = .partial
    }
  }

  /// Completes the output and reports the result of the run, errors first.
  private mutating func finish(_ output: Output) {
    if let failure {
      StandardStream.error.message(failure.description)
      result.status = .partial
    }
    result.end(output, command)
  }
}
