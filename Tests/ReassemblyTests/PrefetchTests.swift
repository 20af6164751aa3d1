import Packets
import Reassembly
import TestSupport
import Testing

/// What is expected, rightly or wrongly, changes nothing.
@Suite struct PrefetchTests {
  /// A conversation that opens and closes among thousands, each packet of which was expected or not.
  private static func outcome(expecting: Bool) -> (bytes: [String: Int], opened: UInt64) {
    let stream = ByteCounts()
    var assembler = Assembler(factory: stream)
    var frames: [[UInt8]] = []
    for round in 0..<4 {
      for number in 0..<6_000 as Range<UInt32> {
        let segment = TestSegment(
          source: Endpoint("10.\(number >> 8).\(number & 255).1", 40_000), destination: Endpoint("10.200.0.1", 80),
          sequence: round == 0 ? 99 : 100 + UInt32(round - 1) * 10, flags: round == 0 ? .syn : round == 3 ? [.fin, .ack] : .ack,
          payload: round == 0 ? [] : [UInt8](repeating: 7, count: 10))
        frames.append(LinkLayer.ethernet().frame(PacketBuilder.ip(segment)))
      }
    }
    for (number, frame) in frames.enumerated() {
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: Conversation.epoch + Int64(number) * 1_000), capturedLength: frame.count, originalLength: frame.count,
        packetNumber: UInt64(number + 1))
      if expecting {
        // Often right, sometimes of no connection, sometimes no packet at all.
        switch number % 7 {
        case 5:
          let nonsense = [UInt8](repeating: 0xff, count: number % 60)
          _ = assembler.prefetch(packet: nonsense.span, linkType: .ethernet)
        case 6: _ = assembler.prefetch(packet: frame.span, linkType: .raw)
        default:
          let next = frames[(number + 5) % frames.count]
          _ = assembler.prefetch(packet: next.span, linkType: .ethernet)
        }
      }
      do throws(DecodeError) { try assembler.assemble(packet: frame.span, linkType: .ethernet, info: info) } catch { return ([:], 0) }
    }
    assembler.flushAll()
    return (stream.counts, assembler.statistics.connections)
  }

  @Test func changesNothing() {
    let expecting = Self.outcome(expecting: true)
    let plain = Self.outcome(expecting: false)
    #expect(expecting.bytes == plain.bytes)
    #expect(plain.bytes.values.allSatisfy { $0 == 30 })
    #expect(expecting.opened == 6_000 && plain.opened == 6_000)
  }
}

/// Counts the bytes of each connection.
private final class ByteCounts: StreamFactory {
  final class Counter: TCPStream {
    let name: String
    unowned let owner: ByteCounts

    init(_ name: String, _ owner: ByteCounts) {
      self.name = name
      self.owner = owner
    }

    func reassembled(_ data: inout ReassembledData) { owner.counts[name, default: 0] += data.count }
    func reassemblyComplete(_ report: ConnectionReport) -> Bool { false }
  }

  var counts: [String: Int] = [:]

  func makeStream(for opening: ConnectionOpening) -> any TCPStream { Counter(opening.key.description, self) }
}
