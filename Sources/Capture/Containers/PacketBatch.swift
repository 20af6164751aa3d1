internal import Packets

/// Packets that lie whole in the buffer of a stream, described in one go: going to the next one is then a matter of counting.
///
/// A batch never waits: its source adds what is at hand behind the first packet, and no more. The pointer arithmetic is safe because
/// `position` is below `count` wherever `current` is asked for, `append` raises `count` to `capacity` at most, and a caller that counts on from
/// `current` knows from `following` how far.
struct PacketBatch: ~Copyable {
  /// Packets at most, 88 bytes each: 11 KiB of descriptions.
  static let mostPackets = 128
  /// As many as lie in a small buffer where they are not the smallest.
  static let fewPackets = 32

  /// nil while nothing is read.
  private var records: UnsafeMutablePointer<PacketRecord>?
  private var capacity = 0
  private var count = 0
  private var position = 0
  private let input: UInt32
  /// Of the first packet, counted from 1 as Wireshark counts.
  private var firstNumber: UInt64 = 1
  /// Time of the last packet of the batch before; 0 before the first packet.
  private var timeBefore = Timestamp(nanoseconds: 0)

  /// - Parameter input: the index that the packets are given.
  init(input: UInt32) { self.input = input }

  deinit { records?.deallocate() }

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count == capacity }

  /// The packet at hand; stays there until the batch is filled again.
  /// - Precondition: the batch is not empty.
  @inline(__always)
  var current: UnsafePointer<PacketRecord> {
    assert(position < count)
    return UnsafePointer(records.unsafelyUnwrapped + position)
  }

  /// Packets behind the one at hand.
  var following: Int { count &- position &- 1 }

  /// - Precondition: the packet stands in the batch.
  mutating func move(to packet: UnsafePointer<PacketRecord>) {
    position = packet - UnsafePointer(records.unsafelyUnwrapped)
    assert(position >= 0 && position < count)
  }

  /// Goes to the next packet; `false` where it was the last.
  @inline(__always)
  mutating func advance() -> Bool {
    guard position &+ 1 < count else { return false }
    position &+= 1
    return true
  }

  /// Time of the packet that was added last: what a packet without a time of its own is given, so that it moves no clock.
  var latestTime: Timestamp { count > 0 ? records.unsafelyUnwrapped[count - 1].info.time : timeBefore }

  /// Leaves the number of a packet out that the capture holds and that cannot be given.
  /// - Precondition: the batch is empty.
  mutating func skipNumbers(_ count: UInt64) {
    assert(isEmpty)
    firstNumber &+= count
  }

  /// Leaves a frame check sequence out of the lengths of the packet that was added last. Its filter has seen it.
  mutating func removeCheckSequence(_ length: Int) {
    assert(count > 0)
    records.unsafelyUnwrapped[count - 1].info.removeCheckSequence(length)
  }

  /// Leaves a frame check sequence out of the lengths of every packet.
  mutating func removeCheckSequences(_ length: Int) {
    for index in 0..<count { records.unsafelyUnwrapped[index].info.removeCheckSequence(length) }
  }

  /// Adds a packet of a link, whose filter says whether it is wanted.
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

  /// Takes memory for so many packets.
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

  /// Gives the memory back, and counts from the beginning again.
  mutating func close() {
    removeAll()
    firstNumber = 1
    timeBefore = Timestamp(nanoseconds: 0)
    records?.deallocate()
    records = nil
    capacity = 0
  }
}
