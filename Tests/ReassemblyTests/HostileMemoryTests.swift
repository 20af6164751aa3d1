import Packets
import TestSupport
import Testing

@testable import Reassembly

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
    if perConnection { options.connectionMemory = 2 * 4096 } else { options.memoryLimit = 2 * 4096 }
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

  /// A gap before every byte, on many connections that all stay open.
  @Test func gapsAreRememberedInAPartOfTheMemory() {
    var options = AssemblerOptions()
    options.memoryLimit = 128 * 4096
    let run = EngineRun(options: options)
    let remembered = 128 * Page.size / 16 / 32
    for client in 0..<40 {
      var talk = Conversation(client: Endpoint("10.0.0.1", UInt16(20_000 + client)))
      talk.handshake()
      for index in 0..<60 { talk.segment(from: .client, offset: 2 * index + 1, "x") }
      run.feed(talk.packets)
    }
    run.advance(seconds: 400)
    #expect(run.assembler.statistics.gaps == 40 * 60)
    #expect(run.assembler.rememberedGaps <= remembered + 40 * GapHistory.least)
    #expect(run.assembler.statistics.memoryLimitFlushes > 0)
    for client in 0..<40 {
      var talk = Conversation(client: Endpoint("10.0.0.1", UInt16(20_000 + client)))
      for index in 0..<60 { talk.segment(from: .client, offset: 2 * index, "y") }
      talk.wait(seconds: 401)
      talk.segment(from: .client, offset: 120, "z")
      run.feed(talk.packets)
    }
    #expect(run.finish() == [])
    #expect(run.assembler.rememberedGaps == 0)
  }

  /// Without a limit nothing is forgotten before a direction has too many itself.
  @Test func gapsAreRememberedWithoutALimit() {
    var options = AssemblerOptions()
    options.memoryLimit = nil
    let run = EngineRun(options: options)
    for client in 0..<40 {
      var talk = Conversation(client: Endpoint("10.0.0.1", UInt16(20_000 + client)))
      talk.handshake()
      for index in 0..<300 { talk.segment(from: .client, offset: 2 * index + 1, "x") }
      run.feed(talk.packets)
    }
    run.advance(seconds: 400)
    #expect(run.assembler.rememberedGaps == 40 * GapHistory.capacity)
    #expect(run.finish() == [])
    #expect(run.assembler.rememberedGaps == 0)
  }

  /// Copies that differ from what waits for the start of its direction.
  @Test func conflictsThatWaitTakeAPartOfTheMemory() {
    var options = AssemblerOptions()
    options.memoryLimit = 1_024 * 4096
    let run = EngineRun(options: options)
    var most = 0
    for client in 0..<20 {
      var talk = Conversation(client: Endpoint("10.0.0.1", UInt16(20_000 + client)))
      talk.segment(from: .client, offset: 10, [UInt8](repeating: 1, count: 20_000))
      for copy in 0..<10 { talk.segment(from: .client, offset: 10, [UInt8](repeating: UInt8(2 + copy), count: 20_000)) }
      for packet in talk.packets {
        run.feed(packet)
        most = max(most, run.assembler.earlyConflictBytes)
      }
    }
    #expect(most > 100_000)
    #expect(most <= 1_024 * Page.size / 16)
    #expect(run.assembler.statistics.memoryLimitFlushes > 0)
    #expect(run.finish() == [])
    #expect(run.assembler.earlyConflictBytes == 0)
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
