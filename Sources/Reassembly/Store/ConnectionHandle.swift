import Packets

/// Handle of a connection: the address of its slot, which never moves, so that no search is needed to reach it.
///
///     | connection | stream | originator | responder |    a slot: what one packet needs lies together
///     | times of the originator | of the connection | of the responder |    behind all slots of its chunk, if times are measured
///
/// Only `ConnectionSlab` makes handles, and a handle is valid until `free`. Only the engine's own structures hold handles, and each
/// releases a handle before its slot is freed, so an access needs no check.
struct ConnectionHandle: Hashable {
  private let address: UInt

  static let none = ConnectionHandle(address: 0)
  var exists: Bool { address != 0 }

  private init(address: UInt) { self.address = address }

  // MARK: the slot

  private static let streamOffset = MemoryLayout<Connection>.stride
  fileprivate static let halvesOffset = streamOffset + MemoryLayout<StreamReference>.stride
  fileprivate static let halfStride = MemoryLayout<HalfConnection>.stride
  /// Size of a slot in bytes.
  ///
  /// Streams and halves have the alignment of connections: all hold words, and strides are multiples of the alignment.
  static let slotStride = halvesOffset + 2 * halfStride

  // MARK: the times, behind all slots of a chunk

  /// Number of slots in a chunk.
  static let slotsOfChunk: UInt = 1 << 10
  /// Alignment of a chunk with times, so that the address of a slot tells where its chunk begins; it is larger than a chunk.
  static let chunkAlignment: UInt = 1 << 20
  /// Size of the times of a connection in bytes.
  static let timesStride: UInt = 256
  /// Distance from the times of the originator to those of the responder, with the times of the connection between them.
  private static let otherTimes = UInt(bitPattern: MemoryLayout<HalfTimes>.stride + MemoryLayout<ConnectionTimes>.stride)

  /// Address of the times of a connection.
  @inline(__always)
  fileprivate var timesAddress: UInt {
    let place = UInt(state.number) & (Self.slotsOfChunk &- 1)
    return (address & ~(Self.chunkAlignment &- 1)) &+ Self.slotsOfChunk &* UInt(bitPattern: Self.slotStride) &+ place &* Self.timesStride
  }

  @inline(__always)
  private var timesPointer: UnsafeMutablePointer<ConnectionTimes> {
    UnsafeMutablePointer(bitPattern: timesAddress &+ UInt(bitPattern: MemoryLayout<HalfTimes>.stride)).unsafelyUnwrapped
  }

  @inline(__always)
  fileprivate func timesAddress(of side: Side) -> UInt { timesAddress &+ UInt(side.rawValue) &* Self.otherTimes }

  /// Address of the times, for prefetching.
  @inline(__always)
  var timesStart: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: timesAddress) }

  // MARK: the slot itself

  /// Creates the handle of a slot.
  ///
  /// - Parameter slot: `slotStride` bytes that the slab owns.
  @inline(__always)
  init(slot: UnsafeMutablePointer<UInt8>) { address = UInt(bitPattern: slot) }

  /// Initialises the slot with a connection.
  func initialize(key: FlowKey, number: UInt32, hasTimes: Bool) {
    connectionPointer.initialize(to: Connection(key: key, number: number))
    streamPointer.initialize(to: StreamReference())
    originator.pointer.initialize(to: HalfConnection())
    responder.pointer.initialize(to: HalfConnection())
    guard hasTimes else { return }
    timesPointer.initialize(to: ConnectionTimes())
    originator.times.pointer.initialize(to: HalfTimes())
    responder.times.pointer.initialize(to: HalfTimes())
  }

  /// Deinitialises the slot; times hold plain numbers.
  func deinitialize() {
    connectionPointer.deinitialize(count: 1)
    streamPointer.deinitialize(count: 1)
    originator.pointer.deinitialize(count: 1)
    responder.pointer.deinitialize(count: 1)
  }

  // Every handle except `.none` holds the address of a slot, and callers check `exists` before they use one that may be `.none`.

  @inline(__always)
  private var connectionPointer: UnsafeMutablePointer<Connection> { UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped }

  @inline(__always)
  private var streamPointer: UnsafeMutablePointer<StreamReference> {
    UnsafeMutablePointer(bitPattern: address &+ UInt(bitPattern: Self.streamOffset)).unsafelyUnwrapped
  }

  /// Address of the slot, for prefetching.
  @inline(__always)
  var start: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: address) }

  /// Address of the stream, for prefetching: the first word of a class-bound existential.
  ///
  /// A number needs no reference count.
  @inline(__always)
  var streamStart: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: UnsafeRawPointer(streamPointer).load(as: UInt.self)) }

  // MARK: what it leads to

  // Accessors that return an address, because the frame of a `_read` coroutine that is not inlined is allocated for each access.

  /// State that both directions share.
  var state: Connection {
    @inline(__always) unsafeAddress { UnsafePointer(connectionPointer) }
    @inline(__always) nonmutating unsafeMutableAddress { connectionPointer }
  }

  /// Stream of the connection.
  var stream: StreamReference {
    @inline(__always) unsafeAddress { UnsafePointer(streamPointer) }
    @inline(__always) nonmutating unsafeMutableAddress { streamPointer }
  }

  /// Times of the connection; only if `AssemblerOptions.measuresTiming` is set, because the chunk has none otherwise.
  var times: ConnectionTimes {
    @inline(__always) unsafeAddress { UnsafePointer(timesPointer) }
    @inline(__always) nonmutating unsafeMutableAddress { timesPointer }
  }

  @inline(__always) var originator: HalfHandle { half(.originator) }
  @inline(__always) var responder: HalfHandle { half(.responder) }

  /// The direction that `side` sends.
  @inline(__always)
  func half(_ side: Side) -> HalfHandle { HalfHandle(bits: address &+ HalfHandle.distance(of: side) | UInt(side.rawValue)) }

  /// Creates the handle of the connection of a direction.
  @inline(__always)
  fileprivate init(of half: HalfHandle) { address = half.address &- HalfHandle.distance(of: half.side) }
}

