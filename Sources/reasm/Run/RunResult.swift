import Capture
import Packets
import Paths
import Reassembly

/// What a run read and what became of it: everything the summary and run.json say.
struct RunResult {
  /// One capture.
  struct Input {
    var path: FilePath
    /// nil for an interface, and where it could not be opened.
    var format: CaptureFormat?
    var linkTypes: [LinkType]
    var fileSize: Int64?
    var snapshotLength: Int
    /// Packets that the capturing host lost; nil where nobody says.
    var drops: UInt64?
    /// What could not be read although what follows was.
    var damage = CaptureDamage()
    /// Every packet read, those the filter turned away included.
    var packets: UInt64 = 0
    var first: Timestamp?
    var last: Timestamp?
    /// Why it could not be opened, or reading ended before its end.
    var error: CaptureError?
  }

  /// Packets that the capturing hosts lost before anybody could write them.
  var packetsDropped: UInt64 { inputs.reduce(0) { $0 &+ ($1.drops ?? 0) } }

  var inputs: [Input] = []
  /// Packets that passed the filter.
  var packetsUsed: UInt64 = 0
  /// Packets that the filter turned away although it takes what stands behind their VLAN tag.
  var packetsBehindTags: UInt64 = 0
  /// Packets used that the snapshot length had cut.
  var packetsCut: UInt64 = 0
  /// Packets used that hold no TCP segment, by the raw value of the reason.
  var undecoded = [UInt64](repeating: 0, count: DecodeError.allCases.count)
  /// What those of them hold that are not IP, or IP without TCP.
  var passedOver = PassedOverTally()
  var statistics = Statistics()
  /// What the kernel counted; nil for files.
  var kernel: KernelCounters?
  /// A signal ended the reading.
  var isInterrupted = false
  var status = ExitStatus.complete

  /// What the packets came to.
  mutating func take(_ intake: borrowing PacketIntake) {
    packetsUsed = intake.packetsUsed
    packetsCut = intake.packetsCut
    undecoded = intake.undecoded
    passedOver = intake.passedOver
    statistics = intake.assembler.statistics
  }

  var packetsRead: UInt64 { inputs.reduce(0) { $0 &+ $1.packets } }

  /// The reasons that occurred, with their counts.
  var undecodedReasons: [(reason: DecodeError, count: UInt64)] {
    DecodeError.allCases.map { ($0, undecoded[Int($0.rawValue)]) }.filter { $0.1 > 0 }
  }
}

extension RunResult.Input {
  /// What a capture was, at the end of the run.
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
  /// Completes the output and shows the summary; what fails is said and becomes the status.
  mutating func end(_ output: Output, _ command: ReasmCommand) {
    let report = output.finish(self, command)
    if let problem = report.problem {
      StandardStream.error.message(problem)
      status = .partial
    }
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
