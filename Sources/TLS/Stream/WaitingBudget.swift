/// Limit of the ciphertext that waits for its key, for all connections together.
public final class WaitingBudget {
  private let limit: Int
  private var used = 0
  /// Number of connections that were given up because the limit was reached.
  public private(set) var refusals: UInt64 = 0

  /// Memory for the clear bytes of one record, shared by all stages of a run.
  var scratch: [UInt8] = []

  /// Creates a budget.
  ///
  /// - Parameter limit: the greatest number of waiting bytes; nil for no limit.
  public init(limit: Int?) { self.limit = limit ?? .max }

  /// Changes the number of waiting bytes of a connection.
  ///
  /// - Parameters:
  ///   - old: its number before.
  ///   - new: its number afterwards.
  /// - Returns: whether the limit allows it; otherwise nothing is changed.
  func change(from old: Int, to new: Int) -> Bool {
    if new > old, used &- old &+ new > limit {
      refusals &+= 1
      return false
    }
    used &+= new &- old
    return true
  }
}
