import Capture
import Packets
import Testing

/// Many packets at hand at once: each is given once, in order and with its number, wherever the buffer ends.
@Suite struct BatchTests {
  private static let count = 3_000

  /// Of lengths that let batches end at any place of the buffer.
  private static func payload(_ number: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number * 7 % 90 + 1)
  }

  private static func capture(isPcapng: Bool, damaged: Int? = nil) -> [UInt8] {
    var capture = CaptureBytes()
    capture.beginning(isPcapng: isPcapng)
    for number in 1...count {
      let length = UInt32(payload(number).count)
      let captured = number == damaged ? 0x7fff_ffff : length
      if isPcapng {
        capture.enhancedPacket(timeLow: UInt32(number), captured: captured, payload(number))
      } else {
        capture.packet(seconds: 1, fraction: UInt32(number), captured: captured, original: length, payload(number))
      }
    }
    return capture.bytes
  }

  @Test(arguments: [false, true])
  func eachPacketOnce(isPcapng: Bool) throws {
    let file = try TemporaryFile(Self.capture(isPcapng: isPcapng))
    var captures = try CaptureSet(paths: [file.path])
    var number = 0
    var batches = 0
    while let batch = captures.nextBatch() {
      batches += 1
      for index in 0..<batch.count {
        let packet = batch[index]
        number += 1
        #expect(packet.info.packetNumber == UInt64(number))
        #expect(packet.info.capturedLength == Self.payload(number).count)
        #expect(packet.bytes.indices.map { packet.bytes[$0] } == Self.payload(number))
      }
    }
    #expect(number == Self.count)
    #expect(batches < Self.count / 8)
    #expect(captures.summary(0).packets == UInt64(Self.count))
  }

  /// Batches of any length and single packets, mixed, leave nothing out, and the summary counts what was returned.
  @Test(arguments: [1, 2, 3, 127, 128, 1_000])
  func batchesAndPacketsMix(most: Int) throws {
    let file = try TemporaryFile(Self.capture(isPcapng: true))
    var captures = try CaptureSet(paths: [file.path])
    var number: UInt64 = 0
    while true {
      if let packet = captures.next() {
        number += 1
        #expect(packet.info.packetNumber == number)
      } else {
        break
      }
      if let batch = captures.nextBatch(atMost: most) {
        #expect(batch.count <= most)
        #expect(batch[0].info.packetNumber == number + 1)
        number += UInt64(batch.count)
        #expect(batch[batch.count - 1].info.packetNumber == number)
      }
      #expect(captures.summary(0).packets == number)
    }
    #expect(number == UInt64(Self.count))
  }

  /// What is known of an input keeps up with every packet, not with batches.
  @Test(arguments: [0, 1, 2, 127, 128, 129, 1_000])
  func theSummaryCountsWhatWasGiven(given: Int) throws {
    let file = try TemporaryFile(Self.capture(isPcapng: false))
    var captures = try CaptureSet(paths: [file.path])
    for _ in 0..<given { _ = captures.next() }
    let summary = captures.summary(0)
    #expect(summary.packets == UInt64(given))
    #expect(summary.first?.nanoseconds == (given == 0 ? nil : 1_000_001_000))
    #expect(summary.last?.nanoseconds == (given == 0 ? nil : 1_000_000_000 + Int64(given) * 1_000))
    var next: UInt64?
    if let packet = captures.next() { next = packet.info.packetNumber }
    #expect(next == UInt64(given + 1))
  }

  @Test(arguments: [0, 1, 100])
  func anInputThatIsLeftOutEndsInItsBatch(given: Int) throws {
    let file = try TemporaryFile(Self.capture(isPcapng: false))
    var captures = try CaptureSet(paths: [file.path, file.path])
    for _ in 0..<given { _ = captures.next() }
    let before = captures.summary(0).packets + captures.summary(1).packets
    captures.exclude(0)
    captures.exclude(1)
    let isOver = captures.next() == nil
    #expect(isOver)
    #expect(before == UInt64(given))
    #expect(captures.summary(0).packets + captures.summary(1).packets == before)
  }

  @Test func anOnlyInputThatIsLeftOutEndsInItsBatch() throws {
    let file = try TemporaryFile(Self.capture(isPcapng: false))
    var captures = try CaptureSet(paths: [file.path])
    for _ in 0..<10 { _ = captures.next() }
    captures.exclude(0)
    let isOver = captures.next() == nil
    #expect(isOver)
    #expect(captures.summary(0).packets == 10)
  }

  @Test(arguments: [false, true], [2, 100, 128, 129, 500, 2_999])
  func whatComesBeforeDamageIsGiven(isPcapng: Bool, damaged: Int) throws {
    let file = try TemporaryFile(Self.capture(isPcapng: isPcapng, damaged: damaged))
    var captures = try CaptureSet(paths: [file.path])
    var number = 0
    while captures.next() != nil { number += 1 }
    // Behind a damaged block of a pcapng the next one is found, and its packet has its number.
    let summary = captures.summary(0)
    #expect(number == (isPcapng ? 2_999 : damaged - 1))
    #expect(summary.error?.reason == (isPcapng ? nil : .damaged))
    #expect(summary.damage.places == (isPcapng ? 1 : 0))
    #expect(summary.packets == (isPcapng ? 3_000 : UInt64(damaged - 1)))
  }
}
