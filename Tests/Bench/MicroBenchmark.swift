import FlowFiles
import Glibc
import Packets
import Paths
import Reassembly

/// One part of the work, measured without the rest.
struct MicroBenchmark {
  var name: String
  /// What one operation is.
  var unit: String
  /// Makes what the work needs; answers the work and how many operations it has.
  var prepare: () throws -> (operations: Int, work: () throws -> Void)

  static var all: [MicroBenchmark] {
    [
      MicroBenchmark(name: "decode", unit: "packet") {
        let packet = BenchPacket(payload: 1_460).bytes
        return (
          200_000,
          {
            var total = 0
            for _ in 0..<200_000 {
              total &+= try TCPSegment(decoding: packet.span, linkType: .ethernet, originalLength: packet.count).payload.count
            }
            guard total == 200_000 * 1_460 else { throw BenchError("decode: wrong") }
          }
        )
      },
      probe(connections: 1_000), probe(connections: 100_000), foreign,
      MicroBenchmark(name: "in-order", unit: "segment") { try ordered(segments: 100_000, block: 1) },
      MicroBenchmark(name: "behind-1", unit: "segment") { try ordered(segments: 100_000, block: 2) },
      MicroBenchmark(name: "behind-16", unit: "segment") { try ordered(segments: 100_000, block: 17) },
      MicroBenchmark(name: "behind-1000", unit: "segment") { try ordered(segments: 100_000, block: 1_001) },
      MicroBenchmark(name: "behind-100000", unit: "segment") { try ordered(segments: 100_000, block: 100_000) },
      MicroBenchmark(name: "deliver-queued", unit: "segment") {
        // The first segment comes last: everything queued is handed on at once.
        let packets = try run(of: 100_000, payload: 100) { order in order.append(order.removeFirst()) }
        return (100_000, { try feed(packets) })
      },
      MicroBenchmark(name: "fragments", unit: "datagram") {
        var packets: [[UInt8]] = [BenchPacket(sequence: .max, flags: 2).bytes]
        for number in 0..<20_000 {
          packets += BenchPacket(sequence: UInt32(number * 1_000), payload: 1_000).fragments(
            identification: UInt16(truncatingIfNeeded: number))
        }
        return (20_000, { try feed(packets) })
      },
      MicroBenchmark(name: "name", unit: "name") {
        let key = try TCPSegment(decoding: BenchPacket().bytes.span, linkType: .ethernet, originalLength: 54).key
        return (
          100_000,
          {
            var path: [UInt8] = []
            for number in 0..<100_000 {
              path.removeAll(keepingCapacity: true)
              let values = NameValues(key: key, vlan: nil, count: 0, id: UInt64(number), time: Timestamp(nanoseconds: 0))
              NameTemplate.standard.render(values, into: &path)
            }
          }
        )
      },
      connections("connection", index: false), connections("connection-index", index: true),
    ]
  }

  /// ACKs on connections that take turns: decoding, hash, probe, and the least that a segment costs.
  private static func probe(connections: Int) -> MicroBenchmark {
    MicroBenchmark(name: "probe-\(connections)", unit: "packet") {
      let syns = (0..<connections).map { BenchPacket(connection: $0, sequence: .max, flags: 2).bytes }
      let rounds = 200_000 / connections
      let streams = CountingStreams()
      let assembler = AssemblerBox(streams)
      try feed(syns, to: assembler)
      let acks = (0..<connections).map { BenchPacket(connection: $0).bytes }
      return (rounds * connections, { for _ in 0..<rounds { try feed(acks, to: assembler) } })
    }
  }

  /// The same ACKs for an assembler with a shard that has none of their connections.
  private static var foreign: MicroBenchmark {
    MicroBenchmark(name: "foreign", unit: "packet") {
      let acks = (0..<1_000).map { BenchPacket(connection: $0).bytes }
      let keys = try acks.map { try TCPSegment(decoding: $0.span, linkType: .ethernet, originalLength: $0.count).key }
      let shards = (0..<Shard.most).lazy.compactMap { Shard($0, of: Shard.most) }
      guard let shard = shards.first(where: { shard in !keys.contains(where: shard.contains) }) else {
        throw BenchError("foreign: no shard")
      }
      var options = AssemblerOptions()
      options.shard = shard
      let streams = CountingStreams()
      let assembler = AssemblerBox(streams, options)
      let order = EventOrder()
      assembler.assembler.order = order
      return (
        200_000,
        {
          var number: UInt64 = 0
          for _ in 0..<200 {
            for ack in acks {
              number += 1
              let info = CaptureInfo(
                time: Timestamp(nanoseconds: Int64(number) * 1_000), capturedLength: ack.count, originalLength: ack.count,
                packetNumber: number)
              order.beginPacket()
              _ = try assembler.assembler.assemble(packet: ack.span, linkType: .ethernet, info: info)
            }
          }
          guard streams.connections == 0 else { throw BenchError("foreign: the shard has a connection") }
        }
      )
    }
  }

