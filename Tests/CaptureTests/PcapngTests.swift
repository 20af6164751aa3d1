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
    (9, .max, 1_000_000_001, 1), (0, 9_223_372_036, 0, 9_223_372_036_000_000_000), (0, .max - 9_223_372_035, 0, -9_223_372_036_000_000_000),
  ]

  @Test(arguments: clocks)
  func everyTimeUnit(_ resolution: UInt8, _ offset: UInt64, _ ticks: UInt64, _ nanoseconds: Int64) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1, options: [(9, [resolution]), (14, capture.word(offset))])
    capture.enhancedPacket(timeHigh: UInt32(ticks >> 32), timeLow: UInt32(truncatingIfNeeded: ticks), [1])
    #expect(try read(capture).packets.map(\.info.time.nanoseconds) == [nanoseconds])
  }

  static let unknownTimes: [(options: [(code: UInt16, value: [UInt8])], ticks: UInt64)] = [
    // 10^-20 and beyond, 2^-64 and beyond: 64 bits cannot count such ticks.
    ([(9, [20])], 5), ([(9, [127])], 5), ([(9, [0xc0])], 5), ([(9, [0xff])], 5), ([(9, [20]), (14, [1, 0, 0, 0, 0, 0, 0, 0])], 5),
    // A unit that can be counted, and a time before 1677 or after 2262.
    ([(9, [6])], .max), ([(9, [9])], 1 << 63), ([(9, [0]), (14, [0, 0, 0, 0, 0, 0, 0, 0x80])], 0),
    ([(9, [0]), (14, [255, 255, 255, 255, 255, 255, 255, 127])], .max),
  ]

  /// It concerns the packets of that interface alone: they have the time of the packet before, and at the start 1970.
  @Test(arguments: unknownTimes)
  func aTimeThatIsNotKnownMovesNoClock(_ options: [(code: UInt16, value: [UInt8])], _ ticks: UInt64) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1, options: options)
    capture.interface(linkType: 1)
    let time = (UInt32(ticks >> 32), UInt32(truncatingIfNeeded: ticks))
    capture.enhancedPacket(interface: 0, timeHigh: time.0, timeLow: time.1, [1])
    capture.enhancedPacket(interface: 1, timeLow: 7, [2])
    capture.enhancedPacket(interface: 0, timeHigh: time.0, timeLow: time.1, [3])
    capture.enhancedPacket(interface: 0, timeHigh: time.0, timeLow: time.1, [4])
    capture.enhancedPacket(interface: 1, timeLow: 9, [5])
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes) == [[1], [2], [3], [4], [5]])
    #expect(reading.packets.map(\.info.time.nanoseconds) == [0, 7000, 7000, 7000, 9000])
    #expect(reading.summary.damage.untimedPackets == 3)
    #expect(reading.summary.damage.places == 0)
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
    #expect(reading.summary.damage.untimedPackets == 1)
  }

  /// What a packet or an obsolete packet block states is lost since the packet before; the greater of that and the statistics counts.
  @Test func packetsTellWhatWasLost() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.interface(linkType: 1)
    capture.enhancedPacket([1], options: [(4, capture.word(3))])
    capture.enhancedPacket([1, 2, 3, 4], options: [(1, [65]), (4, capture.word(4)), (0, [])])
    capture.enhancedPacket([1, 2, 3], options: [])
    capture.obsoletePacket(interface: 1, drops: 5, [1])
    capture.obsoletePacket(interface: 1, drops: 0xffff, [1])
    #expect(try read(capture).summary.drops == 12)
    capture.block(5) { body in
      for word in [0, 0, 0] as [UInt32] { body.put(word) }
      body.put([(5, body.word(2))])
    }
    #expect(try read(capture).summary.drops == 12)
    capture.block(5) { body in
      for word in [0, 0, 0] as [UInt32] { body.put(word) }
      body.put([(5, body.word(100))])
    }
    capture.enhancedPacket([1], options: [(4, [1, 2])])
    capture.enhancedPacket([1], options: [(4, capture.word(.max)), (4, capture.word(.max))])
    capture.section()
    #expect(try read(capture).summary.drops == .max)
  }

  /// A packet's own statement goes before that of its interface; an interface may state bits.
  @Test(arguments: [false, true])
  func checkSequencesAreNotCounted(bigEndian: Bool) throws {
    var capture = CaptureBytes(isBigEndian: bigEndian)
    func flags(_ length: UInt32) -> [UInt8] {
      var value = CaptureBytes(isBigEndian: bigEndian)
      value.put(UInt32(1 | length << 5))
      return value.bytes
    }
    capture.section()
    capture.interface(linkType: 1, options: [(13, [4])])
    capture.interface(linkType: 1, options: [(13, [32])])
    capture.interface(linkType: 1)
    capture.interface(linkType: 127, options: [(13, [4])])
    let frame = [UInt8](1...10)
    for interface in 0..<4 as Range<UInt32> {
      capture.enhancedPacket(interface: interface, frame)
      capture.enhancedPacket(interface: interface, frame, options: [(2, flags(2))])
      capture.enhancedPacket(interface: interface, frame, options: [(2, flags(0))])
    }
    capture.enhancedPacket(interface: 0, [1, 2])
    let reading = try read(capture, filter: "len >= 10")
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes.count) == [6, 8, 6, 6, 8, 6, 10, 8, 10, 10, 10, 10, 0])
    #expect(reading.packets.map(\.info.originalLength) == [6, 8, 6, 6, 8, 6, 10, 8, 10, 10, 10, 10, 0])
    // The filter sees what was captured.
    #expect(reading.packets.map(\.passesFilter) == [Bool](repeating: true, count: 12) + [false])
  }

  @Test func aCaptureWithoutInterfacesIsEmpty() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.block(10) { $0.bytes = [1, 2, 3, 4] }
    let reading = try read(capture)
    #expect(reading.packets.isEmpty && reading.error == nil)
    #expect(reading.summary.damage == CaptureDamage())
  }

  /// They have numbers, as every packet of the file.
  @Test func packetsOfAnUndescribedInterfaceArePassedOver() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.enhancedPacket([1])
    capture.block(3) { body in for word in [1, 1] as [UInt32] { body.put(word) } }
    capture.interface(linkType: 1)
    capture.enhancedPacket([2])
    capture.enhancedPacket(interface: 3, [3])
    capture.obsoletePacket(interface: 1, drops: 0, [4])
    capture.enhancedPacket([5])
    capture.section()
    capture.enhancedPacket([6])
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes) == [[2], [5]])
    #expect(reading.packets.map(\.info.packetNumber) == [3, 6])
    #expect(reading.summary.damage.undescribedPackets == 5)
    #expect(reading.summary.damage.places == 0)
  }
}
