import Glibc
import Packets
import Reassembly
import TestSupport

/// Runs a load and measures the processor time of the engine alone.
enum Measurement {
  static let client = FlowKey(
    source: IPAddress(v4: 0x0a00_0001), destination: IPAddress(v4: 0x0a00_0002), sourcePort: 40_000, destinationPort: 80)
  private static let payload = [UInt8](repeating: 97, count: 65_536)

  /// Nanoseconds of processor time a packet, the flush at the end included: the median of several runs.
  static func cost(of load: Load, options: AssemblerOptions = AssemblerOptions(), runs: Int = 5) -> Double {
    let times = (0..<runs).map { _ in feedLoad(load, options: options) }.sorted()
    return Double(times[runs / 2]) / Double(load.steps.count)
  }

  /// One function of a name of its own, never inlined, so that callgrind can be told to count it alone.
  @inline(never)
  static func feedLoad(_ load: Load, options: AssemblerOptions) -> Int {
    var assembler = Assembler(factory: CountingStream(), options: options)
    let started = processorTime()
    feed(&assembler, client, sequence: 999, .syn, length: 0, number: 1)
    feed(&assembler, client.reversed, sequence: 4_999, [.syn, .ack], acknowledgment: 1_000, length: 0, number: 2)
    for (number, step) in load.steps.enumerated() {
      feed(&assembler, client, sequence: 1_000 &+ step.offset, .ack, length: step.length, number: number + 3)
    }
    _ = assembler.flushAll()
    return processorTime() - started
  }

  private static func feed(
    _ assembler: inout Assembler, _ key: FlowKey, sequence: UInt32, _ flags: TCPFlags, acknowledgment: UInt32 = 5_000, length: Int,
    number: Int
  ) {
    let segment = TCPSegment(
      key: key, sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(acknowledgment), flags: flags, window: 65_535,
      options: Span(), payload: payload.span.extracting(0..<length))
    let info = CaptureInfo(
      time: Timestamp(nanoseconds: Conversation.epoch + Int64(number) * 1_000), capturedLength: 54 + length, originalLength: 54 + length,
      packetNumber: UInt64(number))
    _ = assembler.assemble(segment, info: info)
  }

  /// Nanoseconds a connection, to open `count` of them and let them go idle while one goes on; each tick of the clock sweeps.
  static func costOfIdleness(connections count: Int) -> Double {
    var assembler = Assembler(factory: CountingStream())
    let started = processorTime()
    var time = Conversation.epoch
    for number in 0..<count {
      time += 100_000
      let key = FlowKey(
        source: IPAddress(v4: UInt32(0x0b00_0000 + number)), destination: client.destination, sourcePort: 40_000, destinationPort: 80)
      let segment = TCPSegment(
        key: key, sequence: SequenceNumber(1), acknowledgment: SequenceNumber(0), flags: .ack, window: 1, options: Span(),
        payload: payload.span.extracting(0..<1))
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: time), capturedLength: 55, originalLength: 55, packetNumber: UInt64(number + 1))
      _ = assembler.assemble(segment, info: info)
    }
    // 25 hours in steps of a tenth of a second: as many sweeps as a live capture of a day makes.
    for _ in 0..<900_000 {
      time += 100_000_000
      assembler.advance(to: Timestamp(nanoseconds: time))
    }
    precondition(assembler.connectionCount == 0, "a connection was not idle")
    return Double(processorTime() - started) / Double(count + 900_000)
  }

  /// Of this thread, in nanoseconds.
  private static func processorTime() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
