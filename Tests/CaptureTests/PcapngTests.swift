import Capture
import Packets
import Testing

/// What the block reader makes of captures that are more than one interface and its packets.
@Suite struct PcapngTests {
  private func read(_ capture: CaptureBytes, filter: String? = nil) throws -> Reading {
    let file = try TemporaryFile(capture.bytes)
    return try Reading(file.path, filter: filter)
  }

  @Test(arguments: [false, true])
  func interfacesMayDifferInEverything(bigEndian: Bool) throws {
    var capture = CaptureBytes(isBigEndian: bigEndian)
    capture.section()
    capture.interface(linkType: 1, snapshotLength: 96)
    capture.enhancedPacket(timeLow: 1, [1])
    capture.interface(linkType: 101, snapshotLength: 0, options: [(9, [9])])
    capture.enhancedPacket(interface: 1, timeLow: 2, [UInt8](repeating: 0x45, count: 300))
    capture.enhancedPacket(interface: 0, timeLow: 3, [3])
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.linkType) == [.ethernet, .dltRaw, .ethernet])
    #expect(reading.packets.map(\.info.time.nanoseconds) == [1000, 2, 3000])
    #expect(reading.packets.map(\.info.interface) == [0, 1, 0])
    #expect(reading.packets.map(\.bytes.count) == [1, 300, 1])
    #expect(reading.summary.linkTypes == [.ethernet, .dltRaw])
  }

  @Test func theFilterIsCompiledForEachLinkType() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.interface(linkType: 101)
    let datagram: [UInt8] = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
    capture.enhancedPacket(interface: 0, [UInt8](repeating: 0, count: 12) + [8, 0] + datagram)
    capture.enhancedPacket(interface: 1, datagram)
    capture.enhancedPacket(interface: 1, [UInt8](repeating: 0, count: 12) + [8, 0] + datagram)
    #expect(try read(capture, filter: "host 10.0.0.2").packets.map(\.passesFilter) == [true, true, false])
  }

  /// Interfaces count anew in each section, and a section has a byte order of its own.
  @Test(arguments: [false, true], [false, true])
  func sectionsOfEitherOrder(_ first: Bool, _ second: Bool) throws {
    var capture = CaptureBytes(isBigEndian: first)
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket(timeLow: 1, [1])
    capture.isBigEndian = second
    capture.section()
    capture.interface(linkType: 113)
    capture.enhancedPacket(timeLow: 2, [2])
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.info.time.nanoseconds) == [1000, 2000])
    #expect(reading.packets.map(\.linkType) == [.ethernet, .linuxSLL])
  }

  static let clocks: [(resolution: UInt8, offset: UInt64, ticks: UInt64, nanoseconds: Int64)] = [
    (6, 0, 1_700_000_000_000_001, 1_700_000_000_000_001_000), (9, 0, 1_700_000_000_000_000_001, 1_700_000_000_000_000_001),
    (0, 0, 1_700_000_000, 1_700_000_000_000_000_000), (3, 5, 1_500, 6_500_000_000), (12, 0, 1_999, 1), (19, 0, 10_000_000_000, 1),
    (0x80, 0, 7, 7_000_000_000), (0x8a, 0, 1_536, 1_500_000_000), (0xa0, 0, 1 << 31, 500_000_000), (0xbf, 0, 1 << 62, 500_000_000),
    (9, .max, 1_000_000_001, 1), (6, 0, .max, .max), (0, 1 << 63, 0, .min), (0, .max >> 1, .max, .max),
  ]

  @Test(arguments: clocks)
  func everyTimeUnit(_ resolution: UInt8, _ offset: UInt64, _ ticks: UInt64, _ nanoseconds: Int64) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1, options: [(9, [resolution]), (14, capture.word(offset))])
    capture.enhancedPacket(timeHigh: UInt32(ticks >> 32), timeLow: UInt32(truncatingIfNeeded: ticks), [1])
    #expect(try read(capture).packets.map(\.info.time.nanoseconds) == [nanoseconds])
  }

  @Test(arguments: [20, 127, 0xc0, 0xff] as [UInt8])
  func aTimeUnitThatCannotBeCountedIsRefused(_ resolution: UInt8) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1, options: [(9, [resolution])])
    #expect(try #require(throws: CaptureError.self) { try read(capture) }.reason == .unsupported)
  }

  @Test func otherBlocksArePassedOver() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.block(4) { $0.bytes = [UInt8](repeating: 1, count: 40) }
    capture.interface(linkType: 1)
    capture.enhancedPacket([1])
    capture.block(10) { $0.bytes = [UInt8](repeating: 2, count: 100_000) }
    capture.block(0x8000_0001) { $0.bytes = [] }
    capture.enhancedPacket([2])
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes) == [[1], [2]])
  }

  /// Each block has the totals since the start: the last one counts, of each interface and section.
  @Test func statisticsTellWhatWasLost() throws {
    var capture = CaptureBytes()
    func statistics(_ interface: UInt32, _ dropped: UInt64, _ droppedBySystem: UInt64) {
      capture.block(5) { body in
        body.put(interface)
        body.put(UInt32(0))
        body.put(UInt32(0))
        body.put([(4, body.word(1000)), (5, body.word(dropped)), (7, body.word(droppedBySystem)), (0, [])])
      }
    }
    for _ in 0..<2 {
      capture.section()
      capture.interface(linkType: 1)
      capture.interface(linkType: 1)
      statistics(0, 1, 0)
      statistics(0, 3, 2)
      statistics(1, 10, 0)
      statistics(7, 99, 0)
    }
    #expect(try read(capture).summary.drops == 30)
  }

  @Test func simpleAndObsoletePacketBlocks() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1, snapshotLength: 4)
    capture.block(3) { body in
      body.put(UInt32(9))
      body.bytes += [1, 2, 3, 4]
    }
    capture.block(2) { body in
      body.put(UInt16(0))
      body.put(UInt16(0))
      body.put(UInt32(0))
      body.put(UInt32(7))
      body.put(UInt32(2))
      body.put(UInt32(60))
      body.bytes += [5, 6]
    }
    let reading = try read(capture)
    #expect(reading.packets.map(\.bytes) == [[1, 2, 3, 4], [5, 6]])
    #expect(reading.packets.map(\.info.originalLength) == [9, 60])
    #expect(reading.packets.map(\.info.time.nanoseconds) == [0, 7000])
  }

  static let damages: [(words: String, change: @Sendable (inout CaptureBytes) -> Void)] = [
    ("interface 3, which is not described", { $0.enhancedPacket(interface: 3, [1]) }),
    ("a block of 0 bytes", { $0.bytes += [UInt8](repeating: 0, count: 40) }),
    ("a block of 13 bytes", { capture in for word in [6, 13, 0, 0] as [UInt32] { capture.put(word) } }),
    ("is the most there can be", { capture in for word in [6, 0x1000_0000, 0, 0] as [UInt32] { capture.put(word) } }),
    ("two lengths", { capture in for word in [0xbad, 16, 0, 20] as [UInt32] { capture.put(word) } }),
    (
      "a packet of 4294967295 bytes",
      { capture in
        capture.block(6) { body in for word in [0, 0, 0, .max, 1, 1] as [UInt32] { body.put(word) } }
      }
    ),
    ("longer than its block", { $0.block(1) { $0.bytes = [1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 200, 0] } }),
    (
      "pcapng version 7.0",
      { $0.block(0x0a0d_0d0a) { $0.bytes = [0x4d, 0x3c, 0x2b, 0x1a, 7, 0, 0, 0] + [UInt8](repeating: 255, count: 8) } }
    ),
    ("without a byte order", { $0.block(0x0a0d_0d0a) { $0.bytes = [UInt8](repeating: 0, count: 16) } }),
  ]

  @Test(arguments: damages)
  func damageEndsTheCaptureAndKeepsWhatCameBefore(_ words: String, _ change: @Sendable (inout CaptureBytes) -> Void) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket([1])
    change(&capture)
    let reading = try read(capture)
    #expect(reading.packets.map(\.bytes) == [[1]])
    #expect(reading.error?.reason == .damaged)
    #expect(reading.error?.detail.contains(words) == true, "\(reading.error?.detail ?? "none")")
  }
}
