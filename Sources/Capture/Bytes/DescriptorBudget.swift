/// How many descriptors the inputs of a run may hold together; what comes beyond opens its file anew for each piece.
///
/// The output leaves 24 descriptors of the process to everything else.
final class DescriptorBudget {
  private var left: Int

  init(_ count: Int = 8) { left = count }

  /// Answers whether one may be kept; whoever keeps it gives it back.
  func take() -> Bool {
    guard left > 0 else { return false }
    left -= 1
    return true
  }

  func free() { left += 1 }
}
