import Packets

/// The stream of a connection, as the connection holds it.
///
/// What happens for every packet is called through here: while this is borrowed, nobody lets go of the stream, so the call needs no
/// reference of its own. Counting one costs an atomic operation twice, and waits each time until everything written before has reached
/// the cache.
struct StreamReference: ~Copyable {
  /// nil once the connection is over.
  var stream: (any Stream)?

  // Written as optional chains and not inlined: elsewhere, and with a binding, the compiler would count a reference.

  @inline(never)
  borrowing func reassembled(_ data: inout ReassembledData) { stream?.reassembled(&data) }

  @inline(never)
  borrowing func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    stream?.accept(segment, info: info, from: side, next: next, start: &start) ?? .accepted
  }
}
