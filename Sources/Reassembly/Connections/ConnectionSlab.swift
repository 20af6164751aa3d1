import CPrefetch
import Packets

/// Where connections live: chunks of one size, which never move. (gopacket: `StreamPool.all`, `grow`.)
///
///     | connection | stream | originator | responder |    a slot: what one packet needs lies together
///
/// A `ConnectionIndex` that `take` gave out is good until `giveBack`; only the engine's own structures hold them, so an access by one needs
/// no check.
struct ConnectionSlab: ~Copyable {
  private var chunks = PointerTable<UInt8>()
  private var free: [ConnectionIndex] = []

  private static let chunkBits: UInt32 = 10
  private static let chunkSize = 1 << chunkBits
  private static let streamOffset = MemoryLayout<Connection>.stride
  static let halfOffset = streamOffset + MemoryLayout<StreamReference>.stride
  static let halfStride = MemoryLayout<HalfConnection>.stride
  /// Bytes of a slot.
  static let slotStride = halfOffset + 2 * halfStride

  init() {}

  deinit {
    for number in 0..<capacity {
      let slot = slot(number)
      connection(slot).deinitialize(count: 1)
      stream(slot).deinitialize(count: 1)
      half(HalfIndex(slot, .originator)).deinitialize(count: 2)
    }
    for number in 0..<chunks.count { UnsafeMutableRawPointer(chunks[number]).deallocate() }
  }

  /// Slots made so far.
  var capacity: UInt32 { UInt32(truncatingIfNeeded: chunks.count) << Self.chunkBits }

  private mutating func grow() {
    // Streams and halves are aligned as connections are: all hold words, and strides are multiples of the alignment.
    let size = Self.chunkSize * Self.slotStride
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<Connection>.alignment)
    let first = capacity
    chunks.append(chunk.bindMemory(to: UInt8.self, capacity: size))
    for number in first..<capacity {
      let slot = slot(number)
      connection(slot).initialize(to: Connection(key: Self.emptyKey))
      connection(slot).pointee.number = number
      stream(slot).initialize(to: StreamReference())
      half(HalfIndex(slot, .originator)).initialize(to: HalfConnection())
      half(HalfIndex(slot, .responder)).initialize(to: HalfConnection())
    }
    for number in (first..<capacity).reversed() { free.append(slot(number)) }
  }

  /// A slot for a connection; freed ones are used again first.
  mutating func take() -> ConnectionIndex {
    if free.isEmpty { grow() }
    return free.removeLast()
  }

  /// Empties a slot and lets it be used again.
  mutating func giveBack(_ index: ConnectionIndex) {
    let number = self[index].number
    self[index] = Connection(key: Self.emptyKey)
    self[index].number = number
    self[stream: index] = StreamReference()
    self[HalfIndex(index, .originator)] = HalfConnection()
    self[HalfIndex(index, .responder)] = HalfConnection()
    free.append(index)
  }

  /// The slot with this number, which is below `capacity`.
  @inline(__always)
  func slot(_ number: UInt32) -> ConnectionIndex {
    let chunk = chunks[Int(truncatingIfNeeded: number >> Self.chunkBits)]
    let place = Int(truncatingIfNeeded: number & ((1 << Self.chunkBits) - 1))
    return ConnectionIndex(address: UInt(bitPattern: chunk + place &* Self.slotStride))
  }

  /// Has a slot fetched.
  @inline(__always)
  func prefetch(_ index: ConnectionIndex) {
    guard let start = UnsafeRawPointer(bitPattern: index.address) else { return }
    for offset in stride(from: 0, to: Self.slotStride, by: 64) { reasm_prefetch(start + offset) }
  }

  /// Has the stream of a connection fetched.
  @inline(__always)
  func prefetchStream(of index: ConnectionIndex) {
    // The first word of a class-bound existential is the address of the object. As a number it needs no count of references.
    reasm_prefetch(UnsafeRawPointer(bitPattern: UnsafeRawPointer(stream(index)).load(as: UInt.self)))
  }

  // Every index but `.none` holds the address of a slot, and callers ask `exists` before they come here where it may be `.none`.

  @inline(__always)
  private func connection(_ index: ConnectionIndex) -> UnsafeMutablePointer<Connection> {
    UnsafeMutablePointer(bitPattern: index.address).unsafelyUnwrapped
  }

  @inline(__always)
  private func stream(_ index: ConnectionIndex) -> UnsafeMutablePointer<StreamReference> {
    UnsafeMutablePointer(bitPattern: index.address &+ UInt(bitPattern: Self.streamOffset)).unsafelyUnwrapped
  }

  @inline(__always)
  private func half(_ index: HalfIndex) -> UnsafeMutablePointer<HalfConnection> {
    UnsafeMutablePointer(bitPattern: index.address).unsafelyUnwrapped
  }

  subscript(_ index: ConnectionIndex) -> Connection {
    @inline(__always) _read { yield connection(index).pointee }
    @inline(__always) nonmutating _modify { yield &connection(index).pointee }
  }

  subscript(stream index: ConnectionIndex) -> StreamReference {
    @inline(__always) _read { yield stream(index).pointee }
    @inline(__always) nonmutating _modify { yield &stream(index).pointee }
  }

  subscript(_ index: HalfIndex) -> HalfConnection {
    @inline(__always) _read { yield half(index).pointee }
    @inline(__always) nonmutating _modify { yield &half(index).pointee }
  }
}

extension ConnectionSlab {
  fileprivate static var emptyKey: FlowKey {
    FlowKey(source: IPAddress(v4: 0), destination: IPAddress(v4: 0), sourcePort: 0, destinationPort: 0)
  }
}
