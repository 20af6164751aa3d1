import Packets

/// Handle of a connection: the address of its slot, which never moves, so that no search is needed to reach it.
///
///     | connection | stream | originator | responder |    a slot: what one packet needs lies together
///     | ... the same ... | times of the connection | of the originator | of the responder |    if times are measured
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
  fileprivate static let timesOffset = slotStride
  fileprivate static let halfTimesOffset = timesOffset + MemoryLayout<ConnectionTimes>.stride
  fileprivate static let halfTimesStride = MemoryLayout<HalfTimes>.stride
  /// Size of a slot with times in bytes.
  static let slotStrideWithTimes = (halfTimesOffset + 2 * halfTimesStride + 63) & ~63

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
    originator.timesPointer.initialize(to: HalfTimes())
    responder.timesPointer.initialize(to: HalfTimes())
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

  @inline(__always)
  private var timesPointer: UnsafeMutablePointer<ConnectionTimes> {
    UnsafeMutablePointer(bitPattern: address &+ UInt(bitPattern: Self.timesOffset)).unsafelyUnwrapped
  }

  /// Address of the times of a direction.
  @inline(__always)
  fileprivate func timesPointer(of side: Side) -> UnsafeMutablePointer<HalfTimes> {
    let offset = Self.halfTimesOffset &+ (side == .originator ? 0 : Self.halfTimesStride)
    return UnsafeMutablePointer(bitPattern: address &+ UInt(bitPattern: offset)).unsafelyUnwrapped
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

  /// Times of the connection; only if `AssemblerOptions.measuresTiming` is set, because the slot has none otherwise.
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

  @inline(__always) fileprivate var timesPointer: UnsafeMutablePointer<HalfTimes> { connection.timesPointer(of: side) }

  /// Times of the direction; only if `AssemblerOptions.measuresTiming` is set.
  var times: HalfTimes {
    @inline(__always) unsafeAddress { UnsafePointer(timesPointer) }
    @inline(__always) nonmutating unsafeMutableAddress { timesPointer }
  }

  @inline(__always) var side: Side { bits & 1 == 0 ? .originator : .responder }
  @inline(__always) var connection: ConnectionHandle { ConnectionHandle(of: self) }
  /// The direction that the peer sends.
  @inline(__always) var other: HalfHandle {
    let stride = UInt(bitPattern: ConnectionHandle.halfStride) | 1
    return HalfHandle(bits: side == .originator ? bits &+ stride : bits &- stride)
  }
}
