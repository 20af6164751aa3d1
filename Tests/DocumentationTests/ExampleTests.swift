import Foundation
import Packets
import TestSupport
import Testing

/// The example programs do what their first lines say.
@Suite struct ExampleTests {
  /// Runs an example that lies beside the test bundle on a capture of one conversation.
  private func run(_ example: String, _ script: (inout Conversation) -> Void) throws -> [String] {
    var talk = Conversation()
    talk.handshake()
    script(&talk)
    var capture = PcapWriter(linkType: .raw)
    for packet in talk.packets { capture.add(PacketBuilder.ip(packet.segment), time: packet.time) }
    let bytes = capture.bytes
    return try Program.withFolder { folder in
      let file = folder.appendingPathComponent("x.pcap")
      try Data(bytes).write(to: file)
      let program = BuiltProgram.folder + "/" + example
      let outcome = try Program.run([program, file.path], in: folder)
      #expect(outcome.status == 0, "\(outcome.text)")
      return outcome.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }

  @Test func linesAreWholeWhereverTheyAreCut() throws {
    let text = "220 ready\n250-first\n250 second\nhalf"
    let bytes = Array(text.utf8)
    for size in [1, 2, 3, 7, 9, 10, 11, bytes.count] {
      let printed = try run("server-lines") { talk in
        talk.send(.client, "not printed\n")
        for start in stride(from: 0, to: bytes.count, by: size) { talk.send(.server, Array(bytes[start..<min(start + size, bytes.count)])) }
        talk.close()
      }
      #expect(printed == ["220 ready", "250-first", "250 second", "half"], "segments of \(size) bytes")
    }
  }

  @Test func aGapEndsALine() throws {
    let printed = try run("server-lines") { talk in
      talk.send(.server, "whole\nhal")
      talk.send(.server, "f\n")
      talk.loseLast()
      talk.send(.server, "next\n")
      talk.close()
    }
    #expect(printed == ["whole", "hal", "next"])
  }

  @Test func bytesAreCounted() throws {
    let printed = try run("byte-counts") { talk in
      talk.send(.client, "four")
      talk.send(.server, "seven..")
      talk.close()
    }
    #expect(printed.count == 1)
    #expect(printed[0].hasSuffix(":80  4 and 7 bytes, fin"), "\(printed)")
  }

  @Test func usageIsSaid() throws {
    try Program.withFolder { folder in
      for (example, usage) in [
        ("server-lines", "CAPTURE"), ("byte-counts", "CAPTURE"), ("live-connections", "INTERFACE SECONDS"),
      ] {
        let program = BuiltProgram.folder + "/" + example
        let text = try Program.run([program], in: folder).text
        #expect(text == "usage: \(example) \(usage)\n")
      }
    }
  }
}
