/// Number of descriptors that the inputs of a run may hold together; an input beyond it reopens its file for each read.
///
/// The output leaves 24 descriptors of the process to everything else.
final class DescriptorBudget {
  private var left: Int

  init(_ count: Int = 8) { left = count }

  /// Reserves a descriptor, which the caller must give back.
  ///
  /// - Returns: false if none is left.
  func take() -> Bool {
    guard left > 0 else { return false }
    left -= 1
    return true
  }

  func giveBack() { left += 1 }
}
