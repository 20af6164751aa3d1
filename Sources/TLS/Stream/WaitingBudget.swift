/// Limit of the ciphertext that waits for its key, of all connections together.
public final class WaitingBudget {
  private let limit: Int
  private var used = 0
  /// Connections that were given up because the limit was reached.
  public private(set) var refusals: UInt64 = 0

  /// Memory for the clear bytes of one record, which all stages of a run share.
  var scratch: [UInt8] = []

  /// Creates a budget.
  ///
  /// - Parameter limit: bytes that may wait; nil is no limit.
  public init(limit: Int?) { self.limit = limit ?? .max }

  /// Whether a connection may go from `old` to `new` waiting bytes.
  func change(from old: Int, to new: Int) -> Bool {
    if new > old, used &- old &+ new > limit {
      refusals &+= 1
      return false
    }
    used &+= new &- old
    return true
  }
}
