import Packets
import TestSupport

/// What the fragments of one datagram after another may be, told by offset and length: records of a few captured bytes, whatever lengths
/// they claim.
struct FragmentLoad {
  struct Step {
    /// Of the datagram, in the order in which they come.
    var datagram: Int
    var offset: Int
    /// As the record claims it.
    var length: Int
    var more = true
  }

  var name: String
  var steps: [Step]

  /// Captured bytes of a fragment that is longer.
  private static let captured = 18
  /// A datagram's payload of whole units that a length field can tell.
  private static let end = 65_504
  private static let headers = 34

  /// What a load is measured by: as many records, each right behind the one before, and every datagram becomes whole.
  var inOrder: FragmentLoad {
    let perDatagram = 2_000
    return FragmentLoad(
      name: name + ", in order",
      steps: steps.indices.map { index in
        let (datagram, place) = index.quotientAndRemainder(dividingBy: perDatagram)
        return Step(datagram: datagram, offset: place * 16, length: 16, more: place < perDatagram - 1)
      })
  }

  static func hostile(_ count: Int) -> [FragmentLoad] {
    let islands = (0..<end / 16 - 2).map { ($0 * 16 + 8, 8) }
    let overlaps = 4 * islands.count
    return [
      load("islands", count, islands + islands.reversed()),
      load("islands, then one over all of them", count, islands + Array(repeating: (0, end), count: overlaps)),
      load("islands, then others over all of them", count, islands + (0..<overlaps).map { ($0 % 2 * 8, end - $0 % 3 * 8) }),
      load("islands, then one hole after another from the end", count, islands + islands.reversed().map { ($0.0 + 8, end - $0.0 - 8) }),
      load("islands, then two holes at once from the middle", count, islands + outwards(islands.count)),
      load("stairs up, then one over the upper half", count, stairs + Array(repeating: (end / 2 - 16, end / 2), count: 4 * stairs.count)),
      load(
        "stairs down, then one over the lower half", count, stairs.reversed() + Array(repeating: (16, end / 2), count: 4 * stairs.count)),
      load("nested, from the inside", count, nested + nested.reversed()),
    ]
  }

  /// Half a datagram, eight bytes further each time.
  private static let stairs = (0..<end / 16 - 1).map { ($0 * 8, end / 2) }
  private static let nested = (1..<end / 16).map { (end / 2 / 8 * 8 - $0 * 8, $0 * 16) }

  private static func outwards(_ islands: Int) -> [(Int, Int)] {
    (1..<islands / 2).map { distance in ((islands / 2 - distance) * 16, distance * 32) }
  }

  private static func load(_ name: String, _ count: Int, _ shape: [(offset: Int, length: Int)]) -> FragmentLoad {
    let steps = (0..<count).map { index in
      let (datagram, place) = index.quotientAndRemainder(dividingBy: shape.count)
      return Step(datagram: datagram, offset: shape[place].offset, length: shape[place].length)
    }
    return FragmentLoad(name: name, steps: steps)
  }

  /// The records; no two fragments of a load have the same bytes, so that none is a copy.
  func write(to capture: inout PcapWriter) {
    var header = IPv4Header(source: Endpoint.address("10.0.0.1"), destination: Endpoint.address("10.0.0.2"), protocol: 6)
    for (number, step) in steps.enumerated() {
      header.identification = UInt16(truncatingIfNeeded: step.datagram)
      header.totalLength = UInt16(20 + step.length)
      var payload = [UInt8](repeating: 97, count: min(step.length, Self.captured))
      for index in 0..<4 { payload[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
      let frame = LinkLayer.ethernet().frame(header.fragment(payload, at: step.offset, more: step.more))
      capture.add(frame, time: Conversation.epoch + Int64(number) * 1_000, originalLength: Self.headers + step.length)
    }
  }
}
