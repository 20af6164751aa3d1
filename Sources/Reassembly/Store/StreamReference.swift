import Packets

/// Reference of a connection to its stream.
///
/// The calls for every packet go through here. While the reference is borrowed, the stream cannot be freed, so the call needs no reference
/// count of its own. A count takes two atomic operations, and each waits until all earlier writes have reached the cache.
struct StreamReference: ~Copyable {
  /// Stream of the connection; nil once the connection is over.
  var object: (any TCPStream)?

  // Optional chains that are not inlined: elsewhere, and with a binding, the compiler would count a reference.

  @inline(never)
  borrowing func reassembled(_ data: inout ReassembledData) { object?.reassembled(&data) }

  @inline(never)
  borrowing func observe(_ segment: TCPSegment, info: CaptureInfo, from side: Side) {
    object?.segmentObserver?.observe(segment, info: info, from: side)
  }

  @inline(never)
  borrowing func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    object?.segmentFilter?.accept(segment, info: info, from: side, next: next, start: &start) ?? .accept
  }
}
