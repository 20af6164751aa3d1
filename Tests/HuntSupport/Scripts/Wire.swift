internal import Packets
internal import TestSupport

/// What lies on the wire of a script by direction and sequence number, whoever reads it.
struct Wire {
  struct Direction: Hashable {
    var source: Endpoint
    var destination: Endpoint
  }

  private struct Run {
    /// Sequence number of the first byte.
    var start: UInt32
    var bytes: [UInt8]
    /// From 1.
    var packet: Int
  }

  private var runs: [Direction: [Run]] = [:]
  /// Payload bytes in packets that are no fragments.
  private(set) var payloadBytes = 0

  init(_ script: HuntScript) {
    for (index, packet) in script.packets.enumerated() where packet.length > 0 {
      let (range, bytes) = packet.captured(script.link)
      if range.isEmpty { continue }
      let direction = Direction(source: packet.source.endpoint, destination: packet.destination.endpoint)
      let start = packet.payloadSequence &+ UInt32(truncatingIfNeeded: range.lowerBound)
      runs[direction, default: []].append(Run(start: start, bytes: bytes, packet: index + 1))
      if packet.fragment == nil { payloadBytes += bytes.count }
    }
  }

  /// The first of some bytes that no packet of the direction has at this place; nil where each has one.
  func firstStranger(in bytes: [UInt8], of direction: Direction, at sequence: UInt32, packet: Int? = nil) -> Int? {
    var known = [Bool](repeating: false, count: bytes.count)
    for run in runs[direction] ?? [] where packet == nil || run.packet == packet {
      let ahead = Int(run.start &- sequence)
      let behind = Int(sequence &- run.start)
      let (from, skipped) = ahead < bytes.count ? (ahead, 0) : (0, behind)
      guard skipped < run.bytes.count else { continue }
      let count = min(bytes.count - from, run.bytes.count - skipped)
      for index in 0..<count where run.bytes[skipped + index] == bytes[from + index] { known[from + index] = true }
    }
    return known.firstIndex(of: false)
  }
}
