import Packets

/// Bytes of one direction for the stream to read: kept bytes first, then new ones. (gopacket: `ScatterGather`.)
///
/// It is a view into the packet and the page cache, valid only during ``TCPStream/reassembled(_:)``.
public struct ReassembledData: ~Copyable, ~Escapable {
  private let chunks: UnsafeBufferPointer<Chunk>
  /// Direction that the bytes belong to; none in a test of a stream.
  private let half: HalfHandle
  /// End that sent the bytes.
  public let side: Side
  /// Direction of travel, by the best knowledge so far.
  public let direction: FlowDirection
  /// Number of bytes, kept and new.
  public let count: Int
  /// Number of bytes kept from earlier calls; they come first.
  public let keptCount: Int
  /// Stream offset of the first byte, kept or new.
  ///
  /// A gap may lie between the kept bytes and the new ones.
  public let offset: Int64
  /// Whether this is the first delivery of the direction.
  public let isStart: Bool
  /// Whether the direction ends with these bytes; `count` may then be 0.
  public let isEnd: Bool
  /// Number of missing bytes right before the first new byte; 0 if there is no gap.
  ///
  /// It is nil at the first delivery of a stream whose SYN was not captured, because what is missing before it cannot be known.
  public let skipped: Int64?
  /// Position of the first byte that the stream keeps; `count` if it keeps none.
  private(set) var keptFrom: Int

  @_lifetime(borrow chunks)
  init(
    _ chunks: UnsafeBufferPointer<Chunk>, of half: HalfHandle, side: Side, direction: FlowDirection, count: Int, keptCount: Int,
    offset: Int64, isStart: Bool, isEnd: Bool, skipped: Int64?
  ) {
    self.chunks = chunks
    self.half = half
    self.side = side
    self.direction = direction
    self.count = count
    self.keptCount = keptCount
    self.offset = offset
    self.isStart = isStart
    self.isEnd = isEnd
    self.skipped = skipped
    keptFrom = count
  }

  /// Number of new bytes.
  public var newCount: Int { count - keptCount }

