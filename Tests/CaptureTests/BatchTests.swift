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
    var announced = 0
    while let packet = captures.next() {
      number += 1
      #expect(packet.info.packetNumber == UInt64(number))
      #expect(packet.info.capturedLength == Self.payload(number).count)
      #expect(packet.bytes.indices.map { packet.bytes[$0] } == Self.payload(number))
      let upcoming = packet.upcoming
      if upcoming.isEmpty { continue }
      announced += 1
      #expect(upcoming.indices.map { upcoming[$0] } == Self.payload(number + 5))
    }
    #expect(number == Self.count)
    #expect(announced > Self.count / 2)
    #expect(captures.summary(0).packets == UInt64(Self.count))
  }

  @Test(arguments: [false, true], [2, 100, 128, 129, 500, 2_999])
  func whatComesBeforeDamageIsGiven(isPcapng: Bool, damaged: Int) throws {
    let file = try TemporaryFile(Self.capture(isPcapng: isPcapng, damaged: damaged))
    var captures = try CaptureSet(paths: [file.path])
    var number = 0
    while captures.next() != nil { number += 1 }
    #expect(number == damaged - 1)
    #expect(captures.summary(0).error?.reason == .damaged)
    #expect(captures.summary(0).packets == UInt64(damaged - 1))
  }
}
