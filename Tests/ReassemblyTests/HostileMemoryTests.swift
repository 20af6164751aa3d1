import Packets
import Reassembly
import TestSupport
import Testing

/// Whatever a sender does, the memory of all pages and pieces stays below its limit.
@Suite struct HostileMemoryTests {
  private static let limit = 64
  private static let options = AssemblerOptions.with { $0.maxBufferedPagesTotal = limit }

  private static func endpoint(_ number: Int) -> Endpoint { Endpoint(IPAddress(v4: 0x0b00_0000 &+ UInt32(number)), 40_000) }

  /// Two segments far out of the window wait for a third one that proves a pause, on every connection.
  @Test func farSegments() {
    let run = EngineRun(options: Self.options)
    for number in 0..<400 {
      var talk = Conversation(client: Self.endpoint(number))
      talk.handshake()
      talk.segment(from: .client, offset: 0x5000_0000, .letters(1_000))
      talk.segment(from: .client, offset: 0x5000_0000 + 1_000, .letters(1_000))
      run.feed(talk.packets)
      #expect(run.assembler.bufferedBytes <= Self.limit * 4096)
    }
    #expect(run.finish() == [])
  }

  /// A pause is still seen where nobody presses.
  @Test func farSegmentsOfOneConnection() {
    let run = EngineRun(options: Self.options)
    var talk = Conversation()
    talk.handshake()
    for index in 0..<3 { talk.segment(from: .client, offset: 0x5000_0000 + 1_000 * index, .letters(1_000)) }
    run.feed(talk.packets)
    #expect(run.finish() == [])
    #expect(run.recorder.streams.map { $0.bytes(.originator).count } == [3_000])
  }

  /// Segments of which the capture has nothing leave marks, which nothing ever flushes.
  @Test func marksOfCutSegments() {
    let run = EngineRun(options: Self.options)
    var talk = Conversation(step: 1_000)
    talk.handshake()
    for index in 1...6_000 { talk.segment(from: .client, offset: 2 * index, "x", cut: 1) }
    run.feed(talk.packets)
    #expect(run.assembler.bufferedBytes <= Self.limit * 4096 / 4)
    // Bytes that wait are not driven out by marks.
    talk.segment(from: .client, offset: 20_001, "late")
    run.feed(talk.packets.suffix(1))
    #expect(run.assembler.bufferedBytes >= 4096)
    #expect(run.assembler.statistics.memoryLimitFlushes == 0)
    #expect(run.finish() == [])
  }
}
