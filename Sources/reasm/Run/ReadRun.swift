import Capture
import Compression
import FlowFiles
import Packets
import Paths
import Reassembly

/// Run on files, which reads every input to its end, assembles, writes, and reports the result.
struct ReadRun {
  private let command: ReasmCommand
  private var result = RunResult()
  /// Indices of inputs that were rejected with a message at the start.
  private var refusedInputs: Set<Int> = []

  init(_ command: ReasmCommand) { self.command = command }

  /// Performs the whole run.
  ///
  /// Nothing is written before an input is open and known to be readable.
  mutating func perform() -> ExitStatus {
    do {
      let tls = try TLSInput(command)
      let isOver: (() -> Bool)? =
        command.input.follow
        ? {
          tls.poll()
          return Interruption.isRequested
        } : nil
      let interfaces = command.captures.pcap ? CaptureInterfaces() : nil
      var captures = try CaptureSet(
        paths: command.input.read, filter: command.input.expression, isOver: isOver, interfaces: interfaces, onSecrets: { tls.add($0) })
      if captures.mayHoldSecrets { tls.expectSecretsOfCapture() }
      guard checkInputs(&captures) else { return .failed }
      let name = DefaultDirectory.name(for: command.input.read[0])
      let inputs = (0..<captures.count).map { captures.summary($0).path }
      let attempt = try ShardAttempt(command, defaultDirectory: name, (0..<captures.count).map { RunResult.Input(captures.summary($0)) })
      if let attempt, attempt.isMade { return result.status }
      let output = try Output(
        command, defaultDirectory: name, inputs: inputs, inputCount: captures.count, tls: tls, shard: attempt)
      tls.begin = { [command] in output.beginTLS($0, command) }
      let digests = digests(of: inputs)
      var options = command.assemblerOptions
      options.shard = attempt?.shard
      var intake = PacketIntake(
        Assembler(factory: output.factory, options: options), tracing: command.messages.trace, inputCount: captures.count,
        keepsEthernet: try command.namesEthernetAddresses, keepsInterfaces: command.reassembly.keyScopes.contains(.interface),
        decodeAs: options.decodeAs, captures: output.captures, interfaces: interfaces, order: attempt?.order)
      read(&captures, into: &intake)
      tls.finish()
      intake.finish()
      result.take(intake)
      result.packetsBehindTags = captures.packetsBehindTags
      result.inputs = (0..<captures.count).map { RunResult.Input(captures.summary($0)) }
      if let digests { for (index, digest) in digests.wait().enumerated() { result.inputs[index].sha256 = digest } }
      finish(output)
      if let attempt { try attempt.finish(&result) }
    } catch let error as CaptureError {
      var words = error.description
      if case .filter = error.reason, let advice = command.input.adviceOnFilter { words += "; \(advice)" }
      StandardStream.error.message(words)
      return error.reason == .interrupted ? .partial : .failed
    } catch {
      StandardStream.error.message("\(error)")
      return .failed
    }
    return result.status
  }

  /// Begins to hash the inputs, if run.json is to have that; a file that still grows has no hash.
  private func digests(of inputs: [FilePath]) -> InputDigests? {
    guard command.output.hash, !command.input.follow else { return nil }
    return InputDigests(of: inputs) { Interruption.isBySignal }
  }

  /// Excludes inputs that cannot be decoded, with messages, and returns whether any input is left.
  private mutating func checkInputs(_ captures: inout CaptureSet) -> Bool {
    var refused: [(index: Int, words: String)] = []
    for index in 0..<captures.count {
      let summary = captures.summary(index)
      if summary.format == nil, let error = summary.error {
        refused.append((index, error.description))
      } else if let words = UnknownLinkType.refusal(of: summary) {
        captures.exclude(index)
        refused.append((index, words))
      } else {
        describe(summary)
      }
    }
    if captures.filesPassedOver > 0 && command.messages.verbose {
      let others = UInt64(captures.filesPassedOver)
      StandardStream.error.message(
        "\(DisplayText.count(others, "file")) passed over that \(others == 1 ? "is no capture" : "are no captures")")
    }
    for (_, words) in refused { StandardStream.error.message(words) }
    // The other inputs are used, and the run continues without these.
    if !refused.isEmpty { result.status = .partial }
    refusedInputs = Set(refused.map(\.index))
    return refused.count < captures.count
  }

  private func describe(_ input: InputSummary) {
    guard command.messages.verbose, let format = input.format else { return }
    let size = input.fileSize.map { ", \($0) bytes" } ?? ""
    let compression = input.compression.map { "\($0.rawValue)-compressed " } ?? ""
    let linkTypes = input.linkTypes.map { "\($0.rawValue) \($0.libpcapName ?? "")" }.joined(separator: ", ")
    StandardStream.error.message(
      "reading \(input.path): \(compression)\(format.container.rawValue), \(format.byteOrder.rawValue)-endian\(size), "
        + "\(linkTypes.isEmpty ? "no interface" : "link type \(linkTypes)"), snapshot length \(input.snapshotLength)")
  }

  /// Reads to the end of the inputs, to the packet count or to the signal that ends the run.
  ///
  /// A file that is followed ends at its length when the signal arrives.
  private func read(_ captures: inout CaptureSet, into intake: inout PacketIntake) {
    let limit = command.input.count ?? .max
    // Parsed options are looked up at every use, which costs as much as a packet.
    let follows = command.input.follow
    var progress = ProgressLine(command)
    while intake.packetsUsed < limit && (follows || !Interruption.isRequested) {
      let (packets, bytes): (Int, Int)
      if let batch = captures.nextBatch(atMost: Int(clamping: limit &- intake.packetsUsed)) {
        intake.prefetch(batch)
        (packets, bytes) = (batch.count, intake.take(batch))
      } else {
        break
      }
      if progress.isDue(packets: packets, bytes: bytes) { progress.show(intake.assembler, share: captures.shareRead) }
    }
    progress.clear()
  }

  /// Returns messages on the parts of a capture that were passed over; none if all of it was read.
  private static func words(for damage: CaptureDamage) -> [String] {
    var words: [String] = []
    if damage.places > 0 {
      let places = damage.places == 1 ? damage.detail : "\(damage.places) places, the first: \(damage.detail)"
      words.append("damaged: \(places); \(DisplayText.count(damage.bytes, "byte")) passed over, what follows was used")
    }
    if damage.undescribedPackets > 0 {
      words.append(
        "\(DisplayText.count(damage.undescribedPackets, "packet")) passed over, of interfaces that the capture does not describe")
    }
    return words
  }

  /// Completes the output and reports the result of the run, errors first.
  private mutating func finish(_ output: Output) {
    // A signal is the regular end of an input that never ends by itself.
    result.isInterrupted = Interruption.isBySignal && !command.input.isEndless
    for (index, input) in result.inputs.enumerated() where !refusedInputs.contains(index) {
      for words in Self.words(for: input.damage) {
        StandardStream.error.message("\(input.path): \(words)")
        result.status = .partial
      }
      // A signal that ends a waiting read is an interruption, whatever error the system reports.
      guard let error = input.error, error.reason != .interrupted else { continue }
      StandardStream.error.message(error.description)
      result.status = .partial
    }
    if result.isInterrupted {
      StandardStream.error.message(
        "interrupted after \(DisplayText.count(result.packetsRead, "packet")); what was read until then is written")
      result.status = .partial
    }
    result.end(output, command)
  }
}
