import Packets

/// Bytes of one direction, ready to be taken: kept ones first, then new ones. (gopacket: `ScatterGather`.)
///
/// A view into the packet and the page pool, valid during `Stream.reassembled` alone.
public struct ReassembledData: ~Copyable, ~Escapable {
  private let chunks: UnsafeBufferPointer<Chunk>
  /// The end that sent the bytes.
  public let side: Side
  /// The way they travelled, by the best knowledge so far.
  public let direction: FlowDirection
  /// Bytes in all: kept ones and new ones.
  public let count: Int
  /// How many of them were kept from earlier calls; they come first.
  public let savedCount: Int
  /// Offset in the stream of the first byte of all (the first kept one); a gap may lie between the kept bytes and the new ones.
  public let offset: Int64
  /// These are the first bytes of the direction.
  public let isStart: Bool
  /// The direction is over with these bytes; `count` may be 0.
  public let isEnd: Bool
  /// Length of the gaps right before the first new byte, 0 where there is none; nil where the stream begins without its SYN, so that
  /// what is missing before it cannot be known.
  public let skipped: Int64?
  /// Position from which on the stream wants the bytes again; `count` for none.
  private(set) var keptFrom: Int

  @_lifetime(borrow chunks)
  init(
    _ chunks: UnsafeBufferPointer<Chunk>, side: Side, direction: FlowDirection, count: Int, savedCount: Int, offset: Int64, isStart: Bool,
    isEnd: Bool, skipped: Int64?
  ) {
    self.chunks = chunks
    self.side = side
    self.direction = direction
    self.count = count
    self.savedCount = savedCount
    self.offset = offset
    self.isStart = isStart
    self.isEnd = isEnd
    self.skipped = skipped
    keptFrom = count
  }

  /// How many contiguous segments the bytes lie in.
  public var chunkCount: Int { chunks.count }

  /// A segment, without copying; kept ones first. O(1).
  /// - Precondition: `index` is in `0..<chunkCount`.
  @_lifetime(borrow self)
  public func chunk(at index: Int) -> Span<UInt8> {
    precondition(index >= 0 && index < chunks.count, "no such chunk")
    let chunk = chunks[index]
    // The engine frees no page and lets no packet go before the stream has answered, and `self` cannot outlive that call.
    let span = Span(_unsafeStart: chunk.bytes, count: chunk.count)
    return _overrideLifetime(span, borrowing: self)
  }

  /// How many bytes come before a segment. O(1).
  /// - Precondition: `index` is in `0..<chunkCount`.
  public func chunkStart(at index: Int) -> Int {
    precondition(index >= 0 && index < chunks.count, "no such chunk")
    return chunks[index].start
  }

  /// The packet that brought a segment. O(1).
  /// - Precondition: `index` is in `0..<chunkCount`.
  public func captureInfo(ofChunk index: Int) -> PacketStamp {
    precondition(index >= 0 && index < chunks.count, "no such chunk")
    return chunks[index].stamp
  }

  /// The packet that brought the byte at `position`, 0 being the first byte of all. O(log n).
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

  /// Copies bytes from `position` on into `target`, as many as there are and fit; answers how many. (gopacket: `Fetch`.)
  /// O(bytes + log n).
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

  /// Keeps the bytes from `position` on: they come again, in front of the next ones. `count` keeps none. (gopacket: `KeepFrom`.)
  ///
  /// Kept bytes take pages, and count towards the limits. Where they alone exceed what a connection may take, they are let go and do not
  /// come again: a sender must not be able to fill the memory of a stream that waits for an end which never comes.
  /// - Precondition: `position` is in `0...count`.
  @_lifetime(self: copy self)
  public mutating func keep(from position: Int) {
    precondition(position >= 0 && position <= count, "no such byte")
    keptFrom = position
  }
}
