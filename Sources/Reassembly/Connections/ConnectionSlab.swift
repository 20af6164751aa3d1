import Packets

/// Where connections live: chunks that double, and never move. (gopacket: `StreamPool.all`, `grow`.)
///
/// A number that `take` gave out is good until `giveBack`; only the engine's own structures hold such numbers, so an access by one needs
/// no check.
struct ConnectionSlab: ~Copyable {
  private var connections: [UnsafeMutablePointer<Connection>] = []
  private var halves: [UnsafeMutablePointer<HalfConnection>] = []
  private var free: [ConnectionIndex] = []
  /// Slots made so far.
  private(set) var capacity: UInt32 = 0

  private static let firstChunk: UInt32 = 1024
  private static let firstChunkBits: UInt32 = 10

  init() {}

  deinit {
    for (chunk, start) in connections.enumerated() {
      let count = Int(Self.size(ofChunk: chunk))
      start.deinitialize(count: count).deallocate()
      halves[chunk].deinitialize(count: 2 * count).deallocate()
    }
  }

  /// Chunk 0 has 1 024 slots, chunk 1 another 1 024, and each further one as many as all before it.
  private static func size(ofChunk chunk: Int) -> UInt32 { chunk == 0 ? firstChunk : firstChunk << UInt32(chunk - 1) }

  @inline(__always)
  private static func place(_ number: UInt32) -> (chunk: Int, slot: Int) {
    if number < firstChunk { return (0, Int(number)) }
    let bits = UInt32(31 - number.leadingZeroBitCount)
    return (Int(bits - firstChunkBits) + 1, Int(number - (1 << bits)))
  }

  private mutating func grow() {
    let chunk = connections.count
    let size = Self.size(ofChunk: chunk)
    let place = UnsafeMutablePointer<Connection>.allocate(capacity: Int(size))
    place.initialize(repeating: Connection(key: Self.emptyKey), count: Int(size))
    connections.append(place)
    let pair = UnsafeMutablePointer<HalfConnection>.allocate(capacity: 2 * Int(size))
    pair.initialize(repeating: HalfConnection(), count: 2 * Int(size))
    halves.append(pair)
    free.reserveCapacity(Int(capacity + size))
    for number in (capacity..<capacity + size).reversed() { free.append(ConnectionIndex(rawValue: number)) }
    capacity += size
  }

  /// A slot for a connection; freed ones are used again first.
  mutating func take() -> ConnectionIndex {
    if free.isEmpty { grow() }
    return free.removeLast()
  }

  /// Empties a slot and lets it be used again.
  mutating func giveBack(_ index: ConnectionIndex) {
    self[index] = Connection(key: Self.emptyKey)
    self[HalfIndex(index, .originator)] = HalfConnection()
    self[HalfIndex(index, .responder)] = HalfConnection()
    free.append(index)
  }

  subscript(_ index: ConnectionIndex) -> Connection {
    @inline(__always) _read {
      let (chunk, slot) = Self.place(index.rawValue)
      yield connections[chunk][slot]
    }
    @inline(__always) nonmutating _modify {
      let (chunk, slot) = Self.place(index.rawValue)
      yield &connections[chunk][slot]
    }
  }

  subscript(_ index: HalfIndex) -> HalfConnection {
    @inline(__always) _read {
      let (chunk, slot) = Self.place(index.rawValue >> 1)
      yield halves[chunk][slot &* 2 &+ Int(index.rawValue & 1)]
    }
    @inline(__always) nonmutating _modify {
      let (chunk, slot) = Self.place(index.rawValue >> 1)
      yield &halves[chunk][slot &* 2 &+ Int(index.rawValue & 1)]
    }
  }
}

extension ConnectionSlab {
  fileprivate static var emptyKey: FlowKey {
    FlowKey(source: IPAddress(v4: 0), destination: IPAddress(v4: 0), sourcePort: 0, destinationPort: 0)
  }
}