  /// All bytes as an array, kept ones first.
  ///
  /// O(`count`): every byte is copied.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      for index in 0..<chunkCount {
        let chunk = chunks[index]
        target.baseAddress.map { ($0 + chunk.start).update(from: chunk.bytes, count: chunk.count) }
        filled += chunk.count
      }
    }
  }

  /// Calls a function with each run of new bytes, in order and without a copy.
  ///
  /// O(number of chunks), besides what `body` does.
  ///
  /// - Parameter body: takes the bytes and the packet that brought them.
  /// - Throws: what `body` throws.
  public func forEachNewChunk<Failure: Error>(_ body: (Span<UInt8>, PacketStamp) throws(Failure) -> Void) throws(Failure) {
    for index in newChunks { try body(chunk(at: index), chunks[index].stamp) }
  }

  /// Number of contiguous chunks that the bytes lie in.
  public var chunkCount: Int { chunks.count }

  /// Numbers of the chunks of new bytes; those of kept bytes precede them.
  ///
  /// O(chunks of kept bytes).
  public var newChunks: Range<Int> {
    var first = 0
    while first < chunkCount, chunks[first].start < keptCount { first += 1 }
    return first..<chunkCount
  }

  /// Bytes of one chunk, without a copy; chunks of kept bytes come first.
  ///
  /// O(1).
  ///
  /// - Parameter index: number of the chunk.
  /// - Returns: a view of the bytes, valid as long as `self`.
  /// - Precondition: `index` is in `0..<chunkCount`.
  @_lifetime(borrow self)
  public func chunk(at index: Int) -> Span<UInt8> {
    precondition(index >= 0 && index < chunks.count, "no such chunk")
    let chunk = chunks[index]
    // The engine frees no page and releases no packet before the call of the stream returns, and `self` cannot outlive that call.
    let span = Span(_unsafeStart: chunk.bytes, count: chunk.count)
    return _overrideLifetime(span, borrowing: self)
  }

  /// Number of bytes before a chunk.
  ///
  /// O(1).
  ///
  /// - Parameter index: number of the chunk.
  /// - Returns: the position of the first byte of the chunk.
  /// - Precondition: `index` is in `0..<chunkCount`.
  public func chunkStart(at index: Int) -> Int {
    precondition(index >= 0 && index < chunks.count, "no such chunk")
    return chunks[index].start
  }

  /// Stream offset of the first new byte.
  ///
  /// It is not ``offset`` plus ``keptCount`` if a gap lies between kept bytes or after them. O(1).
  public var newOffset: Int64 {
    guard half.exists else { return offset &+ Int64(keptCount) &+ (keptCount > 0 ? skipped ?? 0 : 0) }
    return half.state.offset(of: half.state.next) &- Int64(newCount)
  }

  /// Stream offset of the first byte of a chunk of new bytes.
  ///
  /// O(1).
  ///
  /// - Parameter index: number of the chunk.
  /// - Returns: the number of bytes of the stream before the chunk, missing ones too.
  /// - Precondition: `index` is in ``newChunks``.
  public func offset(ofNewChunk index: Int) -> Int64 {
    let start = chunkStart(at: index) - keptCount
    precondition(start >= 0, "kept bytes")
    return newOffset &+ Int64(start)
  }

  /// Packet that brought a chunk.
  ///
  /// O(1).
  ///
  /// - Parameter index: number of the chunk.
  /// - Returns: number, time and acknowledgment of the packet.
  /// - Precondition: `index` is in `0..<chunkCount`.
  public func captureInfo(ofChunk index: Int) -> PacketStamp {
    precondition(index >= 0 && index < chunks.count, "no such chunk")
    return chunks[index].stamp
  }

  /// Number of bytes of the peer's stream that the packet of a chunk acknowledges.
  ///
  /// Of the offsets 2^32 apart it is the one nearest to what was delivered of the peer's stream. Nothing proves that the number is no
  /// forgery: it can lie beyond everything that the peer sends. O(1).
  ///
  /// - Parameter index: number of the chunk.
  /// - Returns: the offset after the last acknowledged byte; nil without the ACK bit, or before the start of the peer's stream is known.
  /// - Precondition: `index` is in `0..<chunkCount`.
  public func acknowledgedOffset(ofChunk index: Int) -> Int64? {
    guard let acknowledgment = captureInfo(ofChunk: index).acknowledgment, half.other.state.flags.contains(.started) else { return nil }
    let peer = half.other
    return max(0, peer.state.offset(of: peer.state.position(of: acknowledgment.rawValue)))
  }

  /// Whether the sender closed its direction with a FIN, and these bytes are its last.
  ///
  /// If `isEnd` is true and this is false, the connection ended first. O(1).
  public var endsWithFIN: Bool { isEnd && half.exists && half.state.flags.contains(.finReached) }

  /// Packet that brought the byte at a position.
  ///
  /// O(log n) for n chunks.
  ///
  /// - Parameter position: position of the byte; 0 is the first byte, kept or new.
  /// - Returns: number, time and acknowledgment of the packet.
  /// - Precondition: `position` is in `0..<count`.
  public func captureInfo(at position: Int) -> PacketStamp { chunks[chunkIndex(of: position)].stamp }

  private func chunkIndex(of position: Int) -> Int {
    precondition(position >= 0 && position < count, "no such byte")
    var low = 0
    var high = chunks.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if chunks[middle].start <= position { low = middle } else { high = middle }
    }
    return low
  }

  /// Copies bytes into a buffer, as many as there are and fit. (gopacket: `Fetch`.)
  ///
  /// O(bytes + log n) for n chunks.
  ///
  /// - Parameters:
  ///   - position: position of the first byte to copy.
  ///   - target: buffer that is filled from its start.
  /// - Returns: the number of bytes copied.
  /// - Precondition: `position` is in `0...count`.
  public func copyBytes(from position: Int, to target: inout MutableSpan<UInt8>) -> Int {
    precondition(position >= 0 && position <= count, "no such byte")
    var done = 0
    guard position < count else { return 0 }
    var index = chunkIndex(of: position)
    var within = position - chunks[index].start
    while done < target.count, index < chunks.count {
      let chunk = chunks[index]
      let more = min(chunk.count - within, target.count - done)
      for byte in 0..<more { target[done + byte] = chunk.bytes[within + byte] }
      done += more
      within = 0
      index += 1
    }
    return done
  }

  /// Keeps bytes, so that they come again in front of the next new ones. (gopacket: `KeepFrom`.)
  ///
  /// Kept bytes take pages and count towards the limits. If they alone exceed what a connection may take, they are released and do not come
  /// again: a sender must not be able to fill the memory of a stream that waits for an end which never comes.
  ///
  /// - Parameter position: position of the first byte to keep; `count` keeps none.
  /// - Precondition: `position` is in `0...count`.
  @_lifetime(self: copy self)
  public mutating func keep(from position: Int) {
    precondition(position >= 0 && position <= count, "no such byte")
    keptFrom = position
  }
}

extension ReassembledData {
  /// Calls a function with a delivery of bytes from an array, as a test of a stream needs it.
  ///
  /// - Parameters:
  ///   - bytes: all bytes, kept ones first.
  ///   - kept: the number of kept bytes.
  ///   - side: the end that sent the bytes.
  ///   - direction: the direction of travel.
  ///   - offset: the stream offset of the first byte.
  ///   - isEnd: whether the direction ends with these bytes.
  ///   - skipped: the number of missing bytes before the first new byte; nil if it is not known.
  ///   - body: takes the data, as ``TCPStream/reassembled(_:)`` does.
  /// - Returns: the position from which the stream keeps bytes; `bytes.count` if it keeps none.
  /// - Precondition: `kept` is in `0...bytes.count`.
  public static func withBytes(
    _ bytes: [UInt8], kept: Int = 0, side: Side = .originator, direction: FlowDirection = .clientToServer, offset: Int64 = 0,
    isEnd: Bool = false, skipped: Int64? = 0, _ body: (inout ReassembledData) -> Void
  ) -> Int {
    precondition(kept >= 0 && kept <= bytes.count, "more kept bytes than bytes")
    return bytes.withUnsafeBufferPointer { bytes in
      let parts = [0..<kept, kept..<bytes.count].filter { !$0.isEmpty }
      let chunks = parts.compactMap { part in
        bytes.baseAddress.map { Chunk(bytes: $0 + part.lowerBound, count: part.count, start: part.lowerBound, stamp: .none) }
      }
      return chunks.withUnsafeBufferPointer { chunks in
        var data = ReassembledData(
          chunks, of: .none, side: side, direction: direction, count: bytes.count, keptCount: kept, offset: offset, isStart: offset == 0,
          isEnd: isEnd, skipped: skipped)
        body(&data)
        return data.keptFrom
      }
    }
  }
}
