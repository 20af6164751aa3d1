import Reassembly

/// Completed conversations that wait until those with lower numbers are printed.
///
/// Their bytes wait in the spool. If too many wait, all of them are printed, and those with lower numbers come later.
struct ConversationQueue {
  static let most = 10_000

  /// Numbers of connections in ascending order; those before `first` were printed.
  private var ids: [UInt64] = []
  private var first = 0
  private var waiting: [UInt64: () -> Void] = [:]

  /// Records that a connection began.
  mutating func opened(_ id: UInt64) { ids.append(id) }

  /// Adds a completed conversation.
  ///
  /// O(1) on average.
  ///
  /// - Parameters:
  ///   - id: the number of the connection.
  ///   - print: prints the conversation.
  /// - Returns: the conversations that are printed now, in order.
  mutating func completed(_ id: UInt64, _ print: @escaping () -> Void) -> [() -> Void] {
    waiting[id] = print
    if waiting.count > Self.most { return takeAll() }
    var due: [() -> Void] = []
    while first < ids.count, let next = waiting.removeValue(forKey: ids[first]) {
      due.append(next)
      first += 1
    }
    if first > Self.most {
      ids.removeFirst(first)
      first = 0
    }
    return due
  }

  /// Takes all conversations that wait, in order.
  mutating func takeAll() -> [() -> Void] {
    let due = waiting.sorted { $0.key < $1.key }.map(\.value)
    ids = ids[first...].filter { waiting[$0] == nil }
    first = 0
    waiting.removeAll()
    return due
  }
}
