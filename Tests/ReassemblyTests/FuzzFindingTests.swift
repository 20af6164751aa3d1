import Packets
import Reassembly
import TestSupport
import Testing

/// What fuzzing found, in words.
@Suite struct FuzzFindingTests {
  /// The mark of a SYN's rejected data stayed behind when another SYN moved the start.
  @Test func aRejectedSYNWithDataThenAnotherISN() {
    let run = EngineRun()
    run.recorder.judge = { judged, _ in judged.packet == 1 ? .reject(.other) : .accept }
    var talk = Conversation()
    talk.syn("fast open")
    talk.syn(isn: 3_000_000_000)
    talk.synAck()
    talk.ack()
    talk.send(.client, "x")
    talk.close()
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.bytes(.originator) } == [[UInt8](text: "x")])
  }
}
