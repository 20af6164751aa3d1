internal import HTTP

/// Naming of body files.
public enum BodyNaming: String, CaseIterable, Sendable {
  /// Connection, exchange, message, host and file name, in one folder.
  case flat
  /// Host, path and file name, in a tree of folders.
  case tree
}

/// Options of the HTTP files.
public struct HTTPOutputOptions: Sendable {
  /// Limits of the reader.
  var reader = HTTPOptions()
  /// Form of the names of body files.
  public var naming = BodyNaming.flat
  /// Whether the parts of a multipart body get files of their own.
  public var writesParts = false
  /// Whether http.har is written.
  public var writesHAR = false
  /// Maximum length in bytes of a body whose text http.har contains.
  public var maxHARText: Int64 = 1 << 20
  /// Maximum number of body bytes in memory, for all bodies together.
  public var bufferMemory = 16 << 20

  /// Maximum length of a body's content in bytes; the rest is not written.
  public var maxBody: Int64 {
    get { reader.maxBody }
    set { reader.maxBody = newValue }
  }

  /// Creates the default options.
  public init() {}
}
