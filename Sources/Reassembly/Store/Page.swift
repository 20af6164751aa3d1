/// The unit in which memory for bytes ahead of a hole, and for kept bytes, is taken and counted.
public enum Page {
  /// Bytes in a page.
  public static let size = 4096
}
