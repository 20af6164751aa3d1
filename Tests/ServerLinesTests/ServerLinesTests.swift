import Packets
import Reassembly
import ServerLines
import TestSupport
import Testing

/// The example of a library user's stream does what it says.
@Suite struct ServerLinesTests {
  /// What the example prints of a conversation.
  private func lines(_ script: (inout Conversation) -> Void) throws -> [String] {
    var talk = Conversation()
    talk.handshake()
    script(&talk)
    var lines: [String] = []
    var assembler = Assembler(factory: ServerLinesFactory { lines.append($0) })
    for (index, packet) in talk.packets.enumerated() {
      let frame = PacketBuilder.ip(packet.segment)
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: packet.time), capturedLength: frame.count, originalLength: frame.count, packetNumber: UInt64(index + 1)
      )
      _ = try assembler.assemble(packet: frame.span, linkType: .raw, info: info)
    }
    _ = assembler.flushAll()
    return lines
  }

  @Test func linesAreWholeWhereverTheyAreCut() throws {
    let text = "220 ready\n250-first\n250 second\nhalf"
    for size in 1...text.utf8.count {
      let bytes = Array(text.utf8)
      let printed = try lines { talk in
        talk.send(.client, "not printed\n")
        for start in stride(from: 0, to: bytes.count, by: size) { talk.send(.server, Array(bytes[start..<min(start + size, bytes.count)])) }
        talk.close()
      }
      #expect(printed == ["220 ready", "250-first", "250 second", "half"], "segments of \(size) bytes")
    }
  }

  @Test func aGapEndsALine() throws {
    let printed = try lines { talk in
      talk.send(.server, "whole\nhal")
      talk.send(.server, "f\n")
      talk.loseLast()
      talk.send(.server, "next\n")
      talk.close()
    }
    #expect(printed == ["whole", "hal", "next"])
  }
}
