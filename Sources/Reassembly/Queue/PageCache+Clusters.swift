/// Runs: small pieces that lie side by side, gathered so that walking over them costs one step.
///
///     tree ── head ──member──┐
///              ▲              ▼
///              │   first ──right── second ──right── last ──right── first ...
///
/// The head stands in the tree; its `member` is the last of the others, which form a ring by `right`. The bytes of a run are
/// contiguous in one page, in order.
extension PageCache {
  /// Sequence number behind the last byte of the run that `head` leads. O(1).
  @inline(__always)
  func runEnd(of head: PieceIndex) -> UInt32 {
    let last = self[head].member
    return last.exists ? self[last].end : self[head].end
  }

  /// The bytes of a whole run; empty for a mark. O(1).
  @inline(__always)
  func runBytes(of head: PieceIndex) -> UnsafeBufferPointer<UInt8> {
    guard self[head].content == .bytes else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(
      start: address(page: self[head].page, offset: self[head].pageOffset), count: Int(runEnd(of: head) &- self[head].start))
  }

  /// The last piece of a run. O(1).
  @inline(__always)
  func last(ofRun head: PieceIndex) -> PieceIndex {
    let last = self[head].member
    return last.exists ? last : head
  }

  /// The piece behind another one of a run, which is not its last. O(1).
  @inline(__always)
  func next(ofRun head: PieceIndex, after piece: PieceIndex) -> PieceIndex {
    piece == head ? self[self[head].member].right : self[piece].right
  }

  /// The piece of a run that holds the byte at `sequence`, which does not lie before the piece `first`. O(pieces between).
  func piece(ofRun head: PieceIndex, holding sequence: UInt32, from first: PieceIndex) -> PieceIndex {
    let last = last(ofRun: head)
    var piece = first
    while piece != last, sequence &- self[piece].start >= self[piece].length { piece = next(ofRun: head, after: piece) }
    return piece
  }
}
