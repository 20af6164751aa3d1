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
  func runEnd(of head: PieceIndex) -> UInt32 {
    let last = self[head].member
    return last.exists ? self[last].end : self[head].end
  }

  /// The bytes of a whole run; empty for a mark. O(1).
  func runBytes(of head: PieceIndex) -> UnsafeBufferPointer<UInt8> {
    let piece = self[head]
    guard piece.content == .bytes else { return UnsafeBufferPointer(start: nil, count: 0) }
    return UnsafeBufferPointer(
      start: address(page: piece.page, offset: piece.pageOffset), count: Int(runEnd(of: head) &- piece.start))
  }

  /// The piece of a run that holds the byte at `sequence`. O(pieces of the run).
  func piece(ofRun head: PieceIndex, holding sequence: UInt32) -> PieceIndex {
    var found = head
    let start = self[head].start
    let last = self[head].member
    guard last.exists else { return head }
    var next = self[last].right
    while self[next].start &- start <= sequence &- start {
      found = next
      if next == last { break }
      next = self[next].right
    }
    return found
  }
}
