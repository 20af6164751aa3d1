import Capture
import Packets
import Reassembly

/// Reads every input to its end, assembles, writes, and says what came of it.
struct ReadRun {
  private let command: ReasmCommand
  private var result = RunResult()

  init(_ command: ReasmCommand) { self.command = command }

  /// The whole run. Nothing is written before the first input is open and known to be readable.
  mutating func perform() -> ExitStatus {
    do {
      var handle = try open(0)
      let output = try Output(command.output, command.reassembly, input: command.input.read[0])
      let options = command.limits.assemblerOptions(command.reassembly)
      var intake = PacketIntake(Assembler(factory: output.factory, options: options), tracing: command.messages.trace)
      for index in command.input.read.indices where !isOver(intake.packetsUsed) {
        if index > 0 {
          do {
            handle = try open(index)
          } catch {
            // The inputs before it were used: this one is missing from a run that goes on.
            StandardStream.error.message("\(error)")
            result.status = .partial
            continue
          }
        }
        read(&handle, into: &intake)
      }
      intake.finish()
      result.take(intake)
      finish(output)
    } catch let error as CaptureError {
      StandardStream.error.message(error.description)
      return error.reason == .interrupted ? .partial : .failed
    } catch {
      StandardStream.error.message("\(error)")
      return .failed
    }
    return result.status
  }

  /// No further packet is wanted.
  private func isOver(_ packetsUsed: UInt64) -> Bool { Interruption.isRequested || packetsUsed == command.input.count }

  private mutating func open(_ index: Int) throws -> PcapHandle {
    let path = command.input.read[index]
    let handle = try PcapHandle(path: path, filter: command.input.expression, input: UInt32(index))
    try UnknownLinkType.check(handle.linkType, path: path)
    result.inputs.append(
      RunResult.Input(
        path: path, format: handle.format, linkType: handle.linkType, fileSize: handle.fileSize, snapshotLength: handle.snapshotLength))
    if command.messages.verbose {
      let size = handle.fileSize.map { ", \($0) bytes" } ?? ""
      StandardStream.error.message(
        "reading \(path): \(handle.format.container.rawValue), \(handle.format.byteOrder.rawValue)-endian\(size), link type "
          + "\(handle.linkType.rawValue) \(handle.linkType.libpcapName ?? ""), snapshot length \(handle.snapshotLength)")
    }
    return handle
  }

  /// Reads one input to its end, to the packet count or to the signal that ends the run.
  private mutating func read(_ handle: inout PcapHandle, into intake: inout PacketIntake) {
    let input = result.inputs.count - 1
    let linkType = handle.linkType
    let limit = command.input.count ?? .max
    var (first, last): (Timestamp?, Timestamp?)
    do throws(CaptureError) {
      while intake.packetsUsed < limit && !Interruption.isRequested {
        guard let packet = try handle.next() else { break }
        let info = packet.info
        if first == nil { first = info.time }
        last = info.time
        if packet.passesFilter { intake.take(packet.bytes, linkType: linkType, info: info) }
      }
    } catch {
      // A signal that ends a waiting read is an interruption, whatever words libpcap has for it.
      if !Interruption.isRequested { result.inputs[input].error = error }
    }
    result.inputs[input].packets = handle.packetsRead
    result.inputs[input].first = first
    result.inputs[input].last = last
  }

  /// Completes the output and says what came of the run, errors first.
  private mutating func finish(_ output: Output) {
    result.isInterrupted = Interruption.isRequested
    for error in result.inputs.compactMap(\.error) {
      StandardStream.error.message(error.description)
      result.status = .partial
    }
    if result.isInterrupted {
      StandardStream.error.message("interrupted after \(Words.count(result.packetsRead, "packet")); what was read until then is written")
      result.status = .partial
    }
    let report = output.finish(result, command)
    if let problem = report.problem {
      StandardStream.error.message(problem)
      result.status = .partial
    }
    switch command.messages.summary {
    case .none: break
    case .text where command.messages.quiet: break
    case .text: StandardStream.error.write(SummaryText(result, report, command).text)
    case .json:
      let error = report.json.withUnsafeBufferPointer { StandardStream.output.write($0) }
      if error != 0 {
        StandardStream.error.message(
          "standard output: \(StandardStream.words(for: error)); the summary did not fit, the files are complete")
        result.status = result.status.combined(with: .partial)
      }
    }
  }
}
