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
    run.recorder.judge = { judged, _ in judged.packet == 2 ? .reject(.other) : .accept }
    var talk = Conversation()
    talk.syn()
    talk.segment(from: .client, offset: offset, "far")
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.rendered(.originator) } == [stream])
    #expect(run.recorder.streams.first?.report?.originator.dropped[.rejected] == 3)
  }

  /// A placeholder far ahead, which anybody can make, moves no stream on: what comes at the expected offset is taken.
  @Test(arguments: [Gap.Kind.rejected, .cut], [1 << 29, 1 << 30])
  func aPlaceholderFarAhead(kind: Gap.Kind, offset: Int) {
    let run = EngineRun()
    if kind == .rejected { run.recorder.judge = { judged, _ in judged.packet == 2 ? .reject(.other) : .accept } }
    var talk = Conversation()
    talk.syn()
    talk.segment(from: .client, offset: offset, "far", cut: kind == .cut ? 3 : 0)
    talk.segment(from: .client, offset: 0, "honest")
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = "honest[\(offset - 6) lost end][3 \(kind) end]"
    #expect(run.recorder.streams.map { $0.rendered(.originator) } == [stream])
  }
}
