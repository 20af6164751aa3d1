import Capture
import FlowFiles
import Packets
import Reassembly

extension LiveRun {
  /// Does what is due by the clock.
  mutating func perform(_ due: LiveSchedule.Due, _ handle: inout LiveHandle, _ intake: inout PacketIntake, _ output: Output) {
    if due.contains(.flush) {
      let start = RealTime.monotonic
      output.flush()
      intake.flushTrace()
      flushKept(&handle)
      sayFailure(of: output)
      output.watchReader()
      schedule.flushed(from: start, to: RealTime.monotonic)
    }
    output.poll()
    if due.contains(.counters) { result.kernel = handle.kernelCounters() }
    if due.contains(.figures) || Interruption.takeWishForFigures() {
      result.kernel = handle.kernelCounters()
      take(handle, intake)
      if due.contains(.figures) {
        StandardStream.error.message(figures(open: intake.assembler.connectionCount, output.soFar.figures.files))
      } else {
        StandardStream.error.show(SummaryText(result, output.soFar, command).lines)
      }
    }
  }

  /// The end may be weeks away, and the disk is full now.
  private mutating func sayFailure(of output: Output) {
    guard !isFailureSaid, let error = output.firstError else { return }
    isFailureSaid = true
    StandardStream.error.message("\(error); the index says what is missing, capturing goes on")
  }

  /// One line.
  private func figures(open: Int, _ files: UInt64) -> String {
    let total = result.statistics
    let kernel = result.kernel ?? KernelCounters()
    return "\(Words.count(result.packetsRead, "packet")), \(Words.count(total.connections, "connection")), \(open) open, "
      + "\(Words.count(files, "file")) complete, \(Words.count(total.reassembledBytes, "byte")), "
      + "\(Words.count(total.missedBytes, "byte")) missed, \(kernel.dropped &+ kernel.droppedByInterface) dropped"
  }

  /// Writes the packets that are kept so far; the first failure is said, and makes the run partial.
  mutating func flushKept(_ handle: inout LiveHandle) {
    do throws(LiveError) {
      try handle.flushKeptPackets()
    } catch {
      StandardStream.error.message("\(error)")
      result.status = .partial
    }
  }
}
