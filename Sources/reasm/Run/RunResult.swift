import Capture
import FlowFiles
import Packets
import Paths
import Reassembly

/// Result of a run, for the summary and run.json.
struct RunResult {
  /// Result of one capture.
  struct Input {
    var path: FilePath
    /// Format; nil for an interface, and for a file that could not be opened.
    var format: CaptureFormat?
    var linkTypes: [LinkType]
    var fileSize: Int64?
    var sha256: [UInt8]?
    var snapshotLength: Int
    /// Number of packets that the capturing host lost; nil if it is not known.
    var drops: UInt64?
    /// Parts of the capture that could not be read although later parts could.
    var damage = CaptureDamage()
    /// Number of packets read, including those that the filter rejected.
    var packets: UInt64 = 0
    var first: Timestamp?
    var last: Timestamp?
    /// Error that prevented opening the capture or reading it to its end; nil if there was none.
    var error: CaptureError?
  }

  /// Number of packets that the capturing hosts lost before they were recorded.
  var packetsDropped: UInt64 { inputs.reduce(0) { $0 &+ ($1.drops ?? 0) } }

  var inputs: [Input] = []
  /// Number of packets that passed the filter.
  var packetsUsed: UInt64 = 0
  /// Number of packets that the filter rejected but would accept behind their VLAN tag.
  var packetsBehindTags: UInt64 = 0
  /// Number of packets used that the snapshot length had cut.
  var packetsCut: UInt64 = 0
  /// Numbers of packets used that hold no TCP segment, by the raw value of the reason.
  var undecoded = [UInt64](repeating: 0, count: DecodeError.allCases.count)
  /// Content of the packets among them that are not IP, or are IP without TCP.
  var passedOver = PassedOverTally()
  var statistics = Statistics()
  /// Number of unusual steps of packet times.
  var clockSteps: UInt64 = 0
  /// Counters of the kernel; nil for files.
  var kernel: KernelCounters?
  /// Whether a signal ended the reading.
  var isInterrupted = false
  /// Whether output is missing.
  var lacksOutput = false
  var status = ExitStatus.complete

  /// Copies the counters of an intake.
  mutating func take(_ intake: borrowing PacketIntake) {
    packetsUsed = intake.packetsUsed
    packetsCut = intake.packetsCut
    undecoded = intake.undecoded
    passedOver = intake.passedOver
    statistics = intake.assembler.statistics
    clockSteps = intake.clockSteps.count
  }

  var packetsRead: UInt64 { inputs.reduce(0) { $0 &+ $1.packets } }

  /// Reasons that occurred, with their numbers of packets.
  var undecodedReasons: [(reason: DecodeError, count: UInt64)] {
    DecodeError.allCases.map { ($0, undecoded[Int($0.rawValue)]) }.filter { $0.1 > 0 }
  }
}

extension RunResult.Input {
  /// Creates the result of a capture at the end of the run.
  init(_ summary: InputSummary) {
    self.init(
      path: summary.path, format: summary.format, linkTypes: summary.linkTypes, fileSize: summary.fileSize,
      snapshotLength: summary.snapshotLength, drops: summary.drops)
    packets = summary.packets
    first = summary.first
    last = summary.last
    error = summary.error
    damage = summary.damage
  }
}

extension RunResult {
  /// Returns the status of the run, which a search without a match changes if matches are required.
  func status(requiringMatches command: ReasmCommand, _ figures: RunReport.Output) -> ExitStatus {
    command.search.failWithoutMatch && status == .complete && figures.matches?.matches == 0 ? .noMatch : status
  }

  /// Completes the output and shows the summary; errors are reported and determine the status.
  mutating func end(_ output: Output, _ command: ReasmCommand) {
    if let words = output.abandonIfNothingIsSelected(of: statistics.connections) {
      StandardStream.error.message(words)
      status = .failed
      lacksOutput = true
      return
    }
    let report = output.finish(self, command)
    if let problem = report.problem {
      StandardStream.error.message(problem)
      status = .partial
      lacksOutput = true
    }
    status = status(requiringMatches: command, report.figures)
    switch command.messages.summary {
    case .none: break
    case .text where command.messages.quiet: break
    case .text: StandardStream.error.show(SummaryText(self, report, command).lines)
    case .json:
      let error = report.json.withUnsafeBufferPointer { StandardStream.output.write($0) }
      if error != 0 {
        StandardStream.error.message(
          "standard output: \(StandardStream.words(for: error)); the summary did not fit, the files are complete")
        status = status.combined(with: .partial)
      }
    }
  }
}
