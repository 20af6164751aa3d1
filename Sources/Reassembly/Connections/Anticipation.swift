import CPrefetch
import Packets

/// Connections of packets that come soon. The memory they need is fetched in three steps, each of which needs what the one before brought:
/// the slot of the table, the connection that it names, and what that one leads to.
///
///     packet n is expected     n + 2 is expected     n + 4 is expected        n + 5 is expected
///     table slot               connection            stream and neighbours    n is assembled
///
/// Wrong guesses cost a little time and nothing else.
struct Anticipation {
  private var key = FlowKey(source: IPAddress(v4: 0), destination: IPAddress(v4: 0), sourcePort: 0, destinationPort: 0)
  /// By age, the youngest first; 0 where there is nothing to do.
  private var hashes: (UInt64, UInt64) = (0, 0)
  private var connections: (ConnectionIndex, ConnectionIndex) = (.none, .none)

  /// A packet with this canonical key is expected: the next step is done for those before it.
  @inline(__always)
  mutating func expect(_ next: FlowKey, _ table: borrowing ConnectionTable, _ slab: borrowing ConnectionSlab) {
    slab.prefetchSurroundings(of: connections.1)
    connections.1 = connections.0
    connections.0 = .none
    if hashes.1 != 0 {
      connections.0 = table.firstCandidate(hashes.1, in: slab)
      slab.prefetch(connections.0)
    }
    hashes.1 = hashes.0
    hashes.0 = 0
    // Of a burst the first packet is enough.
    guard next != key else { return }
    key = next
    hashes.0 = table.hash(next)
    table.prefetch(hashes.0)
  }
}
