internal import Glibc

/// What becomes of a gap in a file.
public enum GapMode: String, CaseIterable, Sendable {
  /// It becomes a hole, so that offsets in the file are offsets in the stream.
  case zero
  /// It takes no room.
  case skip
}

/// How flows are written.
public struct FlowFileOptions: Sendable {
  /// Names of the files.
  public var template = NameTemplate.standard
  /// What becomes of a gap in a file.
  public var gaps = GapMode.zero
  /// With `.zero`, a longer gap takes no room.
  ///
  /// In bytes.
  public var maxGap: Int64 = 16 << 20
  /// Gaps of all files together get this much room; what comes beyond takes none.
  ///
  /// In bytes.
  ///
  /// A capture of headers alone is nearly all gaps, and a hole shorter than a block of the disk is no hole there.
  public var maxHoles: Int64 = 4 << 30
  /// A SHA-256 of every file goes to the index.
  public var hashes = false
  /// The index and run.json are written.
  public var writesIndex = true
  /// Each line of the index is in its file as soon as its connection is over, instead of when many lines are gathered.
  public var writesLinesAtOnce = false
  /// Segments that the state of their connection does not allow are turned away.
  public var checksStates = false
  /// Segments that contradict the options or the window of the peer are turned away.
  public var checksOptions = false
  /// chunks.ndjson is written: where every byte came from.
  public var writesChunks = false
  /// Streams get no files. What was written of them to compare copies with is removed when their connection is over.
  public var keepsNoStreams = false
  /// HTTP is read and written; nil where it is not.
  public var http: HTTPOutputOptions?
  /// A direction without a byte gets an empty file.
  public var writesEmpty = false
  /// A direction with fewer bytes gets no file.
  public var minBytes: Int64 = 0
  /// No file grows beyond this, holes included.
  public var maxBytes = Int64.max
  /// With more than one input the index says from which one a packet came.
  public var inputCount = 1
  /// Bytes that write buffers may take together.
  public var bufferMemory = 16 << 20
  /// Bytes that gaps and conflicts may take in memory until they are listed in the index; what comes beyond waits in a temporary file in the
  /// output directory.
  public var noteMemory = 8 << 20
  /// Gaps of all open connections whose places in their files are remembered, 24 bytes each. Beyond it a direction remembers its last eight,
  /// and copies of bytes before them are unchecked.
  public var maxMappedGaps = 500_000
  /// Files of flows that may be open at once.
  public var maxOpenFiles = FlowFileOptions.descriptorsAvailable()

  /// Makes the options of a run without any given.
  public init() {}

  /// The process's limit of descriptors, less those that the capture, the index and the terminal need; 4 096 at most.
  public static func descriptorsAvailable() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 128 }
    return max(1, min(4_096, Int(clamping: limit.rlim_cur) - 24))
  }
}
