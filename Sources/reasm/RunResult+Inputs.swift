import Capture

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
