/// Unit in which memory for queued and kept bytes is allocated and counted.
public enum Page {
  /// Size of a page in bytes.
  public static let size = 4096
}
