import CPrefetch
import Packets

/// The memory of connections: slots in chunks of one size, which never move. (gopacket: `StreamPool.all`, `grow`.)
struct ConnectionSlab: ~Copyable {
  private var chunks = PointerTable<UInt8>()
  /// Numbers that were given back.
  private var free: [UInt32] = []
  /// Numbers that were given out at least once: all below.
  private var used: UInt32 = 0

  private static let chunkBits: UInt32 = 10
  private static let chunkSize = 1 << chunkBits
  private static let cacheLine = 64

  init() {}

  deinit {
    var isTaken = [Bool](repeating: true, count: Int(used))
    for number in free { isTaken[Int(number)] = false }
    for number in 0..<used where isTaken[Int(number)] { slot(number).deinitialize() }
    for number in 0..<chunks.count { UnsafeMutableRawPointer(chunks[number]).deallocate() }
  }

  /// Slots that there is memory for.
  var capacity: UInt32 { UInt32(truncatingIfNeeded: chunks.count) << Self.chunkBits }

  private mutating func grow() {
    // Slots begin where lines of the processor's caches do, as long as they take whole ones.
    let size = Self.chunkSize * ConnectionHandle.slotStride
    chunks.append(
      UnsafeMutableRawPointer.allocate(byteCount: size, alignment: Self.cacheLine).bindMemory(to: UInt8.self, capacity: size))
  }

  /// A slot for a connection with this key; freed ones are used again first.
  mutating func allocate(for key: FlowKey) -> ConnectionHandle {
    let number = free.popLast() ?? allocateFresh()
    let connection = slot(number)
    connection.initialize(key: key, number: number)
    return connection
  }

  private mutating func allocateFresh() -> UInt32 {
    if used == capacity { grow() }
    used += 1
    return used - 1
  }

  /// Empties a slot and lets it be used again.
  mutating func free(_ connection: ConnectionHandle) {
    free.append(connection.state.number)
    connection.deinitialize()
  }

  /// The slot with this number, which is below `capacity`.
  @inline(__always)
  func slot(_ number: UInt32) -> ConnectionHandle {
    let chunk = chunks[Int(truncatingIfNeeded: number >> Self.chunkBits)]
    let place = Int(truncatingIfNeeded: number & ((1 << Self.chunkBits) - 1))
    return ConnectionHandle(slot: chunk + place &* ConnectionHandle.slotStride)
  }

  /// Has a slot fetched.
  @inline(__always)
  func prefetch(_ connection: ConnectionHandle) {
    guard let start = connection.start else { return }
    for offset in stride(from: 0, to: ConnectionHandle.slotStride, by: Self.cacheLine) { reasm_prefetch(start + offset) }
  }

  /// Has the stream of a connection fetched.
  @inline(__always)
  func prefetchStream(of connection: ConnectionHandle) { reasm_prefetch(connection.streamStart) }
}
