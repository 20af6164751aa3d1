import Reassembly
import TestSupport
import Testing

/// Sequence numbers: 32 bits that wrap, 64-bit offsets (RFC 9293, section 3.4).
@Suite struct SequenceTests {
  static let starts: [UInt32] = [0, 1, 0x7fff_fffd, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_fffe, 0xffff_ffff]

  @Test(arguments: starts)
  func aStreamCrossesAnyPlace(isn: UInt32) {
    ScriptCase("from \(isn)", conversation: Conversation(clientISN: isn, serverISN: isn &- 3), Expected("abcdefghij", "0123456789")) { c in
      c.handshake()
      c.send(.client, "abcde")
      c.send(.server, "01234")
      c.segment(from: .client, offset: 7, "hij")
      c.segment(from: .server, offset: 9, "9")
      c.segment(from: .client, offset: 3, "defgh")
      c.segment(from: .server, offset: 4, "45678")
      c.close()
    }.check()
  }
}
