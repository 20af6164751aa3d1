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
  /// Numbers that were given back.
  private var free: [UInt32] = []
  /// Numbers that were given out at least once: all below.
  private var used: UInt32 = 0

  private static let chunkBits: UInt32 = 10
  private static let chunkSize = 1 << chunkBits
  private static let streamOffset = MemoryLayout<Connection>.stride
  static let halfOffset = streamOffset + MemoryLayout<StreamReference>.stride
  static let halfStride = MemoryLayout<HalfConnection>.stride
  /// Bytes of a slot.
  static let slotStride = halfOffset + 2 * halfStride

  init() {}

  deinit {
    var isTaken = [Bool](repeating: true, count: Int(used))
    for number in free { isTaken[Int(number)] = false }
    for number in 0..<used where isTaken[Int(number)] { empty(slot(number)) }
    for number in 0..<chunks.count { UnsafeMutableRawPointer(chunks[number]).deallocate() }
  }

  /// Slots that there is memory for.
  var capacity: UInt32 { UInt32(truncatingIfNeeded: chunks.count) << Self.chunkBits }

  private mutating func grow() {
    // Streams and halves are aligned as connections are: all hold words, and strides are multiples of the alignment. Slots begin where lines
    // of the processor's caches do, as long as they take whole ones.
    let size = Self.chunkSize * Self.slotStride
    chunks.append(UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64).bindMemory(to: UInt8.self, capacity: size))
  }

  /// A slot for a connection with this key; freed ones are used again first.
  mutating func take(for key: FlowKey) -> ConnectionIndex {
    let number = free.popLast() ?? takeFresh()
    let index = slot(number)
    connection(index).initialize(to: Connection(key: key, number: number))
    stream(index).initialize(to: StreamReference())
    half(HalfIndex(index, .originator)).initialize(to: HalfConnection())
    half(HalfIndex(index, .responder)).initialize(to: HalfConnection())
    return index
  }

  private mutating func takeFresh() -> UInt32 {
    if used == capacity { grow() }
    used += 1
    return used - 1
  }

  /// Empties a slot and lets it be used again.
  mutating func giveBack(_ index: ConnectionIndex) {
    free.append(self[index].number)
    empty(index)
  }

  private func empty(_ index: ConnectionIndex) {
    connection(index).deinitialize(count: 1)
    stream(index).deinitialize(count: 1)
    half(HalfIndex(index, .originator)).deinitialize(count: 1)
    half(HalfIndex(index, .responder)).deinitialize(count: 1)
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
