import CPrefetch
import Packets

/// Memory of connections: slots in chunks of one size, which never move. (gopacket: `StreamPool.all`, `grow`.)
struct ConnectionSlab: ~Copyable {
  private var chunks = PointerTable<UInt8>()
  /// Numbers of the free slots.
  private var free: [UInt32] = []
  /// Number of slots that were ever used; their numbers are all below it.
  private var used: UInt32 = 0

  private static let chunkBits = UInt32(truncatingIfNeeded: ConnectionHandle.slotsOfChunk.trailingZeroBitCount)
  private static let chunkSize = 1 << chunkBits
  private static let cacheLine = 64

  /// Whether a chunk has room for the times of its connections.
  private let hasTimes: Bool

  init(hasTimes: Bool) { self.hasTimes = hasTimes }

  deinit {
    var isTaken = [Bool](repeating: true, count: Int(used))
    for number in free { isTaken[Int(number)] = false }
    for number in 0..<used where isTaken[Int(number)] { slot(number).deinitialize() }
    for number in 0..<chunks.count { UnsafeMutableRawPointer(chunks[number]).deallocate() }
  }

  /// Number of slots that there is memory for.
  var capacity: UInt32 { UInt32(truncatingIfNeeded: chunks.count) << Self.chunkBits }

  private mutating func grow() {
    // Slots begin where cache lines begin, as long as their size is a multiple of one.
    let size = Self.chunkSize * (ConnectionHandle.slotStride + (hasTimes ? Int(ConnectionHandle.timesStride) : 0))
    let alignment = hasTimes ? Int(ConnectionHandle.chunkAlignment) : Self.cacheLine
    chunks.append(UnsafeMutableRawPointer.allocate(byteCount: size, alignment: alignment).bindMemory(to: UInt8.self, capacity: size))
  }

  /// Initialises a slot with a connection; free slots are used first.
  mutating func allocate(for key: FlowKey) -> ConnectionHandle {
    let number = free.popLast() ?? allocateFresh()
    let connection = slot(number)
    connection.initialize(key: key, number: number, hasTimes: hasTimes)
    return connection
  }

  private mutating func allocateFresh() -> UInt32 {
    if used == capacity { grow() }
    used += 1
    return used - 1
  }

  /// Frees the slot of a connection.
  mutating func free(_ connection: ConnectionHandle) {
    free.append(connection.state.number)
    connection.deinitialize()
  }

  /// The slot with a number below `capacity`.
  @inline(__always)
  func slot(_ number: UInt32) -> ConnectionHandle {
    let chunk = chunks[Int(truncatingIfNeeded: number >> Self.chunkBits)]
    let place = Int(truncatingIfNeeded: number & ((1 << Self.chunkBits) - 1))
    return ConnectionHandle(slot: chunk + place &* ConnectionHandle.slotStride)
  }

  /// Prefetches a slot.
  @inline(__always)
  func prefetch(_ connection: ConnectionHandle) {
    guard let start = connection.start else { return }
    for offset in stride(from: 0, to: ConnectionHandle.slotStride, by: Self.cacheLine) { reasm_prefetch(start + offset) }
    guard hasTimes, let times = connection.timesStart else { return }
    for offset in stride(from: 0, to: Int(ConnectionHandle.timesStride), by: Self.cacheLine) { reasm_prefetch(times + offset) }
  }

  /// Prefetches the stream of a connection.
  @inline(__always)
  func prefetchStream(of connection: ConnectionHandle) { reasm_prefetch(connection.streamStart) }
}
