import Packets

/// Kept bytes: what a stream wants to see again in front of the next delivery. (gopacket: `KeepFrom`.)
///
/// Rules, section 6: Gaps.
extension Assembler {
  mutating func collectSaved(_ half: HalfHandle) {
    var piece = half.state.firstSaved
    while piece.exists {
      delivery.append(pages.bytes(of: piece), stamp: pages[piece].stamp)
      piece = pages[piece].right
    }
  }

  /// Frees what was handed on, but for the bytes that the stream wants again.
  mutating func keep(from keptFrom: Int, _ half: HalfHandle, live: UnsafeBufferPointer<UInt8>?, savedChunks: Int) {
    var piece = half.state.firstSaved
    half.state.firstSaved = .none
    half.state.lastSaved = .none
    half.state.savedBytes = 0
    var start = 0
    while piece.exists {
      let next = pages[piece].right
      let length = Int(pages[piece].length)
      keepOrFree(piece, from: keptFrom - start, at: pages[piece].keptPosition, half)
      start += length
      piece = next
    }
    // What came from the queue lies behind the live bytes, up to the expected offset.
    var position = half.state.next
    for index in 0..<taken.count { position &-= Int64(pages[taken[index]].length) }
    if let live {
      let end = start + live.count
      if keptFrom < end {
        save(
          UnsafeBufferPointer(rebasing: live[max(0, keptFrom - start)...]), endingAt: position, stamp: delivery.contents[savedChunks].stamp,
          half)
      }
      start = end
    }
    for index in 0..<taken.count {
      let piece = taken[index]
      let length = Int(pages[piece].length)
      keepOrFree(piece, from: keptFrom - start, at: position, half)
      start += length
      position &+= Int64(length)
    }
    if half.state.savedBytes > 0 { enforceKeptLimit(half) }
  }

  /// Keeps the bytes of a piece from `first` on, which may lie before or behind it.
  private mutating func keepOrFree(_ piece: PieceIndex, from first: Int, at position: Int64, _ half: HalfHandle) {
    guard first < Int(pages[piece].length) else {
      half.state.queue.free(piece, &pages)
      return
    }
    if first > 0 { pages[piece].trimFront(UInt32(truncatingIfNeeded: first)) }
    appendSaved(piece, at: position &+ Int64(max(0, first)), half)
  }

  /// Copies kept bytes of the live packet into pages.
  private mutating func save(_ bytes: UnsafeBufferPointer<UInt8>, endingAt end: Int64, stamp: PacketStamp, _ half: HalfHandle) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeBufferPointer(rebasing: bytes[done...])
      let position = end &- Int64(rest.count)
      let start = UInt32(truncatingIfNeeded: position)
      let extent = SegmentExtent(start: start, length: UInt32(truncatingIfNeeded: rest.count))
      let piece = half.state.queue.store(rest, at: start, owner: extent, stamp: stamp, &pages)
      done += Int(pages[piece].length)
      appendSaved(piece, at: position, half)
    }
  }

  private mutating func appendSaved(_ piece: PieceIndex, at position: Int64, _ half: HalfHandle) {
    pages[piece].keptPosition = position
    pages[piece].left = .none
    pages[piece].right = .none
    pages[piece].member = .none
    let last = half.state.lastSaved
    if last.exists { pages[last].right = piece } else { half.state.firstSaved = piece }
    half.state.lastSaved = piece
    half.state.savedBytes &+= pages[piece].length
  }

  /// Lets go of kept bytes, the whole of them.
  mutating func freeSaved(_ half: HalfHandle) {
    var piece = half.state.firstSaved
    while piece.exists {
      let next = pages[piece].right
      half.state.queue.free(piece, &pages)
      piece = next
    }
    half.state.firstSaved = .none
    half.state.lastSaved = .none
    half.state.savedBytes = 0
  }

  /// Kept bytes alone may not exceed what a connection, or all together, may take: then they are let go and counted.
  private mutating func enforceKeptLimit(_ half: HalfHandle) {
    let connectionLimit = options.maxBufferedPagesPerConnection
    let totalLimit = options.maxBufferedPagesTotal
    let saved = Int(half.state.savedBytes)
    let exceedsConnection = connectionLimit > 0 && saved > connectionLimit &* Page.size
    let exceedsTotal = totalLimit > 0 && pages.usedBytes > totalLimit &* Page.size && waiting.isEmpty
    guard exceedsConnection || exceedsTotal else { return }
    statistics.keptBytesReleased &+= UInt64(saved)
    freeSaved(half)
  }
}
