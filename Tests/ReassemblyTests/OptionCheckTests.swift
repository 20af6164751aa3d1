import Packets
import Reassembly
import TestSupport
import Testing

/// The option check: MSS, window and window scale.
@Suite struct OptionCheckTests {
  /// One segment of a script; offsets count from the sequence number expected next.
  struct Step: Sendable {
    var side = Side.originator
    var offset: Int32 = 0
    var length = 0
    var missing = 0
    var flags: TCPFlags = .ack
    var options: [UInt8] = []
    var window: UInt16 = 1_000
    var isStarted = true
    var violation: TCPOptionCheck.Violation?
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [Step]
    var testDescription: String { name }
  }

  private static let mss100: [UInt8] = [2, 4, 0, 100]
  private static func syn(_ side: Side, _ options: [UInt8] = [], window: UInt16 = 1_000, _ violation: TCPOptionCheck.Violation? = nil)
    -> Step
  {
    Step(side: side, flags: .syn, options: options, window: window, violation: violation)
  }

  @Test(arguments: [
    Row(
      name: "the peer's MSS holds, not one's own",
      steps: [
        syn(.originator, [2, 4, 0, 50]), syn(.responder, mss100), Step(length: 100), Step(length: 101, violation: .aboveSegmentSize),
        Step(side: .responder, length: 51, violation: .aboveSegmentSize), Step(side: .responder, length: 50),
      ]),
    Row(
      name: "what the snap length cut counts",
      steps: [syn(.responder, mss100), Step(length: 1, missing: 100, violation: .aboveSegmentSize)]),
    Row(name: "no MSS option, no limit", steps: [syn(.originator), syn(.responder), Step(length: 60_000)]),
    Row(name: "an MSS of 0 is none", steps: [syn(.responder, [2, 4, 0, 0]), Step(length: 60_000)]),
    Row(name: "no SYN seen, no limit", steps: [Step(length: 60_000)]),
    Row(
      name: "the last MSS option counts",
      steps: [syn(.responder, [2, 4, 0, 10, 2, 4, 0, 100]), Step(length: 100), Step(length: 101, violation: .aboveSegmentSize)]),
    Row(
      name: "a later SYN without one takes it back", steps: [syn(.responder, mss100), syn(.responder), Step(length: 101)]),
    Row(
      name: "a malformed MSS option, and what was known stays",
      steps: [
        syn(.responder, mss100), syn(.responder, [2, 3, 1, 0], .segmentSizeLength), Step(length: 101, violation: .aboveSegmentSize),
      ]),
    Row(
      name: "a malformed window scale option",
      steps: [syn(.responder, mss100 + [3, 4, 0, 0], .windowScaleLength), Step(length: 101)]),
    Row(
      name: "options behind the end of the list are none", steps: [syn(.responder, [1, 1, 0, 2, 2, 4, 0, 9]), Step(length: 10)]),
    Row(
      name: "below the expected number",
      steps: [
        Step(offset: -1), Step(offset: -1, length: 1), Step(offset: -1, length: 2, violation: .repeated),
        Step(offset: -2, violation: .repeated), Step(offset: .min, length: 5, violation: .repeated),
      ]),
    Row(name: "nothing is known, nothing is checked", steps: [Step(offset: -100, length: 100, isStarted: false)]),
    Row(
      name: "a window that is not scaled",
      steps: [
        syn(.responder, window: 500), Step(offset: 500, length: 10), Step(offset: 501, violation: .beyondWindow),
        Step(side: .responder, window: 600), Step(offset: 600), Step(offset: 601, violation: .beyondWindow),
      ]),
    Row(
      name: "a segment that was turned away moves no window",
      steps: [
        syn(.originator), syn(.responder, mss100, window: 500), Step(side: .responder, offset: -5, window: 60_000, violation: .repeated),
        Step(offset: 501, violation: .beyondWindow),
      ]),
    Row(name: "a closed window is not checked", steps: [syn(.responder, window: 0), Step(offset: 70_000)]),
    Row(name: "a scaled window is not checked", steps: [syn(.responder, [3, 3, 7, 0], window: 500), Step(offset: 64_001)]),
    Row(name: "a scale of 0 is a scale", steps: [syn(.responder, [3, 3, 0, 0], window: 500), Step(offset: 501)]),
    Row(name: "a scale above 14 is a scale", steps: [syn(.responder, [3, 3, 255, 0], window: 500), Step(offset: 501)]),
    Row(
      name: "a SYN is checked for its options alone",
      steps: [syn(.responder, mss100, window: 10), Step(offset: 5_000, length: 200, flags: .syn)]),
  ])
  func steps(row: Row) {
    var check = TCPOptionCheck()
    // The sequence number wraps within every row.
    let next = SequenceNumber(0xffff_fff0)
    for (number, step) in row.steps.enumerated() {
      let options = step.options
      let payload = [UInt8](repeating: 1, count: step.length)
      let segment = TCPSegment(
        key: FlowKey(source: IPAddress(v4: 1), destination: IPAddress(v4: 2), sourcePort: 1, destinationPort: 2),
        sequence: next.advanced(by: Int(step.offset)), acknowledgment: SequenceNumber(0), flags: step.flags, window: step.window,
        options: options.span, payload: payload.span, missingLength: step.missing)
      #expect(check.violation(in: segment, from: step.side, next: step.isStarted ? next : nil) == step.violation, "step \(number)")
    }
  }

  /// What a stream turns away is counted under its reason, and a gap there says so.
  @Test(arguments: [(RejectionReason.other, Anomaly?.none), (.state, .rejectedByState), (.options, .rejectedByOptions)])
  func reasonsAreCounted(reason: RejectionReason, anomaly: Anomaly?) throws {
    var talk = Conversation()
    talk.handshake()
    for text in ["ab", "cd", "ef"] { talk.send(.client, text) }
    let run = EngineRun()
    run.recorder.judge = { judged, _ in judged.packet == 5 ? .reject(reason) : .accept }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == "ab[2 rejected end]ef")
    let anomalies = try #require(stream.report?.originator.anomalies)
    #expect(anomalies[.rejected] == 1)
    for kind in [Anomaly.rejectedByState, .rejectedByOptions] { #expect(anomalies[kind] == (kind == anomaly ? 1 : 0)) }
    #expect(run.assembler.statistics.anomalies[.rejected] == 1)
  }

  /// A SYN that was turned away says nothing about where its direction begins.
  @Test func aRejectedSYNIsNoStart() throws {
    var talk = Conversation()
    talk.syn()
    talk.segment(from: .client, offset: 500, "late")
    let run = EngineRun()
    run.recorder.judge = { judged, _ in judged.packet == 1 ? .reject(.options) : .accept }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    let stream = try #require(run.recorder.streams.first)
    #expect(stream.rendered(.originator) == "late")
    #expect(stream.report?.originator.start == .midstream)
    #expect(stream.report?.handshake == ConnectionReport.Handshake.none)
  }
}
