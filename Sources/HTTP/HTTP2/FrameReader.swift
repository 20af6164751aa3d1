internal import Stages

/// Header block with what its frames say.
struct HeaderBlock {
  var stream: UInt32
  /// Stream that a PUSH_PROMISE announces.
  var promised: UInt32?
  var endsStream: Bool
  var bytes: [UInt8] = []
  /// Bytes of the block on the wire; those beyond the limit are not kept.
  var length: Int64 = 0
  /// Place of the first frame.
  var offset: Int64
  var stamp: ByteStamp
}

/// What the frames of one direction say.
enum FrameEvent: ~Copyable, ~Escapable {
  case data(Span<UInt8>, stream: UInt32, offset: Int64, stamp: ByteStamp)
  case headers(HeaderBlock)
  case endOfStream(UInt32)
  case reset(UInt32)
  /// Frames are missing.
  case lost
}

/// Reads the frames of one direction (RFC 9113, section 4).
final class FrameReader {
  private enum Kind {
    case data, headers, continuation, promise, reset, other
  }

  private static let headLength = 9
  /// Longest header block that is kept.
  private static let maxBlock = 1 << 20

  /// Bytes of the preface that did not come yet.
  var prefaceLeft = 0
  private var head: [UInt8] = []
  private var headOffset: Int64 = 0
  private var headStamp: ByteStamp?
  private var kind = Kind.other
  private var flags: UInt8 = 0
  private var stream: UInt32 = 0
  /// Bytes of the frame that are left, those of its padding, and whether the padding's length is still to come.
  private var remaining: Int64 = 0
  private var padding: Int64 = 0
  private var needsPadLength = false
  /// Bytes of the frame before its content: priority, or the promised stream.
  private var fixed: [UInt8] = []
  private var fixedLeft = 0
  private var block: HeaderBlock?
  /// Frames were lost: what is searched for the next one.
  private var isSearching = false
  private var searched: [UInt8] = []
  private var searchedOffset: Int64 = 0
  /// No chain begins before it.
  private var searchStart = 0
  private var highest: UInt32 = 0

  /// Reads some bytes; answers how many.
  func read(
    _ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ counts: inout HTTPCounts, _ event: (borrowing FrameEvent) -> Void
  ) -> Int {
    if prefaceLeft > 0 {
      let count = min(prefaceLeft, bytes.count)
      prefaceLeft -= count
      counts.framing &+= Int64(count)
      return count
    }
    if isSearching { return search(bytes, at: offset, stamp, &counts, event) }
    if remaining > 0 { return readPayload(bytes, at: offset, stamp, &counts, event) }
    if head.isEmpty {
      headOffset = offset
      headStamp = stamp
    }
    let count = min(Self.headLength - head.count, bytes.count)
    head.append(bytes.extracting(first: count))
    counts.framing &+= Int64(count)
    if head.count == Self.headLength { beginFrame(&counts, event) }
    return count
  }

