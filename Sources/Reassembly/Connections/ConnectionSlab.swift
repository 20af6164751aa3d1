import Packets

/// Where connections live: chunks of one size, which never move. (gopacket: `StreamPool.all`, `grow`.)
///
///     | connection | originator | responder |    a slot: what one packet needs lies together
///
/// A number that `take` gave out is good until `giveBack`; only the engine's own structures hold such numbers, so an access by one needs
/// no check.
struct ConnectionSlab: ~Copyable {
  /// One for each chunk; room for `chunkRoom` of them.
  private var chunks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var chunkCount = 0
  private var chunkRoom = 16
  private var free: [ConnectionIndex] = []

  private static let chunkBits: UInt32 = 10
  private static let chunkSize = 1 << chunkBits
  private static let halfOffset = MemoryLayout<Connection>.stride
  private static let halfStride = MemoryLayout<HalfConnection>.stride
  /// Bytes of a slot.
  static let slotStride = halfOffset + 2 * halfStride

  init() { chunks = .allocate(capacity: chunkRoom) }

  deinit {
    for number in 0..<capacity {
      connection(number).deinitialize(count: 1)
      half(2 &* number).deinitialize(count: 2)
    }
    for chunk in 0..<chunkCount { chunks[chunk].deallocate() }
    chunks.deallocate()
  }

  /// Slots made so far.
  var capacity: UInt32 { UInt32(truncatingIfNeeded: chunkCount) << Self.chunkBits }

  private mutating func grow() {
    if chunkCount == chunkRoom {
      let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 2 * chunkRoom)
      larger.moveInitialize(from: chunks, count: chunkCount)
      chunks.deallocate()
      chunks = larger
      chunkRoom *= 2
    }
    // Halves are aligned as connections are: both hold words, and strides are multiples of the alignment.
    (chunks + chunkCount).initialize(
      to: .allocate(byteCount: Self.chunkSize * Self.slotStride, alignment: MemoryLayout<Connection>.alignment))
    let first = capacity
    chunkCount += 1
    for number in first..<capacity {
      connection(number).initialize(to: Connection(key: Self.emptyKey))
      half(2 &* number).initialize(repeating: HalfConnection(), count: 2)
    }
    for number in (first..<capacity).reversed() { free.append(ConnectionIndex(rawValue: number)) }
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

  @inline(__always)
  private func slot(_ number: UInt32) -> UnsafeMutableRawPointer {
    chunks[Int(truncatingIfNeeded: number >> Self.chunkBits)] + Int(truncatingIfNeeded: number & ((1 << Self.chunkBits) - 1))
      &* Self.slotStride
  }

  @inline(__always)
  private func connection(_ number: UInt32) -> UnsafeMutablePointer<Connection> { slot(number).assumingMemoryBound(to: Connection.self) }

  /// - Parameter number: twice the connection's, plus the side.
  @inline(__always)
  private func half(_ number: UInt32) -> UnsafeMutablePointer<HalfConnection> {
    (slot(number >> 1) + (Self.halfOffset &+ Int(truncatingIfNeeded: number & 1) &* Self.halfStride)).assumingMemoryBound(
      to: HalfConnection.self)
  }

  subscript(_ index: ConnectionIndex) -> Connection {
    @inline(__always) _read { yield connection(index.rawValue).pointee }
    @inline(__always) nonmutating _modify { yield &connection(index.rawValue).pointee }
  }

  subscript(_ index: HalfIndex) -> HalfConnection {
    @inline(__always) _read { yield half(index.rawValue).pointee }
    @inline(__always) nonmutating _modify { yield &half(index.rawValue).pointee }
  }
}

extension ConnectionSlab {
  fileprivate static var emptyKey: FlowKey {
    FlowKey(source: IPAddress(v4: 0), destination: IPAddress(v4: 0), sourcePort: 0, destinationPort: 0)
  }
}
