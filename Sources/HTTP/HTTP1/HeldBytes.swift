internal import Stages

/// Input of a direction that waits for the other direction: bytes, gaps and the end.
struct HeldBytes {
  enum Item {
    case bytes(count: Int, offset: Int64, stamp: ByteStamp)
    case gap(offset: Int64, length: Int64, isExact: Bool)
    case end(StreamEnd)
  }

  private var storage: [UInt8] = []
  private var list: [Item] = []
  /// Number of bytes and number of items at the front that are used already.
  private var firstByte = 0
  private var firstItem = 0

  var isEmpty: Bool { firstItem == list.count }
  var count: Int { storage.count - firstByte }
  /// First item; nil if nothing waits.
  var first: Item? { isEmpty ? nil : list[firstItem] }
  var items: ArraySlice<Item> { list[firstItem...] }
  /// The bytes, without the gaps between them.
  var bytes: ArraySlice<UInt8> { storage[firstByte...] }

  mutating func add(_ more: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp) {
    storage.append(more)
    if case .bytes(let count, let start, let before) = items.last, start &+ Int64(count) == offset, before == stamp {
      list[list.count - 1] = .bytes(count: count + more.count, offset: start, stamp: stamp)
    } else {
      list.append(.bytes(count: more.count, offset: offset, stamp: stamp))
    }
  }

  mutating func add(_ item: Item) { list.append(item) }

  /// Calls `use` with the bytes of the first item, and removes as many of them as it returns.
  ///
  /// - Parameters:
  ///   - count: number of bytes of the first item.
  ///   - use: reads bytes and returns how many of them it used.
  /// - Returns: that number.
  mutating func useFirst(_ count: Int, _ use: (Span<UInt8>) -> Int) -> Int {
    let used = use(storage.span.extracting(firstByte..<(firstByte + count)))
    firstByte += used
    if used == count {
      removeFirst()
    } else if case .bytes(let count, let offset, let stamp) = list[firstItem] {
      list[firstItem] = .bytes(count: count - used, offset: offset &+ Int64(used), stamp: stamp)
    }
    return used
  }

  /// Removes the first item, whose bytes are used.
  mutating func removeFirst() {
    firstItem += 1
    // Amortised O(1): no more elements are moved than were used.
    if firstItem * 2 > list.count {
      list.removeFirst(firstItem)
      firstItem = 0
    }
    if firstByte * 2 > storage.count {
      storage.removeFirst(firstByte)
      firstByte = 0
    }
  }
}

/// State of one direction of a connection.
///
/// The accesses to properties that change with every packet are not checked for overlaps at run time. They cannot overlap: one thread uses
/// the object, and a value that is passed as `inout` is not touched elsewhere during the call.
final class Direction {
  enum State {
    /// Before the protocol is known.
    case detecting
    /// Between two messages.
    case between
    case head
    /// Rest of a head that exceeds the limit.
    case longHead
    case fixedBody
    case chunkSize
    case chunkData
    case chunkEnd
    case trailers
    case bodyUntilClose
    /// Bytes that are searched for the next head, after a gap or after bytes that are not a head.
    case searching
    case tunnel
    case webSocket
    case http2
    /// After the last byte that is read.
    case ignored
  }

  let sender: Sender
  @exclusivity(unchecked) var state = State.detecting
  @exclusivity(unchecked) var counts = HTTPCounts()
  /// Stream offset of the next byte.
  @exclusivity(unchecked) var offset: Int64 = 0
  @exclusivity(unchecked) var held = HeldBytes()
  /// Whether the capture lacks the beginning of the direction.
  var isMidstream = false
  /// Whether a byte or a gap has been received, or the beginning was reported missing.
  @exclusivity(unchecked) var hasBegun = false
  /// Whether the direction is read without the other one, which had not begun when too many bytes waited.
  @exclusivity(unchecked) var isAlone = false
  /// Whether the first bytes are not HTTP.
  var isRefused = false
  /// Whether the next head is read without waiting for the other direction.
  @exclusivity(unchecked) var isForced = false
  @exclusivity(unchecked) var end: StreamEnd?

  /// Current head, chunk line or trailer section, and the index at which its last line begins.
  @exclusivity(unchecked) var buffer: [UInt8] = []
  @exclusivity(unchecked) var lineStart = 0
  var headOffset: Int64 = 0
  var headStamp: ByteStamp?
  var isStartLineChecked = false
  /// Whether the last line consists of one blank, so that an LF may follow it.
  var endsWithBlankLine = false
  /// Length of a head that exceeds the limit, and whether its current line is empty so far.
  var longHeadLength: Int64 = 0
  var isLineEmpty = false
  /// Origins of the searched bytes in `buffer`, and the index at which the search continues.
  var searchRuns: [SearchRun] = []
  var searchStart = 0
  /// Whether bytes before the head belong to no message.
  var hasSurplus = false
  /// Whether the searched bytes follow a message without a gap between them.
  var isPassingSurplus = false
  /// Offset of a gap in which a head may have been lost; nil without one, and -1 if the direction begins midstream.
  var gapStart: Int64?

  @exclusivity(unchecked) var exchange: Exchange?
  @exclusivity(unchecked) var message: Message?
  @exclusivity(unchecked) var reader: BodyReader?
  /// Number of bytes of the body or of the chunk that are still expected.
  @exclusivity(unchecked) var remaining: Int64 = 0
  /// Whether a chunk line was read; `fallbackLength` is the Content-Length that frames the body if its first chunk line is invalid.
  var hasChunk = false
  var fallbackLength: Int64?
  /// Request whose response decides how the client's next bytes are read: CONNECT, or a request with Upgrade.
  @exclusivity(unchecked) var awaited: Exchange?
  /// Disputed ranges that have not been read.
  @exclusivity(unchecked) var disputes: [ByteRange] = []
  var webSocket: WebSocketReader?

  init(_ sender: Sender) { self.sender = sender }

  /// Whether the end of the direction has been received, even if it waits.
  var hasAll: Bool {
    if end != nil { return true }
    if case .end = held.items.last { return true }
    return false
  }

  /// Empties the buffer.
  func removeBuffer() {
    buffer.removeAll(keepingCapacity: buffer.capacity <= 16 << 10)
    lineStart = 0
    endsWithBlankLine = false
    isStartLineChecked = false
  }
}

/// Number of bytes of one direction by their role.
public struct HTTPCounts: Hashable, Sendable {
  /// Bytes of heads.
  public var heads: Int64 = 0
  /// Bytes of bodies as sent, without framing.
  public var bodies: Int64 = 0
  /// Bytes of framing: chunk lines, trailer sections, frame headers, control frames.
  public var framing: Int64 = 0
  /// Bytes between messages.
  public var between: Int64 = 0
  /// Bytes that were not read: incomplete heads, bytes after gaps up to the next head, tunnels.
  public var unparsed: Int64 = 0

  /// Creates counts of zero.
  public init() {}

  mutating func add(_ other: HTTPCounts) {
    heads &+= other.heads
    bodies &+= other.bodies
    framing &+= other.framing
    between &+= other.between
    unparsed &+= other.unparsed
  }

  /// Sum of all counts.
  public var total: Int64 { heads &+ bodies &+ framing &+ between &+ unparsed }
}
