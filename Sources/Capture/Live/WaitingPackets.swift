internal import Glibc
internal import Packets

/// Copies of packets of several interfaces, which are passed on by time once earlier packets of the others must have come.
///
/// A packet waits as long as the kernel may keep a packet that was captured before it on another interface. If the clocks of interfaces
/// differ, none waits longer than that: the order is as good as the clocks.
struct WaitingPackets: ~Copyable {
  private struct Entry {
    var record: PacketRecord
    var bytes: UnsafeMutablePointer<UInt8>
    var arrival: Int64

    var time: Timestamp { record.info.time }
  }

  /// Time in nanoseconds that a packet waits.
  private static let wait = (Int64(LiveSettings.readTimeout) + 50) * 1_000_000
  /// Time in nanoseconds between two checks of the waiting packets, so that each packet is checked a few times only.
  private static let interval: Int64 = 20_000_000
  /// Greatest number of bytes that wait; beyond it, the earliest packets are passed on.
  private static let mostBytes = 64 << 20

  /// Packets in the order of arrival.
  private var waiting: [Entry] = []
  /// Packets in the order in which they are passed on, from `next` on.
  private var due: [Entry] = []
  private var next = 0
  private var waitingBytes = 0
  private var lastLook = Int64.min

  deinit {
    for entry in waiting { entry.bytes.deallocate() }
    for entry in due[next...] { entry.bytes.deallocate() }
  }

  var isEmpty: Bool { waiting.isEmpty && next == due.count }
  /// Whether packets are due.
  var hasDue: Bool { next < due.count }

  mutating func add(_ packet: borrowing CapturedPacket, now: Int64) {
    let record = packet.record.pointee
    let count = record.info.capturedLength
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, count))
    memcpy(bytes, record.start, count)
    var entry = Entry(record: record, bytes: bytes, arrival: now)
    entry.record.start = UnsafePointer(bytes)
    waiting.append(entry)
    waitingBytes += count
  }

  /// Chooses the packets that are due: all packets no later than one that has waited long enough.
  ///
  /// Amortised O(log n) per packet.
  mutating func choose(now: Int64, all: Bool) {
    guard all || waitingBytes > Self.mostBytes || lastLook == .min || now - lastLook >= Self.interval else { return }
    lastLook = now
    let arrival = all ? Int64.max : waitingBytes > Self.mostBytes ? now : now - Self.wait
    guard let latest = waiting.lazy.prefix(while: { $0.arrival <= arrival }).map(\.time).max() else { return }
    due.removeFirst(next)
    next = 0
    let chosen = waiting.filter { $0.time <= latest }
    // The order is stable: packets of one interface with equal times keep their order.
    due += chosen.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    waiting.removeAll { $0.time <= latest }
    waitingBytes = waiting.reduce(0) { $0 + $1.record.info.capturedLength }
  }

  /// Passes on the next packet.
  ///
  /// - Precondition: a packet is due.
  mutating func removeFirst(number: UInt64, _ body: (borrowing CapturedPacket) -> Void, _ dump: LiveDump?, unit: Int64) {
    var record = due[next].record
    record.info.packetNumber = number
    dump?.append(record, unit: unit)
    // Sound: the bytes are valid until this call returns, and the packet cannot outlive it.
    withUnsafePointer(to: record) { body(CapturedPacket($0)) }
    due[next].bytes.deallocate()
    next += 1
  }
}
