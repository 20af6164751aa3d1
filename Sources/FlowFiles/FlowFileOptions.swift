internal import Glibc
public import Reassembly

/// Representation of a gap in a file.
public enum GapMode: String, CaseIterable, Sendable {
  /// The gap becomes a hole, so that file offsets are stream offsets.
  case zero
  /// The gap takes no room.
  case skip
}

/// Form of the lines of the index.
public enum IndexForm: String, CaseIterable, Sendable {
  /// Fields that are zero, empty or equal to another one are left out.
  case short
  /// Every line has the same fields, and times are numbers too.
  case full
}

/// Options of the output.
public struct FlowFileOptions: Sendable {
  /// Names of the files.
  public var template = NameTemplate.standard
  /// Representation of gaps in files.
  public var gaps = GapMode.zero
  /// Length in bytes of the longest gap that becomes a hole with `.zero`.
  ///
  /// A longer gap takes no room.
  public var maxGap: Int64 = 16 << 20
  /// Number of bytes that gaps of all files together may occupy; further gaps take no room.
  ///
  /// A capture with headers only consists almost entirely of gaps, and a hole shorter than a disk block is stored in full.
  public var maxHoles: Int64 = 4 << 30
  /// Whether the index has a SHA-256 of every file.
  public var hashes = false
  /// Whether the index and run.json are written.
  public var writesIndex = true
  /// Form of the lines of the index.
  public var indexForm = IndexForm.short
  /// Whether each line of the index is written as soon as its connection is over, instead of in batches.
  public var writesLinesAtOnce = false
  /// Whether segments that the state of their connection does not allow are rejected.
  public var checksStates = false
  /// Whether segments that contradict the options or the window of the peer are rejected.
  public var checksOptions = false
  /// Whether chunks.ndjson is written, which has the origin of every byte.
  public var writesChunks = false
  /// Streams in which TLS was recognized have no files; their clear bytes may.
  public var leavesOutCiphertext = false
  /// Streams get no files.
  ///
  /// What copies are compared with is in a temporary file without a name while their connection lives.
  public var keepsNoStreams = false
  /// With ``keepsNoStreams``: nothing of the streams is written, and copies are compared with the bytes that are still in memory, or in the
  /// captures for those.
  public var comparesInMemory = false
  /// Memory in bytes for streams of which nothing is written, with which copies are compared.
  package static let comparedMemory = 64 << 20
  /// Captures of connections; nil where none are written.
  public var captures: CaptureFileOptions?
  /// HTTP is read and written; nil where it is not.
  public var http: HTTPOutputOptions?
  /// Whether a direction without a byte gets an empty file.
  public var writesEmpty = false
  /// Number of bytes below which a direction gets no file.
  public var minBytes: Int64 = 0
  /// Greatest length of a file in bytes, holes included.
  public var maxBytes = Int64.max
  /// Layers that tell connections apart besides their endpoints, as in the assembler's options.
  public var keyScopes: KeyScopes = []
  /// Number of inputs; if it is above 1, the index has the input of each packet.
  public var inputCount = 1
  /// Number of bytes that write buffers may take together.
  public var bufferMemory = 32 << 20
  /// Number of bytes of memory for gaps and conflicts that the index will list.
  ///
  /// Further ones are stored in a temporary file in the output directory.
  public var noteMemory = 8 << 20
  /// Number of gaps of all open connections whose places in their files are remembered, 24 bytes each.
  ///
  /// Beyond it a direction remembers its last eight gaps, and copies of bytes before them are not compared.
  public var maxMappedGaps = 500_000
  /// Number of threads that write files; 0 if the thread that assembles does it.
  ///
  /// From two on, that thread is one of them. The output is the same for every number. The default is one for each processor, at most 8.
  public var writers = max(1, min(8, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  /// Number of flow files that may be open at once.
  public var maxOpenFiles = FlowFileOptions.descriptorsAvailable()

  /// Creates the default options.
  public init() {}

  /// Returns the process's limit of descriptors, minus those that the capture, the index and the terminal need; 4 096 at most.
  public static func descriptorsAvailable() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 128 }
    return max(1, min(4_096, Int(clamping: limit.rlim_cur) - 24))
  }
}
