import EngineChecks
import Packets
import Reassembly
import TestSupport

/// Anything at all: every combination of flags, any sequence number, time that jumps, limits of a page, packets turned away.
struct WildScript {
  private let isn: UInt32
  private var options = AssemblerOptions()
  private let habits: UInt8
  private var source: ByteSource

  init(header: UInt8, _ input: inout ByteSource) {
    isn = AssemblerTarget.initialSequences[Int(header >> 5) & 3]
    let limits = input.next()
    habits = input.next()
    options.overlapPolicy = AssemblerTarget.policies[Int(header >> 2) % AssemblerTarget.policies.count]
    if limits & 3 != 0 { options.connectionMemory = Int(limits & 3) * 4096 }
    if limits & 12 != 0 { options.memoryLimit = Int(limits >> 2 & 3) * 4096 }
    if limits & 16 != 0 { options.maxConnections = 1 }
    if limits & 32 != 0 { (options.gapTimeout, options.closeDelay, options.stragglerTime, options.synTimeout) = (nil, nil, nil, nil) }
    if limits & 64 != 0 { options.requiresHandshake = true }
    if limits & 128 != 0 { options.idleTimeout = .seconds(10) }
    source = input
  }

  func problems() -> [String] {
    var script = source
    let engine = FedEngine(options)
    engine.factory.forgetsAtOnce = habits & 1 != 0
    let rejects = UInt64(habits >> 1 & 3)
    if rejects != 0 { engine.factory.accepts = { packet in packet % (rejects + 2) != 0 } }
    // What is kept can exceed a limit of a page and is let go then, which no stream is told of: no keeping under small limits.
    let keepsBytes = habits & 8 != 0 && (options.memoryLimit ?? .max) > 8 * 4096 && (options.connectionMemory ?? .max) > 8 * 4096
    let keptPart = Int(habits >> 4 & 7) + 1
    if keepsBytes { engine.factory.keeps = { count in count - count / keptPart } }
    var steps = 0
    while !script.isEmpty, steps < 128 {
      step(steps, &script, engine)
      steps += 1
    }
    return engine.finish()
  }

  private static let flags: [TCPFlags] = [
    .ack, .ack, .ack, [.ack, .psh], .syn, [.syn, .ack], [.fin, .ack], .rst, [.rst, .ack], .ack, [], .ack, .ack, .ack, .ack, [.ack, .urg],
  ]

  /// One of six bytes: kind and time; where; how far and how long; what is acknowledged.
  private func step(_ number: Int, _ script: inout ByteSource, _ engine: FedEngine) {
    let kind = script.next()
    let place = Int16(bitPattern: script.next16())
    let size = script.next()
    let (acknowledged, extra) = (script.next(), script.next())
    engine.time += [1_000, 1_000_000, 3_000_000_000, 90_000_000_000][Int(kind >> 6)]
    switch kind >> 2 & 15 {
    case 13:
      engine.flush(
        gapsOlderThan: extra & 1 == 0 ? nil : .seconds(Int64(size)), idleFor: extra & 2 == 0 ? nil : .seconds(Int64(size)))
      return
    case 14:
      engine.time += Int64(place) * 1_000_000_000
      engine.advance()
      return
    default: break
    }
    let party = Int(kind & 1)
    let scale: Int32 = [1, 1, 64, 1 << 18][Int(size & 3)]
    let ends = [Endpoint(IPAddress(v4: 0x0a00_0001), kind & 2 == 0 ? 40_000 : 40_001), Endpoint(IPAddress(v4: 0x0a00_0002), 80)]
    var segment = TestSegment(
      source: ends[party], destination: ends[1 - party], sequence: isn &+ UInt32(bitPattern: Int32(place) &* scale),
      acknowledgment: isn &+ UInt32(acknowledged) &+ UInt32(extra >> 2) << 8, flags: Self.flags[Int(kind >> 2 & 15)])
    if kind >> 2 & 15 == 10 { segment.flags = TCPFlags(rawValue: extra) }
    if kind >> 2 & 15 == 12 { segment.window = 0 }
    let length = kind >> 2 & 15 == 9 ? 0 : Int(size >> 2) * (extra & 2 == 0 ? 1 : 100)
    let differing = extra & 1 == 0 ? nil : number
    let first = Int(segment.sequence) & 0xffff
    segment.payload = (0..<length).map { AssemblerTarget.byte(party, first + $0, differing: differing) }
    if kind >> 2 & 15 == 11 { segment.cut = min(length, Int(extra)) }
    engine.feed(segment)
  }
}
