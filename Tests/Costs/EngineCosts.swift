import Foundation
import Packets
import Reassembly
import TestSupport

/// What a hostile sender can make the engine cost a packet, against packets in order: `engine-costs [PACKETS]`.
///
/// `engine-costs load NUMBER PACKETS` runs one load once, for callgrind; `engine-costs capture FILE PACKETS [reordered]` writes a capture of one
/// connection for the check of allocations.
@main struct EngineCosts {
  /// Dearer than so many times the cost in order fails.
  private static let allowed = 10.0

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst().map { $0 }
    if arguments.first == "load", arguments.count == 3, let number = Int(arguments[1]), let count = Int(arguments[2]) {
      let loads = [Load.inOrder(count)] + Load.hostile(count)
      _ = Measurement.feedLoad(loads[number], options: AssemblerOptions())
      print(loads[number].name)
      return
    }
    if arguments.first == "capture", arguments.count >= 3, let count = Int(arguments[2]) {
      try Data(capture(count, isReordered: arguments.last == "reordered")).write(to: URL(fileURLWithPath: arguments[1]))
      return
    }
    exit(table(Int(arguments.first ?? "") ?? 100_000) ? 0 : 1)
  }

  private static func table(_ count: Int) -> Bool {
    let base = Measurement.cost(of: .inOrder(count))
    print(line("in order", base, base))
    var holds = true
    for load in Load.hostile(count) {
      let cost = Measurement.cost(of: load)
      print(line(load.name, cost, base))
      holds = holds && cost <= allowed * base
    }
    for policy in OverlapPolicy.allCases where policy != .first {
      var options = AssemblerOptions()
      options.overlapPolicy = policy
      for load in Load.overlapping(count) {
        let cost = Measurement.cost(of: load, options: options)
        print(line("\(policy.rawValue): \(load.name)", cost, base))
        holds = holds && cost <= allowed * base
      }
    }
    let (few, many) = (Measurement.costOfIdleness(connections: 10_000), Measurement.costOfIdleness(connections: 1_000_000))
    print(line("idle connections, 10 thousand", few, base))
    print(line("idle connections, a million", many, base))
    return holds && many <= allowed * base
  }

  private static func line(_ name: String, _ cost: Double, _ base: Double) -> String {
    String(format: "%8.0f ns %6.1f x  ", cost, cost / base) + name
  }

  /// One connection that sends in segments of 100 bytes and is acknowledged; reordered, every eight segments come backwards.
  private static func capture(_ count: Int, isReordered: Bool) -> [UInt8] {
    var talk = Conversation(step: 10_000)
    talk.handshake()
    let first = talk.packets.count
    for _ in 0..<count { talk.send(.client, [UInt8](repeating: 120, count: 100)) }
    var packets = talk.packets.map(\.segment)
    if isReordered {
      for start in stride(from: first, to: packets.count - 8, by: 8) { packets[start..<start + 8].reverse() }
    }
    var writer = PcapWriter(linkType: .ethernet)
    for (segment, packet) in zip(packets, talk.packets) {
      writer.add(LinkLayer.ethernet().frame(PacketBuilder.ip(segment)), time: packet.time)
    }
    return writer.bytes
  }
}
