internal import Glibc
internal import Packets

/// Copies of packets of several interfaces, which are handed on by time once those of the others must have come.
///
/// A packet waits as long as the kernel may keep one that was captured before it on another interface. Where the clocks of interfaces differ,
/// none waits longer than that: the order is as good as the clocks.
struct WaitingPackets: ~Copyable {
  private struct Entry {
    var record: PacketRecord
    var bytes: UnsafeMutablePointer<UInt8>
    var arrival: Int64

    var time: Timestamp { record.info.time }
  }

  /// How long a packet waits, in nanoseconds.
  private static let wait = (Int64(LiveSettings.readTimeout) + 50) * 1_000_000
  /// Between two looks at what has waited, so that each packet is looked at a few times only.
  private static let interval: Int64 = 20_000_000
  /// Bytes that wait at most; beyond that, what came first goes on.
  private static let mostBytes = 64 << 20

  /// In the order in which they came.
  private var waiting: [Entry] = []
  /// In the order in which they are handed on, from `next` on.
  private var due: [Entry] = []
  private var next = 0
  private var waitingBytes = 0
  private var lastLook = Int64.min

  deinit {
    for entry in waiting { entry.bytes.deallocate() }
    for entry in due[next...] { entry.bytes.deallocate() }
  }

  var isEmpty: Bool { waiting.isEmpty && next == due.count }
  /// Whether packets are to be handed on now.
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

  /// Chooses what is handed on next: all that is no later than a packet that has waited long enough. Amortised O(log n) for each packet.
  mutating func choose(now: Int64, all: Bool) {
    guard all || waitingBytes > Self.mostBytes || lastLook == .min || now - lastLook >= Self.interval else { return }
    lastLook = now
    let arrival = all ? Int64.max : waitingBytes > Self.mostBytes ? now : now - Self.wait
    guard let latest = waiting.lazy.prefix(while: { $0.arrival <= arrival }).map(\.time).max() else { return }
    due.removeFirst(next)
    next = 0
    let chosen = waiting.filter { $0.time <= latest }
    // A stable order: packets of one interface keep theirs where times are equal.
    due += chosen.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    waiting.removeAll { $0.time <= latest }
    waitingBytes = waiting.reduce(0) { $0 + $1.record.info.capturedLength }
  }

  /// Hands the next one on.
  /// - Precondition: there is one.
  mutating func removeFirst(number: UInt64, _ body: (borrowing CapturedPacket) -> Void, _ dump: LiveDump?, unit: Int64) {
    var record = due[next].record
    record.info.packetNumber = number
    dump?.append(record, unit: unit)
    // Sound: the bytes stay until this call returns, and the packet cannot outlive it.
    withUnsafePointer(to: record) { body(CapturedPacket($0)) }
    due[next].bytes.deallocate()
    next += 1
  }
}
