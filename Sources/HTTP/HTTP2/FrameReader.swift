internal import Stages

/// Field block with the properties of its frames (RFC 9113, section 4.3).
struct HeaderBlock {
  var stream: UInt32
  /// Stream that a PUSH_PROMISE announces.
  var promised: UInt32?
  var endsStream: Bool
  var bytes: [UInt8] = []
  /// Length of the field block as sent, including bytes beyond the limit, which are not kept.
  var length: Int64 = 0
  /// Stream offset of the first frame.
  var offset: Int64
  var stamp: ByteStamp
}

/// Event in the frames of one direction.
enum FrameEvent: ~Copyable, ~Escapable {
  case data(Span<UInt8>, stream: UInt32, offset: Int64, stamp: ByteStamp)
  case headers(HeaderBlock)
  case endOfStream(UInt32)
  case reset(UInt32)
  /// Frame boundaries were lost.
  case lost
}

/// Reader of the frames of one direction of an HTTP/2 connection (RFC 9113, section 4).
final class FrameReader {
  private enum Kind {
    case data, headers, continuation, promise, reset, other
  }

  private static let headLength = 9
  /// Maximum length of a field block that is kept.
  private static let maxBlock = 1 << 20

  /// Number of bytes of the connection preface that are still expected.
  var prefaceLeft = 0
  private var head: [UInt8] = []
  private var headOffset: Int64 = 0
  private var headStamp: ByteStamp?
  private var kind = Kind.other
  private var flags: UInt8 = 0
  private var stream: UInt32 = 0
  /// Number of bytes of the current frame that are still expected, padding included; number of bytes of its padding; and whether the Pad
  /// Length field is still expected.
  private var remaining: Int64 = 0
  private var padding: Int64 = 0
  private var needsPadLength = false
  /// Fields of the current frame that precede its content: the priority, or the promised stream.
  private var fixed: [UInt8] = []
  private var fixedLeft = 0
  private var block: HeaderBlock?
  /// Whether frame boundaries were lost and the next frame is searched for in `searched`.
  private var isSearching = false
  private var searched: [UInt8] = []
  private var searchedOffset: Int64 = 0
  /// Index in `searched` before which no chain of frames begins.
  private var searchStart = 0
  private var highest: UInt32 = 0

  /// Reads bytes up to the end of the current part of a frame: its header, a field, or its payload.
  ///
  /// - Returns: the number of bytes read.
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
      // A new field block leaves the previous one incomplete.
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
      // Padding longer than the frame is an error (RFC 9113, section 6.1); the whole rest of the frame counts as padding.
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

  // MARK: gaps

  /// Handles a gap.
  ///
  /// If its length is exact and it begins in DATA or in a frame that is not read, the part within that frame is skipped. If the gap extends
  /// beyond the frame or begins elsewhere, the frame boundaries are lost.
  ///
  /// - Parameters:
  ///   - length: length of the gap in bytes.
  ///   - isExact: whether that length is exact.
  ///   - counts: counts of the direction.
  ///   - hole: called with the stream and the length of a gap in its DATA.
  ///   - event: called for each event.
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

  /// Maximum number of bytes that are kept for the search.
  private static let maxSearched = 128 << 10

  /// Searches for a chain of plausible frame headers.
  ///
  /// - Returns: the number of bytes read.
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
    // The packets of kept bytes are not recorded, so the stamp of the present packet is used.
    var position = 0
    let first = searchedOffset &+ Int64(start)
    while position < found.count {
      position += read(found.span.extracting(position...), at: first &+ Int64(position), stamp, &counts, event)
      if isSearching, position < found.count { continue }
    }
    return bytes.count
  }

  /// Index at which a chain of frames begins: three headers in a row, or fewer if the last frame ends with the searched bytes.
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

  /// Ends the direction.
  func end(_ counts: inout HTTPCounts) {
    counts.unparsed &+= Int64(searched.count) &+ (block?.length ?? 0)
    searched = []
    block = nil
  }
}
