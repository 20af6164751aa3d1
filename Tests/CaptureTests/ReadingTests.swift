import Capture
import Packets
import Testing

@Suite struct ReadingTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    var magic: UInt32
    var isBigEndian: Bool
    var container: CaptureFormat.Container
    /// Nanoseconds that a fraction of 7 stands for.
    var nanoseconds: Int64

    var testDescription: String { "\(container), \(isBigEndian ? "big" : "little")" }
  }

  static let kinds = [false, true].flatMap { order in
    [
      Kind(magic: 0xa1b2_c3d4, isBigEndian: order, container: .pcap, nanoseconds: 7000),
      Kind(magic: 0xa1b2_3c4d, isBigEndian: order, container: .pcapNanosecond, nanoseconds: 7),
    ]
  }

  @Test(arguments: kinds)
  func everyClassicFormatGivesItsPackets(_ kind: Kind) throws {
    var capture = CaptureBytes(isBigEndian: kind.isBigEndian)
    capture.fileHeader(magic: kind.magic, linkType: 101)
    capture.packet(seconds: 3, fraction: 7, captured: 2, original: 1500, [0x45, 0x00])
    capture.packet(seconds: 4, fraction: 0, [1, 2, 3])
    let file = try TemporaryFile(capture.bytes)
    let reading = try Reading(file.path)
    #expect(reading.error == nil)
    #expect(reading.format.container == kind.container)
    #expect(reading.format.byteOrder == (kind.isBigEndian ? .big : .little))
    #expect(reading.linkType == .dltRaw)
    #expect(reading.packets.map(\.bytes) == [[0x45, 0x00], [1, 2, 3]])
    let time = Timestamp(nanoseconds: 3_000_000_000 + kind.nanoseconds)
    #expect(reading.packets[0].info == CaptureInfo(time: time, capturedLength: 2, originalLength: 1500, packetNumber: 1))
    #expect(reading.packets[1].info.packetNumber == 2)
  }

  @Test(arguments: [false, true])
  func pcapngGivesItsPackets(bigEndian: Bool) throws {
    var capture = CaptureBytes(isBigEndian: bigEndian)
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket(timeLow: 5, [9, 8, 7])
    let file = try TemporaryFile(capture.bytes)
    let reading = try Reading(file.path)
    #expect(reading.error == nil)
    #expect(reading.format.container == .pcapng)
    #expect(reading.format.byteOrder == (bigEndian ? .big : .little))
    #expect(reading.packets.map(\.bytes) == [[9, 8, 7]])
    #expect(reading.packets.map(\.info.time.nanoseconds) == [5000])
  }

  @Test func packetsAreCountedBeforeTheFilter() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    for size in [60, 100, 61, 200] { capture.packet([UInt8](repeating: 0, count: size)) }
    let file = try TemporaryFile(capture.bytes)
    let reading = try Reading(file.path, filter: "greater 100")
    #expect(reading.packets.map(\.info.packetNumber) == [1, 2, 3, 4])
    #expect(reading.packets.map(\.passesFilter) == [false, true, false, true])
  }

  @Test func aCaptureOfNothingButItsHeaderHasNoPackets() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    let file = try TemporaryFile(capture.bytes)
    let reading = try Reading(file.path)
    #expect(reading.packets.isEmpty)
    #expect(reading.error == nil)
  }

  /// Any 32-bit time is a time of ours: nothing traps, and years after 2038 do not fall before 1970.
  @Test(arguments: [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32], [0, 999_999, 0x7fff_ffff, 0xffff_ffff] as [UInt32])
  func hostileTimesOfClassicCapturesDoNotTrap(seconds: UInt32, fraction: UInt32) throws {
    var capture = CaptureBytes()
    capture.fileHeader(magic: 0xa1b2_3c4d)
    capture.packet(seconds: seconds, fraction: fraction, [0])
    let file = try TemporaryFile(capture.bytes)
    let time = try #require(try Reading(file.path).packets.first).info.time.nanoseconds
    if fraction <= 999_999 { #expect(time == Int64(seconds) * 1_000_000_000 + Int64(fraction)) }
  }

  @Test(arguments: [0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
  func hostileTimesOfPcapngDoNotTrap(high: UInt32) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket(timeHigh: high, timeLow: .max, [0])
    let file = try TemporaryFile(capture.bytes)
    let time = try #require(try Reading(file.path).packets.first).info.time
    // Beyond 2262 it is not known.
    if high > 0x7fff_ffff / 500 { #expect(time == Timestamp(nanoseconds: 0)) }
  }

  @Test func aCapturedLengthAboveTheOriginalOneCountsAsBoth() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.packet(captured: 4, original: 1, [1, 2, 3, 4])
    let file = try TemporaryFile(capture.bytes)
    let info = try #require(try Reading(file.path).packets.first).info
    #expect(info.capturedLength == 4)
    #expect(info.originalLength == 4)
  }

  /// The link type's field says whether every packet ends with a check sequence, and how many units of 16 bits it has.
  @Test(
    arguments: [
      (0x2400_0001, 6), (0x1400_0001, 8), (0xf400_0001, 0), (0x2000_0001, 10), (0x0400_0001, 10), (0x2400_007f, 10),
    ] as [(UInt32, Int)], [false, true])
  func checkSequencesAreNotCounted(_ field: (linkType: UInt32, left: Int), bigEndian: Bool) throws {
    var capture = CaptureBytes(isBigEndian: bigEndian)
    capture.fileHeader(linkType: field.linkType)
    capture.packet([UInt8](1...10))
    capture.packet(captured: 10, original: 1_500, [UInt8](1...10))
    capture.packet(captured: 10, original: 12, [UInt8](1...10))
    let file = try TemporaryFile(capture.bytes)
    let packets = try Reading(file.path).packets
    let removed = 10 - field.left
    #expect(
      packets.map(\.info.originalLength) == [
        field.left, 1_500 - (removed == 10 ? 30 : removed), max(0, 12 - (removed == 10 ? 30 : removed)),
      ])
    #expect(packets.map(\.bytes.count) == packets.map { min(10, $0.info.originalLength) })
  }
}
