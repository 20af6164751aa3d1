public import Compression
public import Packets
public import Paths

/// Facts about one input: its format, and what was read of it so far.
public struct InputSummary: Sendable {
  /// Path as the user wrote it, or as its folder lists it; `-` for standard input.
  public let path: FilePath
  /// Format of the capture; nil if it could not be opened.
  public internal(set) var format: CaptureFormat?
  /// Compression of the file; nil if there is none.
  public internal(set) var compression: CompressionFormat?
  /// Link types of the interfaces so far, each once.
  public internal(set) var linkTypes: [LinkType] = []
  /// Size in bytes of the file on disk; nil if the input has no size.
  public internal(set) var fileSize: Int64?
  /// Greatest number of bytes that the capture keeps of a packet, as its header states.
  public internal(set) var snapshotLength = 0
  /// Number of packets returned, including those that the filter rejected.
  public internal(set) var packets: UInt64 = 0
  /// Time of the first packet of the input.
  public internal(set) var first: Timestamp?
  /// Time of the last packet of the input so far.
  public internal(set) var last: Timestamp?
  /// Number of packets that the capturing host lost, according to the capture's statistics; nil if it has none.
  public internal(set) var drops: UInt64?
  /// Parts of the capture that could not be read although later parts could.
  public internal(set) var damage = CaptureDamage()
  /// Error that prevented opening the input or reading it to its end; nil if there was none.
  public internal(set) var error: CaptureError?

  init(path: FilePath) { self.path = path }
}
