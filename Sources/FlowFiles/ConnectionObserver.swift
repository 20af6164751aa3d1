public import Paths
public import Reassembly

/// An object that is notified of every completed connection.
public protocol ConnectionObserver: AnyObject {
  /// Called when a connection is completed and its files are closed.
  ///
  /// - Parameters:
  ///   - report: the assembler's report of the connection.
  ///   - hasSeveralVLANs: whether the packets came in more than one VLAN.
  ///   - conflicts: the number of ranges with two captured versions, both directions.
  ///   - files: the outcome of each file of a stream that was written.
  func completed(_ report: ConnectionReport, hasSeveralVLANs: Bool, conflicts: UInt64, files: [FileOutcome])
}

/// Outcome of the file of one direction, once it is closed.
public struct FileOutcome {
  private let half: HalfReport
  private let file: FlowFile

  init?(_ half: HalfReport, _ file: FlowFile?) {
    guard let file, file.isCreated else { return nil }
    self.half = half
    self.file = file
  }

  /// Whether the index calls the direction complete.
  public var isWhole: Bool { !IncompleteReason.anyHolds(for: half, file) }
  /// Reasons why it is not, in the words of the index.
  public var reasons: [String] { IncompleteReason.allCases.filter { $0.holds(for: half, file) }.map { $0.name.description } }
  /// Number of bytes in gaps.
  public var gapBytes: Int64 { half.gapBytes }
  /// Path below the output directory.
  public var path: FilePath { FilePath(file.path) }
}