  private func beginFrame(_ counts: inout HTTPCounts, _ event: (borrowing FrameEvent) -> Void) {
    remaining = Int64(head[0]) << 16 | Int64(head[1]) << 8 | Int64(head[2])
    flags = head[4]
    stream = head[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
    highest = max(highest, stream)
    kind = Self.kind(head[3])
    head = []
    padding = 0
    needsPadLength = flags & 0x08 != 0 && (kind == .data || kind == .headers || kind == .promise)
    fixed = []
    fixedLeft = kind == .headers && flags & 0x20 != 0 ? 5 : kind == .promise ? 4 : 0
    if kind == .headers || kind == .promise, let stamp = headStamp {
      // A block that was begun is never ended now.
      counts.unparsed &+= block?.length ?? 0
      block = HeaderBlock(stream: stream, endsStream: kind == .headers && flags & 0x01 != 0, offset: headOffset, stamp: stamp)
    }
    if remaining == 0 { endFrame(&counts, event) }
  }

  private static func kind(_ type: UInt8) -> Kind {
    switch type {
    case 0: .data
    case 1: .headers
    case 3: .reset
    case 5: .promise
    case 9: .continuation
    default: .other
    }
  }

  private func readPayload(
    _ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ counts: inout HTTPCounts, _ event: (borrowing FrameEvent) -> Void
  ) -> Int {
    if needsPadLength || fixedLeft > 0 {
      readFixed(bytes[0])
      counts.framing &+= 1
      remaining &-= 1
      if remaining == 0 { endFrame(&counts, event) }
      return 1
    }
    let content = remaining &- padding
    let count = Int(min(Int64(bytes.count), content > 0 ? content : remaining))
    let part = bytes.extracting(first: count)
    remaining &-= Int64(count)
    if content <= 0 {
      counts.framing &+= Int64(count)
    } else {
      switch kind {
      case .data: event(.data(part, stream: stream, offset: offset, stamp: stamp))
      case .headers, .continuation, .promise: append(part, &counts)
      case .reset, .other: counts.framing &+= Int64(count)
      }
    }
    if remaining == 0 { endFrame(&counts, event) }
    return count
  }

  private func readFixed(_ byte: UInt8) {
    if needsPadLength {
      needsPadLength = false
      // More padding than there is room for is an error; then all of it is.
      padding = min(Int64(byte), remaining &- 1)
      return
    }
    fixed.append(byte)
    fixedLeft -= 1
    if fixedLeft == 0, kind == .promise {
      let promised = fixed.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
      block?.promised = promised
      highest = max(highest, promised)
    }
  }

  private func append(_ bytes: Span<UInt8>, _ counts: inout HTTPCounts) {
    guard block != nil else {
      counts.unparsed &+= Int64(bytes.count)
      return
    }
    block?.length &+= Int64(bytes.count)
    let room = Self.maxBlock - (block?.bytes.count ?? 0)
    if room > 0 { block?.bytes.append(bytes.extracting(first: min(room, bytes.count))) }
  }

  private func endFrame(_ counts: inout HTTPCounts, _ event: (borrowing FrameEvent) -> Void) {
    switch kind {
    case .data: if flags & 0x01 != 0 { event(.endOfStream(stream)) }
    case .headers, .continuation, .promise:
      guard flags & 0x04 != 0, let whole = block else { return }
      block = nil
      event(.headers(whole))
    case .reset: event(.reset(stream))
    case .other: break
    }
  }

  // MARK: holes

  /// Takes a hole.
  func gap(
    _ length: Int64, isExact: Bool, _ counts: inout HTTPCounts, _ hole: (UInt32, Int64) -> Void, event: (borrowing FrameEvent) -> Void
  ) {
    var left = length
    if isExact, !isSearching, prefaceLeft == 0, remaining > 0, !needsPadLength, fixedLeft == 0, kind == .data || kind == .other {
      let content = max(0, remaining &- padding)
      if kind == .data, content > 0 { hole(stream, min(left, content)) }
      let inside = min(left, remaining)
      remaining &-= inside
      left &-= inside
      if remaining == 0 { endFrame(&counts, event) }
      if left == 0 { return }
    }
    lose(&counts, event)
  }

  private func lose(_ counts: inout HTTPCounts, _ event: (borrowing FrameEvent) -> Void) {
    counts.unparsed &+= Int64(searched.count) &+ (block?.length ?? 0)
    searched = []
    searchStart = 0
    block = nil
    head = []
    remaining = 0
    prefaceLeft = 0
    isSearching = true
    event(.lost)
  }

  /// Most bytes that are searched at once.
  private static let maxSearched = 128 << 10

  /// Looks for a chain of plausible frame heads; answers how many bytes were taken.
  private func search(
    _ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ counts: inout HTTPCounts, _ event: (borrowing FrameEvent) -> Void
  ) -> Int {
    if searched.isEmpty { searchedOffset = offset }
    searched.append(bytes)
    guard let start = firstChain() else {
      if searched.count > Self.maxSearched {
        let drop = searched.count - Self.maxSearched / 2
        counts.unparsed &+= Int64(drop)
        searched.removeFirst(drop)
        searchStart = max(0, searchStart - drop)
        searchedOffset &+= Int64(drop)
      }
      return bytes.count
    }
    counts.unparsed &+= Int64(start)
    let found = Array(searched[start...])
    searched = []
    searchStart = 0
    isSearching = false
    // The packet of bytes that were kept is not: the present one stands for it.
    var position = 0
    let first = searchedOffset &+ Int64(start)
    while position < found.count {
      position += read(found.span.extracting(position...), at: first &+ Int64(position), stamp, &counts, event)
      if isSearching, position < found.count { continue }
    }
    return bytes.count
  }

  /// Where frames go on: three heads in a row, or fewer where the last frame ends with the bytes.
  private func firstChain() -> Int? {
    guard searched.count >= Self.headLength + searchStart else { return nil }
    var undecided: Int?
    defer { searchStart = undecided ?? max(0, searched.count - Self.headLength + 1) }
    for start in searchStart...(searched.count - Self.headLength) where isPlausible(start) {
      var position = start
      var heads = 0
      while heads < 3, position + Self.headLength <= searched.count, isPlausible(position) {
        position += Self.headLength + (Int(searched[position]) << 16 | Int(searched[position + 1]) << 8 | Int(searched[position + 2]))
        heads += 1
      }
      if heads == 3 || heads >= 1 && position == searched.count { return start }
      if position + Self.headLength > searched.count { undecided = undecided ?? start }
    }
    return nil
  }

  private func isPlausible(_ position: Int) -> Bool {
    let length = Int(searched[position]) << 16 | Int(searched[position + 1]) << 8 | Int(searched[position + 2])
    let (type, flags) = (searched[position + 3], searched[position + 4])
    let number = searched[(position + 5)..<(position + 9)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard length <= 16 << 10, number <= 0x7fff_ffff, number <= highest &+ 1_000 else { return false }
    return switch type {
    case 0: number > 0 && flags & ~0x09 == 0
    case 1: number > 0 && flags & ~0x2d == 0 && length > 0
    case 2: number > 0 && length == 5 && flags == 0
    case 3: number > 0 && length == 4 && flags == 0
    case 4: number == 0 && length % 6 == 0 && flags & ~0x01 == 0
    case 6: number == 0 && length == 8 && flags & ~0x01 == 0
    case 7: number == 0 && length >= 8 && flags == 0
    case 8: length == 4 && flags == 0
    default: false
    }
  }

  /// Nothing more comes.
  func end(_ counts: inout HTTPCounts) {
    counts.unparsed &+= Int64(searched.count) &+ (block?.length ?? 0)
    searched = []
    block = nil
  }
}
