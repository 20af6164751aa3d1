internal import Packets

/// Packets that lie whole in the buffer of a stream, described at once: advancing to the next one only increments an index.
///
/// A batch never waits: its source adds the packets that are in the buffer behind the first one, and no more. The pointer arithmetic is
/// safe for three reasons. `position` is below `count` wherever `current` is used. `append` raises `count` to `capacity` at most. A caller
/// that advances from `current` on its own knows the limit from `following`.
struct PacketBatch: ~Copyable {
  /// Greatest number of packets, 88 bytes each: 11 KiB of descriptions.
  static let mostPackets = 128
  /// Number of packets that fit into a small buffer unless they are of the smallest size.
  static let fewPackets = 32

  /// Descriptions of the packets; nil before the batch is opened.
  private var records: UnsafeMutablePointer<PacketRecord>?
  private var capacity = 0
  private var count = 0
  private var position = 0
  private let input: UInt32
  /// Number of the first packet, counted from 1 as in Wireshark.
  private var firstNumber: UInt64 = 1
  /// Time of the last packet of the batch before; 0 before the first packet.
  private var timeBefore = Timestamp(nanoseconds: 0)

  /// Creates an empty batch.
  ///
  /// - Parameter input: the input index of the packets.
  init(input: UInt32) { self.input = input }

  deinit { records?.deallocate() }

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == capacity }

  /// Current packet; the pointer is valid until the batch is filled again.
  ///
  /// - Precondition: the batch is not empty.
  @inline(__always)
  var current: UnsafePointer<PacketRecord> {
    assert(position < count)
    return UnsafePointer(records.unsafelyUnwrapped + position)
  }

  /// Number of packets behind the current one.
  var following: Int { count &- position &- 1 }

  /// Makes a packet the current one.
  ///
  /// - Parameter packet: a packet of the batch.
  /// - Precondition: the packet is in the batch.
  mutating func move(to packet: UnsafePointer<PacketRecord>) {
    position = packet - UnsafePointer(records.unsafelyUnwrapped)
    assert(position >= 0 && position < count)
  }

  /// Advances to the next packet.
  ///
  /// - Returns: false if the current packet was the last one.
  @inline(__always)
  mutating func advance() -> Bool {
    guard position &+ 1 < count else { return false }
    position &+= 1
    return true
  }

  /// Time of the packet that was added last, for packets without a time, so that they move no clock.
  var latestTime: Timestamp { count > 0 ? records.unsafelyUnwrapped[count - 1].info.time : timeBefore }

  /// Skips the numbers of packets in the capture that cannot be returned.
  ///
  /// - Parameter count: the number of packets.
  /// - Precondition: the batch is empty.
  mutating func skipNumbers(_ count: UInt64) {
    assert(isEmpty)
    firstNumber &+= count
  }

  /// Removes a frame check sequence from the lengths of the packet that was added last, which the filter has seen whole.
  mutating func removeCheckSequence(_ length: Int) {
    assert(count > 0)
    records.unsafelyUnwrapped[count - 1].removeCheckSequence(length)
  }

  /// Removes a frame check sequence from the lengths of every packet.
  mutating func removeCheckSequences(_ length: Int) {
    for index in 0..<count { records.unsafelyUnwrapped[index].removeCheckSequence(length) }
  }

  /// Adds a packet of a link, whose filter decides whether the packet passes.
  ///
  /// - Parameters:
  ///   - record: the packet.
  ///   - link: the link.
  /// - Precondition: the batch is not full.
  @inline(__always)
  mutating func append(_ record: PacketRecord, of link: Link) {
    assert(count < capacity)
    let memory = records.unsafelyUnwrapped
    (memory + count).initialize(to: record)
    memory[count].info.packetNumber = firstNumber &+ UInt64(truncatingIfNeeded: count)
    memory[count].info.input = input
    link.filter(&memory[count])
    count &+= 1
  }

  /// Allocates memory for a number of packets.
  mutating func open(capacity: Int) {
    close()
    records = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  mutating func removeAll() {
    timeBefore = latestTime
    firstNumber &+= UInt64(truncatingIfNeeded: count)
    count = 0
    position = 0
  }

  /// Frees the memory, and restarts the numbers of packets.
  mutating func close() {
    removeAll()
    firstNumber = 1
    timeBefore = Timestamp(nanoseconds: 0)
    records?.deallocate()
    records = nil
    capacity = 0
  }
}
