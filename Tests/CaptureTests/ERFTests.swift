import Capture
import Packets
import Testing

/// ERF files have no magic number: what they are, their records tell.
@Suite struct ERFTests {
  private static func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xff), UInt8(value & 0xff)] }

  /// A record of Ethernet, padded to eight bytes as a card does it.
  private static func record(
    seconds: UInt32 = 1_700_000_000, fraction: UInt32 = 0, type: UInt8 = 2, lost: Int = 0, wire: Int? = nil, extensions: [UInt8] = [],
    _ data: [UInt8]
  ) -> [UInt8] {
    let stamp = [fraction, seconds].flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
    let content = extensions + [0, 0] + data
    let padding = -(content.count) & 7
    return stamp + [type | (extensions.isEmpty ? 0 : 0x80), 4] + big(16 + content.count + padding) + big(lost) + big(wire ?? data.count)
      + content
      + [UInt8](repeating: 0, count: padding)
  }

  private static let frame = [UInt8](repeating: 0, count: 12) + [8, 0, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]

  private func read(_ bytes: [UInt8], filter: String? = nil) throws -> Reading {
    let file = try TemporaryFile(bytes)
    return try Reading(file.path, filter: filter)
  }

  @Test func everyRecordIsAPacket() throws {
    let first = Self.record(fraction: 0x8000_0000, Self.frame)
    let second = Self.record(fraction: 0x8000_0001, wire: 1_500, Self.frame)
    // Extension headers, each of which says that another one follows.
    let third = Self.record(seconds: 1_700_000_001, extensions: [0x80] + [UInt8](repeating: 1, count: 15), Self.frame)
    let reading = try read(first + second + third)
    #expect(reading.error == nil)
    #expect(reading.format.container == .erf)
    #expect(reading.linkType == LinkType(rawValue: 197))
    #expect(reading.packets.map(\.bytes) == [first, second, third])
    #expect(reading.packets.map(\.info.packetNumber) == [1, 2, 3])
    let start: Int64 = 1_700_000_000_000_000_000
    #expect(reading.packets.map { $0.info.time.nanoseconds - start } == [500_000_000, 500_000_000, 1_000_000_000])
    #expect(reading.packets.map(\.info.originalLength) == [first.count, 16 + 2 + 1_500, third.count])
  }

  /// Padding between records, a record about the capture without a time, and what a card counts as lost.
  @Test func whatIsNoPacketOfTheNetwork() throws {
    let metadata = Self.record(seconds: 0, type: 27, [1, 2, 3, 4])
    let padding = Self.record(seconds: 0, type: 48, [UInt8](repeating: 0, count: 100))
    let reading = try read(
      metadata + Self.record(lost: 7, Self.frame) + padding + Self.record(lost: 2, Self.frame) + padding
        + Self.record(type: 11, lost: 9, Self.frame) + padding)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes.count) == [24, 56, 56, 56])
    #expect(reading.packets.map { $0.info.time.nanoseconds / 1_000_000_000 } == [0, 1_700_000_000, 1_700_000_000, 1_700_000_000])
    // A type with a color has it where the others count.
    #expect(reading.summary.drops == 9)
  }

  @Test func aFilterLooksInsideARecord() throws {
    var other = Self.frame
    other[other.count - 1] = 3
    let ipv4 = Array(Self.frame.dropFirst(14))
    var raw = Self.record(type: 22, wire: 20, Array(ipv4.dropFirst(2)))
    // IP stands right behind the header: the two bytes of the pad are its first.
    raw.replaceSubrange(16..<18, with: ipv4.prefix(2))
    let extended = Self.record(extensions: [UInt8](repeating: 0x11, count: 8), Self.frame)
    let bytes = Self.record(Self.frame) + Self.record(other) + extended + raw + Self.record(type: 3, Self.frame)
    #expect(try read(bytes, filter: "dst host 10.0.0.2").packets.map(\.passesFilter) == [true, false, true, true, false])
    #expect(throws: CaptureError.self) { try read(bytes, filter: "no such filter") }
  }

  @Test(arguments: 1..<40)
  func cutOff(_ missing: Int) throws {
    let records = (0..<4).flatMap { _ in Self.record(Self.frame) }
    let reading = try read(Array(records.dropLast(missing)))
    #expect(reading.packets.count == 3)
    #expect(reading.error?.reason == .truncated)
  }

  @Test func damageEndsIt() throws {
    let records = (0..<30).flatMap { _ in Self.record(Self.frame) }
    let reading = try read(records + [UInt8](repeating: 0, count: 64))
    #expect(reading.packets.count == 30)
    #expect(reading.error?.reason == .damaged)
  }

  /// One rule broken in the third record, and it is no ERF.
  @Test(
    arguments: [
      { $0[8] = 0 }, { $0[8] = 28 }, { $0[8] = 0x7f },
      {
        $0[10] = 0
        $0[11] = 15
      }, { $0[4] &-= 2 }, { $0[6] &+= 10 },
      {
        $0[8] = 0x82
        for place in stride(from: 16, to: 56, by: 8) { $0[place] = 0x80 }
      },
      { $0[10] = 0xff },
    ] as [@Sendable (inout [UInt8]) -> Void])
  func otherFilesAreNotERF(_ change: @Sendable (inout [UInt8]) -> Void) throws {
    let record = Self.record(Self.frame)
    var changed = record
    change(&changed)
    let error = try #require(throws: CaptureError.self) { try read(record + record + changed + record) }
    #expect(error.reason == .notACapture(looksLike: nil, advice: "give a pcap or pcapng file"))
  }

  /// No file of noise is taken for ERF, and none makes the reader trap.
  @Test func noise() throws {
    var state: UInt64 = 88_172_645_463_325_252
    for _ in 0..<300 {
      let bytes = (0..<4_000).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
      }
      #expect(throws: CaptureError.self) { try read(bytes) }
    }
  }
}