/// Handle of one direction of a connection: its address in the slot, which is even, with the side in bit 0.
///
/// The connection and the other direction lie at fixed distances.
struct HalfHandle: Hashable {
  private let bits: UInt

  static let none = HalfHandle(bits: 0)
  var exists: Bool { bits != 0 }

  @inline(__always)
  fileprivate init(bits: UInt) { self.bits = bits }

  /// The distance from a connection to one of its directions, in bytes.
  @inline(__always)
  fileprivate static func distance(of side: Side) -> UInt {
    UInt(bitPattern: ConnectionHandle.halvesOffset &+ (side == .originator ? 0 : ConnectionHandle.halfStride))
  }

  @inline(__always) fileprivate var address: UInt { bits & ~1 }
  @inline(__always) fileprivate var pointer: UnsafeMutablePointer<HalfConnection> {
    UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }

  /// State of the direction.
  var state: HalfConnection {
    @inline(__always) unsafeAddress { UnsafePointer(pointer) }
    @inline(__always) nonmutating unsafeMutableAddress { pointer }
  }

  /// Times of the direction; only if `AssemblerOptions.measuresTiming` is set.
  @inline(__always) var times: HalfTimesHandle { HalfTimesHandle(address: connection.timesAddress(of: side)) }
  /// Times of the direction and of the other one.
  @inline(__always) var bothTimes: (own: HalfTimesHandle, other: HalfTimesHandle) {
    let originator = connection.timesAddress(of: .originator)
    let responder = connection.timesAddress(of: .responder)
    return side == .originator
      ? (HalfTimesHandle(address: originator), HalfTimesHandle(address: responder))
      : (HalfTimesHandle(address: responder), HalfTimesHandle(address: originator))
  }

  @inline(__always) var side: Side { bits & 1 == 0 ? .originator : .responder }
  @inline(__always) var connection: ConnectionHandle { ConnectionHandle(of: self) }
  /// Order of directions: connections in the order of ids, the originator first.
  @inline(__always) var rank: UInt64 { connection.state.id << 1 | UInt64(side.rawValue) }
  /// The direction that the peer sends.
  @inline(__always) var other: HalfHandle {
    let stride = UInt(bitPattern: ConnectionHandle.halfStride) | 1
    return HalfHandle(bits: side == .originator ? bits &+ stride : bits &- stride)
  }
}

/// Handle of the times of one direction: their address, which takes some steps to find.
struct HalfTimesHandle {
  fileprivate let address: UInt

  @inline(__always) fileprivate var pointer: UnsafeMutablePointer<HalfTimes> { UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped }

  /// The times.
  var state: HalfTimes {
    @inline(__always) unsafeAddress { UnsafePointer(pointer) }
    @inline(__always) nonmutating unsafeMutableAddress { pointer }
  }
}
