public import Compression
public import Packets
public import Paths

/// What is known of one input: how it is written, and what was read of it so far.
public struct InputSummary: Sendable {
  /// As the user wrote it, or as its folder names it; `-` for standard input.
  public let path: FilePath
  /// nil where it could not be opened.
  public internal(set) var format: CaptureFormat?
  /// Compression of the file; nil where there is none.
  public internal(set) var compression: CompressionFormat?
  /// Link types of the interfaces so far, each once.
  public internal(set) var linkTypes: [LinkType] = []
  /// Size in bytes as the file lies on disk; nil where the input has no size.
  public internal(set) var fileSize: Int64?
  /// The most bytes it keeps of a packet, as its header says.
  public internal(set) var snapshotLength = 0
  /// Packets given, those that the filter turned away included.
  public internal(set) var packets: UInt64 = 0
  /// Time of the first packet of the input.
  public internal(set) var first: Timestamp?
  /// Time of the last packet of the input so far.
  public internal(set) var last: Timestamp?
  /// Packets that the capturing host lost, by the capture's own statistics; nil where it has none.
  public internal(set) var drops: UInt64?
  /// What could not be read before its end.
  public internal(set) var damage = CaptureDamage()
  /// Why it could not be opened, or was not read to its end.
  public internal(set) var error: CaptureError?

  init(path: FilePath) { self.path = path }
}
