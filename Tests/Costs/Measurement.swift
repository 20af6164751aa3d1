import Capture
import Foundation
import Packets
import Reassembly
import TestSupport

/// Makes captures of loads, and measures the processor time that it takes to read, decode and assemble them.
enum Measurement {
  /// Nanoseconds of processor time a packet, the flush at the end included, of a load and of the same segments in order: medians of runs by
  /// turns, so that a machine that is busy for a while makes both slower.
  static func costs(
    of load: Load, options: AssemblerOptions, runs: Int
  ) throws -> (load: Double, inOrder: Double) {
    try costs(
      of: [write(load, name: "load"), write(load.inOrder, name: "base")], steps: load.steps.count, options: options, runs: runs)
  }

  /// Removes the captures.
  private static func costs(of captures: [URL], steps: Int, options: AssemblerOptions, runs: Int) throws -> (
    load: Double, inOrder: Double
  ) {
    defer { for capture in captures { try? FileManager.default.removeItem(at: capture) } }
    var times: [[Int]] = [[], []]
    for _ in 0..<runs {
      for index in 0...1 { times[index].append(try readLoad(captures[index], options: options)) }
    }
    let medians = times.map { Double($0.sorted()[runs / 2]) }
    return (medians[0] / Double(steps), medians[1] / Double(steps))
  }

  /// The same of fragments, which never make a connection but where a datagram becomes whole.
  static func costs(of load: FragmentLoad, options: AssemblerOptions, runs: Int) throws -> (load: Double, inOrder: Double) {
    let captures = try [write("load", load.write), write("base", load.inOrder.write)]
    return try costs(of: captures, steps: load.steps.count, options: options, runs: runs)
  }

  /// One function of a name of its own, never inlined, so that callgrind can be told to count it alone.
  @inline(never)
  static func readLoad(_ capture: URL, options: AssemblerOptions) throws -> Int {
    var assembler = Assembler(factory: CountingStream(), options: options)
    let started = processorTime()
    try read(capture, into: &assembler)
    assembler.flushAll()
    return processorTime() - started
  }

  private static func read(_ capture: URL, into assembler: inout Assembler) throws {
    var captures = try CaptureSet(paths: [capture.path])
    while let batch = captures.nextBatch() {
      for index in 0..<batch.count where !assembler.prefetch(packet: batch[index].bytes, linkType: batch[index].linkType) { break }
      for index in 0..<batch.count {
        let packet = batch[index]
        try assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
      }
    }
  }

  /// A capture of the handshake and what the client sends behind it.
  static func write(_ load: Load, name: String) throws -> URL {
    var fromClient = Frame(from: Frame.client, to: Frame.server)
    var fromServer = Frame(from: Frame.server, to: Frame.client)
    return try write(name) { capture in
      fromClient.set(sequence: 999, .syn, length: 0)
      capture.add(fromClient.contents, time: Conversation.epoch)
      fromServer.set(sequence: 4_999, [.syn, .ack], acknowledgment: 1_000, length: 0)
      capture.add(fromServer.contents, time: Conversation.epoch)
      for (number, step) in load.steps.enumerated() {
        fromClient.set(sequence: 1_000 &+ step.offset, .ack, acknowledgment: 5_000, length: step.length)
        capture.add(fromClient.contents, time: Conversation.epoch + Int64(number) * 1_000)
      }
    }
  }

  private static func write(_ name: String, _ fill: (inout PcapWriter) -> Void) throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("engine-costs-\(getpid())-\(name).pcap")
    var capture = PcapWriter(linkType: .ethernet)
    fill(&capture)
    try Data(capture.bytes).write(to: file)
    return file
  }

  /// Nanoseconds a connection, to open `count` of them and let them go idle while one goes on; each tick of the clock sweeps.
  static func costOfIdleness(connections count: Int) throws -> Double {
    var frame = Frame(from: Frame.client, to: Frame.server)
    frame.set(sequence: 1, .ack, length: 1)
    let capture = try write("idle") { capture in
      for number in 0..<count {
        frame.set(source: UInt32(0x0b00_0000 + number))
        capture.add(frame.contents, time: Conversation.epoch + Int64(number) * 100_000)
      }
    }
    defer { try? FileManager.default.removeItem(at: capture) }
    var assembler = Assembler(factory: CountingStream())
    let started = processorTime()
    try read(capture, into: &assembler)
    // 25 hours in steps of a tenth of a second: as many sweeps as a live capture of a day makes.
    var time = Conversation.epoch + Int64(count) * 100_000
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