  /// A stream in blocks, of which each comes backwards.
  private static func ordered(segments: Int, block: Int) throws -> (operations: Int, work: () throws -> Void) {
    let packets = try run(of: segments, payload: 100) { order in
      for start in stride(from: 0, to: segments, by: block) { order[start..<min(start + block, segments)].reverse() }
    }
    return (segments, { try feed(packets) })
  }

  /// A SYN and as many data packets, in the order that `arrange` makes.
  private static func run(of segments: Int, payload: Int, _ arrange: (inout [Int]) -> Void) throws -> [[UInt8]] {
    var order = Array(0..<segments)
    arrange(&order)
    return [BenchPacket(sequence: .max, flags: 2).bytes]
      + order.map { BenchPacket(sequence: UInt32($0 * payload), payload: payload).bytes }
  }

  /// Connections that carry nothing: what each costs, and with the index its line.
  private static func connections(_ name: String, index: Bool) -> MicroBenchmark {
    MicroBenchmark(name: name, unit: "connection") {
      var packets: [[UInt8]] = []
      for number in 0..<5_000 {
        packets.append(BenchPacket(connection: number, sequence: .max, flags: 2).bytes)
        packets.append(BenchPacket(connection: number, fromServer: true, sequence: .max, flags: 0x14).bytes)
      }
      return (
        5_000,
        {
          let path = "/dev/shm/reasm-bench-\(getpid())"
          var options = FlowFileOptions()
          options.writesIndex = index
          let files = try FlowFileFactory(directory: OutputDirectory(path: FilePath(path), force: true), options: options)
          try feed(packets, to: AssemblerBox(files))
          guard files.firstError == nil else { throw BenchError("\(path): cannot be written") }
          files.abandon()
        }
      )
    }
  }

  // MARK: feeding

  private final class AssemblerBox {
    var assembler: Assembler
    init(_ factory: any StreamFactory, _ options: AssemblerOptions = AssemblerOptions()) {
      assembler = Assembler(factory: factory, options: options)
    }
  }

  /// Feeds packets to a new assembler and checks that every connection was taken.
  private static func feed(_ packets: [[UInt8]]) throws {
    let streams = CountingStreams()
    let assembler = AssemblerBox(streams)
    try feed(packets, to: assembler)
    assembler.assembler.flushAll()
    guard streams.connections == 1, streams.bytes > 0 else { throw BenchError("the packets made no stream") }
  }

  private static func feed(_ packets: [[UInt8]], to box: AssemblerBox) throws {
    var number: UInt64 = 0
    for packet in packets {
      number += 1
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: Int64(number) * 1_000), capturedLength: packet.count, originalLength: packet.count,
        packetNumber: number)
      _ = try box.assembler.assemble(packet: packet.span, linkType: .ethernet, info: info)
    }
  }
}

/// A packet of one of many connections.
struct BenchPacket {
  var connection = 0
  var fromServer = false
  var sequence: UInt32 = 0
  var flags: UInt8 = 0x10
  var payload = 0

  /// Ethernet, IPv4 and TCP headers, zeros.
  var bytes: [UInt8] { Self.ethernet + header(length: 40 + payload, offset: 0x4000, identification: 0) + segment }

  /// The same in two pieces.
  func fragments(identification: UInt16) -> [[UInt8]] {
    let whole = segment
    let cut = (whole.count / 2) & ~7
    let first = header(length: 20 + cut, offset: 0x2000, identification: identification)
    let second = header(length: 20 + whole.count - cut, offset: UInt16(cut / 8), identification: identification)
    return [Self.ethernet + first + whole[..<cut], Self.ethernet + second + whole[cut...]]
  }

  private static let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]

  private func header(length: Int, offset: UInt16, identification: UInt16) -> [UInt8] {
    let client: [UInt8] = [10, UInt8(connection >> 16 & 255), UInt8(connection >> 8 & 255), UInt8(connection & 255)]
    let server: [UInt8] = [192, 168, 0, 1]
    return [0x45, 0] + Self.big(UInt16(length)) + Self.big(identification) + Self.big(offset) + [64, 6, 0, 0]
      + (fromServer ? server + client : client + server)
  }

  private var segment: [UInt8] {
    let ports: [UInt8] = fromServer ? [0, 80, 0x9c, 0x40] : [0x9c, 0x40, 0, 80]
    let numbers = Self.big(UInt16(sequence >> 16)) + Self.big(UInt16(sequence & 0xffff)) + [0, 0, 0, 0]
    return ports + numbers + [0x50, flags, 0xff, 0xff, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: payload)
  }

  private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}
