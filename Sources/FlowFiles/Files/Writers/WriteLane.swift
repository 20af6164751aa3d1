/// Jobs of one thread, which does them in the order in which they are given.
///
/// Jobs that are done stay in their slots until their results are collected:
///
///     | collected | done, not collected | given, not done | free |
///                                       ^ done            ^ given
protocol WriteLane: AnyObject {
  /// Number of jobs that were given.
  var given: UInt64 { get }

  /// Takes a job that `fill` writes into a free slot.
  ///
  /// - Precondition: fewer than `JobSlots.capacity` jobs have results that were not collected.
  func give(_ fill: (inout WriteJob) -> Void)

  /// Returns the result of the job before `number`, the first of which is 1; nil if it is not done.
  func result(of number: UInt64) -> WriteResult?

  /// Returns when job `number` is done.
  func wait(for number: UInt64)
}
