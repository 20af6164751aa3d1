import Packets
import Reassembly
import TestSupport
import Testing

/// What a sender can make an assembler hold is bounded, whatever it is that is held.
@Suite struct HostileMemoryTests {
  private func run(_ options: AssemblerOptions, _ script: (inout Conversation) -> Void) -> EngineRun {
    var talk = Conversation()
    talk.handshake()
    script(&talk)
    let run = EngineRun(options: options)
    run.feed(talk.packets)
    return run
  }

  /// Every second segment, each wholly cut by the snap length: nothing is captured, and the marks cannot be joined.
  @Test(arguments: [true, false]) func marksCountTowardsTheLimits(perConnection: Bool) {
    var options = AssemblerOptions()
    if perConnection { options.maxBufferedPagesPerConnection = 2 } else { options.maxBufferedPagesTotal = 2 }
    let run = run(options) { talk in
      for index in 0..<2_000 {
        talk.segment(from: .client, offset: 20 * index, .letters(10))
        talk.changeLast { $0.cut = 10 }
      }
    }
    #expect(run.assembler.bufferedBytes <= 2 * Page.size)
    #expect(run.finish() == [])
  }

  /// The same forged SYN on many connections, with data as large as a segment can have.
  @Test func candidatesHoldLittleData() {
    let run = EngineRun()
    for client in 0..<200 {
      var talk = Conversation(client: Endpoint("10.0.0.1", UInt16(20_000 + client)))
      talk.handshake()
      talk.send(.client, "open")
      talk.forge(from: .client, sequence: 7_777_777, flags: .syn)
      talk.changeLast { $0.payload = .letters(60_000) }
      run.feed(talk.packets)
    }
    #expect(run.assembler.bufferedBytes <= 1 << 20)
    #expect(run.finish() == [])
    #expect(run.assembler.bufferedBytes == 0)
    #expect(run.assembler.statistics.dropped[.synIgnored] == 200 * 60_000)
  }

  /// A reset below the lowest byte of a direction that was joined in the middle was passed before the capture began.
  @Test func aResetBelowTheStartIsIgnored() {
    var talk = Conversation()
    talk.segment(from: .client, offset: 100, "middle")
    talk.rst(.client, offset: 40, flags: .rst)
    talk.wait(seconds: 2)
    talk.segment(from: .client, offset: 106, " and on")
    let run = EngineRun()
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.assembler.statistics.reassembledBytes == 13)
    #expect(run.assembler.statistics.anomalies[.rstIgnored] == 1)
    #expect(run.assembler.statistics.anomalies[.rstWithdrawn] == 0)
  }
}
