import Packets

/// The stream of a connection, as the connection holds it.
///
/// What happens for every packet is called through here. While the reference is borrowed, the stream cannot go away, so the call counts no
/// reference of its own. Counting one takes two atomic operations, and each waits until everything written before has reached the cache.
struct StreamReference: ~Copyable {
  /// The stream; nil once the connection is over.
  var object: (any Stream)?

  // Written as optional chains and not inlined: elsewhere, and with a binding, the compiler would count a reference.

  @inline(never)
  borrowing func reassembled(_ data: inout ReassembledData) { object?.reassembled(&data) }

  @inline(never)
  borrowing func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    object?.accept(segment, info: info, from: side, next: next, start: &start) ?? .accepted
  }
}
