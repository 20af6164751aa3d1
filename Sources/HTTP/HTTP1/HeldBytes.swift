internal import Stages

/// What a direction was given and could not use yet, because the other one has to come first.
struct HeldBytes {
  enum Item {
    case bytes(count: Int, offset: Int64, stamp: ByteStamp)
    case gap(offset: Int64, length: Int64, isExact: Bool)
    case end(StreamEnd)
  }

  private var storage: [UInt8] = []
  private var list: [Item] = []
  /// What lies before these was used.
  private var firstByte = 0
  private var firstItem = 0

  var isEmpty: Bool { firstItem == list.count }
  var count: Int { storage.count - firstByte }
  /// What comes first; nil if nothing is held.
  var first: Item? { isEmpty ? nil : list[firstItem] }
  var items: ArraySlice<Item> { list[firstItem...] }
  /// Copy of the bytes, gaps left out.
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

  /// Calls `use` with the bytes of the first item, and forgets as many of them as it answers.
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

  /// Forgets the first item, whose bytes were used.
  mutating func removeFirst() {
    firstItem += 1
    // Amortised: what is moved is no more than what was used.
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

/// One direction of a connection: where its reader stands, and what it counted.
final class Direction {
  enum State {
    /// Whether it is HTTP is not known.
    case detecting
    /// Before a head.
    case between
    case head
    /// In the part of a head that is too long.
    case longHead
    case fixedBody
    case chunkSize
    case chunkData
    case chunkEnd
    case trailers
    case bodyUntilClose
    /// Looking for the next head, behind a hole or behind what is none.
    case searching
    case tunnel
    case webSocket
    case http2
    /// Nothing is read any more.
    case ignored
  }

  let sender: Sender
  var state = State.detecting
  var counts = HTTPCounts()
  /// Stream offset of the next byte.
  var offset: Int64 = 0
  var held = HeldBytes()
  /// The first bytes are not the first that were sent.
  var isMidstream = false
  /// Something came.
  var hasBegun = false
  /// Nothing of the other direction comes, or too late.
  var isAlone = false
  /// The first bytes are no HTTP.
  var isRefused = false
  /// The other direction is not waited for, because too much was held.
  var isForced = false
  var end: StreamEnd?

  /// The head, chunk line or trailer section at hand, and where its last line begins.
  var buffer: [UInt8] = []
  var lineStart = 0
  var headOffset: Int64 = 0
  var headStamp: ByteStamp?
  var isStartLineChecked = false
  /// The last line holds one blank.
  var endsWithBlankLine = false
  /// Length of a head that is too long, and whether its last line is empty so far.
  var longHeadLength: Int64 = 0
  var isLineEmpty = false
  /// Where the buffer came from while a head is searched for in it, and how far it was searched.
  var searchRuns: [SearchRun] = []
  var searchStart = 0
  /// Bytes before the head belong to no message.
  var hasSurplus = false
  /// What is passed over while searching lies between two messages, with no hole before it.
  var isPassingSurplus = false
  /// Where a hole began that may have taken a head with it.
  var gapStart: Int64?

  var exchange: Exchange?
  var message: Message?
  var reader: BodyReader?
  /// Bytes left of the body of known length, or of the chunk.
  var remaining: Int64 = 0
  /// A chunk line was read; before the first one, what else the body may be framed by.
  var hasChunk = false
  var fallbackLength: Int64?
  /// The client waits for the answer that decides what follows.
  var awaited: Exchange?
  /// Ranges under dispute that were not read yet.
  var disputes: [ByteRange] = []
  var webSocket: WebSocketReader?

  init(_ sender: Sender) { self.sender = sender }

  /// Whether the end came, be it held or not.
  var hasAll: Bool {
    if end != nil { return true }
    if case .end = held.items.last { return true }
    return false
  }

  /// Forgets the head at hand.
  func removeBuffer() {
    buffer.removeAll(keepingCapacity: buffer.capacity <= 16 << 10)
    lineStart = 0
    endsWithBlankLine = false
    isStartLineChecked = false
  }
}

/// What the bytes of one direction were.
public struct HTTPCounts: Hashable, Sendable {
  /// Heads.
  public var heads: Int64 = 0
  /// Bodies as sent, without framing.
  public var bodies: Int64 = 0
  /// Framing: chunk lines, trailers, frame heads, control frames.
  public var framing: Int64 = 0
  /// Bytes between messages.
  public var between: Int64 = 0
  /// What was not read: incomplete heads, what lies behind holes, tunnels.
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
