internal import Stages

extension HTTPStage {
  /// Handles a gap in the present state of a direction: it is part of a body, or the search for the next head begins after it.
  func takeGap(at offset: Int64, length: Int64, isExact: Bool, _ direction: Direction) {
    direction.offset = offset &+ length
    switch direction.state {
    case .detecting, .ignored: break
    case .between: beginSearch(direction, from: offset)
    case .head:
      direction.counts.unparsed &+= Int64(direction.buffer.count)
      beginSearch(direction, from: direction.headOffset)
    case .longHead:
      direction.counts.unparsed &+= direction.longHeadLength
      beginSearch(direction, from: direction.headOffset)
    case .fixedBody: takeBodyGap(at: offset, length, isExact: isExact, direction)
    case .chunkData: takeChunkGap(at: offset, length, isExact: isExact, direction)
    case .chunkSize, .chunkEnd:
      direction.reader?.gapInFraming()
      endMessage(direction, .gap)
      beginSearch(direction, from: offset)
    case .trailers:
      // The content is complete.
      endMessage(direction, nil)
      beginSearch(direction, from: offset)
    case .bodyUntilClose:
      if isExact {
        direction.reader?.gap(length)
      } else {
        endMessage(direction, .gap)
        beginSearch(direction, from: offset)
      }
    case .searching:
      passOver(direction)
      direction.isPassingSurplus = false
      direction.gapStart = min(direction.gapStart ?? offset, offset)
    case .tunnel: tunnel?.gap(at: offset, length: length, isExact: isExact, from: direction.sender)
    case .webSocket: direction.webSocket?.gap(length, isExact: isExact)
    case .http2: http2?.gap(length, isExact: isExact, direction)
    }
  }

  private func takeBodyGap(at offset: Int64, _ length: Int64, isExact: Bool, _ direction: Direction) {
    guard let inside = takePieceGap(at: offset, length, isExact: isExact, direction), direction.remaining == 0 else { return }
    endMessage(direction, nil)
    if length > inside { beginSearch(direction, from: offset &+ inside) }
  }

  /// Adds to the body the part of a gap that lies in a body with Content-Length or in the current chunk.
  ///
  /// A gap of inexact length ends the body.
  ///
  /// - Returns: the length of that part; nil if the body ended.
  private func takePieceGap(at offset: Int64, _ length: Int64, isExact: Bool, _ direction: Direction) -> Int64? {
    guard isExact else {
      endMessage(direction, .gap)
      beginSearch(direction, from: offset)
      return nil
    }
    let inside = min(length, direction.remaining)
    direction.reader?.gap(inside)
    direction.remaining &-= inside
    return inside
  }

  /// Handles a gap that begins in the data of a chunk.
  ///
  /// A gap beyond the chunk ends the body, because the next chunk line is missing.
  private func takeChunkGap(at offset: Int64, _ length: Int64, isExact: Bool, _ direction: Direction) {
    guard let inside = takePieceGap(at: offset, length, isExact: isExact, direction) else { return }
    if length > inside {
      endMessage(direction, .gap)
      beginSearch(direction, from: offset &+ inside)
    } else if direction.remaining == 0 {
      direction.state = .chunkEnd
    }
  }

  /// Begins to search for the next head after a gap at `offset`.
  private func beginSearch(_ direction: Direction, from offset: Int64) {
    direction.removeBuffer()
    direction.state = .searching
    direction.isPassingSurplus = false
    direction.gapStart = min(direction.gapStart ?? offset, offset)
  }

  /// Searches for a head.
  ///
  /// - Returns: the number of bytes used.
  func search(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) -> Int {
    let start = direction.buffer.count
    direction.searchRuns.append(SearchRun(start: start, end: start + bytes.count, offset: offset, stamp: stamp))
    direction.buffer.append(bytes)
    var undecided = 0
    let found = HeadSearch.firstHead(
      in: direction.buffer, from: direction.searchStart, isRequest: isClient(direction), isAtEnd: false, undecided: &undecided)
    guard let found else {
      direction.searchStart = undecided
      if undecided > HeadSearch.longestLine { passOver(undecided, direction) }
      return bytes.count
    }
    // If a head begins at the first captured byte of a direction that begins midstream, no part of its message is missing.
    if direction.gapStart == -1, direction.searchRuns.first.map({ $0.offset &+ Int64(found) }) == 0 { direction.gapStart = nil }
    passOver(found, direction)
    let buffer = direction.buffer
    let runs = direction.searchRuns
    endSearch(direction)
    direction.state = .between
    // If the head begins in earlier bytes, these are read first, without waiting for the other direction, and the present ones afterwards.
    if runs.count > 1 { direction.isForced = true }
    for run in runs.dropLast() { readAll(buffer.span.extracting(run.start..<run.end), at: run.offset, run.stamp, direction) }
    return runs.last.map { bytes.count - ($0.end - $0.start) } ?? bytes.count
  }

  /// Reads all bytes without waiting for the other direction.
  func readAll(_ bytes: Span<UInt8>, at offset: Int64, _ stamp: ByteStamp, _ direction: Direction) {
    var position = 0
    while position < bytes.count {
      position += read(bytes.extracting(position...), at: offset &+ Int64(position), stamp, direction)
    }
  }

  private func endSearch(_ direction: Direction) {
    direction.removeBuffer()
    direction.searchRuns = []
    direction.searchStart = 0
  }

  /// Drops the first `count` bytes that were searched, and counts them.
  private func passOver(_ count: Int, _ direction: Direction) {
    if direction.isPassingSurplus {
      direction.counts.between &+= Int64(count)
      if count > 0 { direction.hasSurplus = true }
    } else {
      direction.counts.unparsed &+= Int64(count)
    }
    direction.buffer.removeFirst(count)
    direction.searchStart = max(0, direction.searchStart - count)
    direction.searchRuns = direction.searchRuns.compactMap { $0.dropping(count) }
  }

  /// Drops all bytes that were searched, and counts them.
  func passOver(_ direction: Direction) {
    passOver(direction.buffer.count, direction)
    endSearch(direction)
  }
}

/// Run of searched bytes that one packet brought: its range in the buffer, and its origin.
struct SearchRun {
  var start: Int
  var end: Int
  var offset: Int64
  var stamp: ByteStamp

  /// The run after the first `count` bytes of the buffer are removed; nil if no byte of it is left.
  func dropping(_ count: Int) -> SearchRun? {
    guard end > count else { return nil }
    let cut = max(0, count - start)
    return SearchRun(start: start + cut - count, end: end - count, offset: offset &+ Int64(cut), stamp: stamp)
  }
}
