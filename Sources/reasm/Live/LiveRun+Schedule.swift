import Capture
import FlowFiles
import Packets
import Reassembly

extension LiveRun {
  /// Performs the actions that are due by the clock.
  mutating func perform(
    _ due: LiveSchedule.Due, _ live: inout LiveCapture, _ intake: inout PacketIntake, _ counts: InterfaceCounts, _ output: Output
  ) {
    if due.contains(.flush) {
      let start = SystemClock.monotonic
      output.flush()
      intake.flushTrace()
      flushKept(&live)
      sayFailure(of: output)
      output.watchReader()
      schedule.flushed(from: start, to: SystemClock.monotonic)
    }
    output.poll()
    if due.contains(.counters) { result.kernel = live.kernelCounters() }
    if due.contains(.figures) || Interruption.takeWishForFigures() {
      result.kernel = live.kernelCounters()
      result.take(intake)
      counts.put(into: &result)
      if due.contains(.figures) {
        StandardStream.error.message(figures(open: intake.assembler.connectionCount, output.soFar.figures.files))
      } else {
        StandardStream.error.show(SummaryText(result, output.soFar, command).lines)
      }
    }
  }

  /// Reports an output error at once, because the end of the run may be weeks away.
  private mutating func sayFailure(of output: Output) {
    guard !isFailureSaid, let error = output.firstError else { return }
    isFailureSaid = true
    StandardStream.error.message("\(error); the index says what is missing, capturing goes on")
  }

  /// Returns the figures in one line.
  private func figures(open: Int, _ files: UInt64) -> String {
    let total = result.statistics
    let kernel = result.kernel ?? KernelCounters()
    return "\(DisplayText.count(result.packetsRead, "packet")), \(DisplayText.count(total.connections, "connection")), \(open) open, "
      + "\(DisplayText.count(files, "file")) complete, \(DisplayText.count(total.reassembledBytes, "byte")), "
      + "\(DisplayText.count(total.missedBytes, "byte")) missed, \(kernel.dropped &+ kernel.droppedByInterface) dropped"
  }

  /// Writes the packets that are kept so far; the first failure is reported, and makes the run partial.
  mutating func flushKept(_ live: inout LiveCapture) {
    do throws(LiveError) {
      try live.flushKeptPackets()
    } catch {
      StandardStream.error.message("\(error)")
      result.status = .partial
    }
  }
}
