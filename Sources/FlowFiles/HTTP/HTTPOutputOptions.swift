internal import HTTP

/// Form of the names of body files.
public enum BodyNaming: String, CaseIterable, Sendable {
  /// Connection, exchange, side, host and name, in one folder.
  case flat
  /// Host, path and name, in folders.
  case tree
}

/// What is written of HTTP.
public struct HTTPOutputOptions: Sendable {
  /// Bounds of the reader.
  var reader = HTTPOptions()
  /// Form of the names of body files.
  public var naming = BodyNaming.flat
  /// Parts of multipart bodies get files of their own.
  public var writesParts = false
  /// http.har is written.
  public var writesHAR = false
  /// Longest body that http.har holds as text, in bytes.
  public var maxHARText: Int64 = 1 << 20
  /// Bytes that bodies may hold in memory together before they are written.
  public var bufferMemory = 16 << 20

  /// Greatest length of a body; what lies beyond is left out.
  public var maxBody: Int64 {
    get { reader.maxBody }
    set { reader.maxBody = newValue }
  }

  /// Makes the options of a run without any given.
  public init() {}
}
