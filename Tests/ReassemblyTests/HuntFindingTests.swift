import Packets
import Reassembly
import TestSupport
import Testing

/// What the hunt found, in words.
@Suite struct HuntFindingTests {
  /// A segment that was turned away and begins outside the window leaves no placeholder there, which would stretch what is held.
  @Test(arguments: [(1 << 30, "[1073741824 lost end][3 rejected end]"), ((1 << 30) + 1, "")])
  func aRejectedSegmentBeyondTheWindow(offset: Int, stream: String) {
    let run = EngineRun()
    run.recorder.judge = { judged, _ in judged.packet == 2 ? .rejected(.other) : .accepted }
    var talk = Conversation()
    talk.syn()
    talk.segment(from: .client, offset: offset, "far")
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.rendered(.originator) } == [stream])
    #expect(run.recorder.streams.first?.report?.originator.dropped[.rejected] == 3)
  }
}
