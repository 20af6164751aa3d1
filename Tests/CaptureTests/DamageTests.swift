import Capture
import Packets
import Testing

/// A damaged block in a pcapng costs what it held, and what follows is read.
@Suite struct DamageTests {
  private func read(_ capture: CaptureBytes) throws -> Reading {
    let file = try TemporaryFile(capture.bytes)
    return try Reading(file.path)
  }

  typealias Damage = (words: String, change: @Sendable (inout CaptureBytes) -> Void)

  /// Blocks whose end nobody knows.
  static let unframed: [Damage] = [
    ("a block of 0 bytes", { $0.bytes += [UInt8](repeating: 0, count: 40) }),
    ("a block of 13 bytes", { capture in for word in [6, 13, 0, 0] as [UInt32] { capture.put(word) } }),
    ("is the most there can be", { capture in for word in [6, 0x1000_0000, 0, 0] as [UInt32] { capture.put(word) } }),
    ("is the most there can be", { capture in for word in [0x77, 0x1000_0000, 0, 0] as [UInt32] { capture.put(word) } }),
    ("two lengths", { capture in for word in [0xbad, 16, 0, 20] as [UInt32] { capture.put(word) } }),
    ("without a byte order", { $0.block(0x0a0d_0d0a) { $0.bytes = [UInt8](repeating: 0, count: 16) } }),
    ("a block of 255 bytes", { $0.bytes += [6, 0, 0, 0, 255, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7] }),
  ]

  /// Blocks whose two lengths agree, so that they end where they say.
  static let framed: [Damage] = [
    (
      "a packet of 4294967295 bytes",
      { capture in
        capture.block(6) { body in for word in [0, 0, 0, .max, 1, 1] as [UInt32] { body.put(word) } }
      }
    ),
    ("a packet block of 16 bytes", { capture in capture.block(6) { $0.put(UInt32(0)) } }),
    ("longer than its block", { $0.block(1) { $0.bytes = [1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 200, 0] } }),
    ("an interface description of 12 bytes", { $0.block(1) { $0.bytes = [] } }),
    ("interface statistics of 12 bytes", { $0.block(5) { $0.bytes = [] } }),
  ]

  @Test(arguments: unframed + framed)
  func whatFollowsIsRead(_ words: String, _ change: @Sendable (inout CaptureBytes) -> Void) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket(timeLow: 1, [1])
    let start = capture.bytes.count
    change(&capture)
    let length = capture.bytes.count - start
    capture.enhancedPacket(timeLow: 2, [2])
    capture.enhancedPacket(timeLow: 3, [3])
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes) == [[1], [2], [3]])
    #expect(reading.summary.damage.places == 1)
    #expect(reading.summary.damage.bytes == UInt64(length))
    #expect(reading.summary.damage.detail.contains(words), "\(reading.summary.damage.detail)")
  }

  /// Where nothing follows that is a block, the capture ends there.
  @Test(arguments: unframed, [0, 1, 700])
  func damageWithoutABlockBehindItEndsTheCapture(_ damage: Damage, _ more: Int) throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket([1])
    damage.change(&capture)
    capture.bytes += [UInt8](repeating: 0xaa, count: more)
    let reading = try read(capture)
    #expect(reading.packets.map(\.bytes) == [[1]])
    #expect(reading.error?.reason == .damaged)
    #expect(reading.error?.detail.contains(damage.words) == true, "\(reading.error?.detail ?? "none")")
  }

  /// Nothing is known of the blocks of a version that does not exist.
  @Test func aSectionOfAnotherVersionEndsTheCapture() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket([1])
    capture.block(0x0a0d_0d0a) { $0.bytes = [0x4d, 0x3c, 0x2b, 0x1a, 7, 0, 0, 0] + [UInt8](repeating: 255, count: 8) }
    capture.interface(linkType: 1)
    capture.enhancedPacket([2])
    let reading = try read(capture)
    #expect(reading.packets.map(\.bytes) == [[1]])
    #expect(reading.error?.detail == "pcapng version 7.0")
  }

  /// A damaged description keeps its number, so that the interfaces behind it keep theirs.
  @Test func interfacesKeepTheirNumbers() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.block(1) { $0.bytes = [1, 0, 0, 0] }
    capture.interface(linkType: 101)
    capture.enhancedPacket(interface: 0, [1])
    capture.enhancedPacket(interface: 1, [2])
    let reading = try read(capture)
    #expect(reading.packets.map(\.linkType) == [.dltRaw])
    #expect(reading.summary.damage.places == 1 && reading.summary.damage.undescribedPackets == 1)
  }

  /// Any part of a capture that is overwritten, deleted or put in costs a few packets around it, and no packet is invented.
  @Test(arguments: 0..<200)
  func anyDamageCostsWhatItTouches(_ seed: UInt64) throws {
    var capture = CaptureBytes(isBigEndian: seed % 2 == 1)
    capture.section()
    capture.interface(linkType: 1)
    let header = capture.bytes.count
    let count = 400
    for number in 0..<count {
      var data = CaptureBytes()
      data.put(UInt32(number))
      capture.enhancedPacket(timeLow: UInt32(number), data.bytes + [UInt8](repeating: UInt8(number % 251), count: number * 7 % 300))
    }
    let whole = try read(capture).packets.map(\.bytes)
    var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    let start = header + random(capture.bytes.count / 2)
    let length = 1 + random(2_000)
    let noise = (0..<length).map { _ in UInt8(random(256)) }
    switch seed % 3 {
    case 0: capture.bytes.replaceSubrange(start..<start + length, with: noise)
    case 1: capture.bytes.removeSubrange(start..<start + length)
    default: capture.bytes.insert(contentsOf: noise, at: start)
    }
    let reading = try read(capture)
    #expect(reading.error == nil)
    let known = Dictionary(uniqueKeysWithValues: whole.enumerated().map { ($1, $0) })
    // Damage inside the data of a packet whose lengths are untouched shows nowhere.
    let places = reading.packets.map { known[$0.bytes] }
    #expect(places.count { $0 == nil } <= 1)
    #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    // 2 000 bytes lie in 60 packets at most, since 300 packets take a hundred bytes or more.
    #expect(places.count >= count - 120)
    #expect(places.last == count - 1)
  }

  /// A capture that is cut off is not damaged, although a block stands in what is left of its last packet.
  @Test func aPacketThatHoldsACaptureAndIsCutOffIsNotSearched() throws {
    var inner = CaptureBytes()
    inner.section()
    inner.interface(linkType: 1)
    inner.enhancedPacket([66])
    inner.enhancedPacket([66])
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket([1])
    capture.enhancedPacket(inner.bytes + [UInt8](repeating: 0, count: 100))
    capture.bytes.removeLast(20)
    let reading = try read(capture)
    #expect(reading.packets.map(\.bytes) == [[1]])
    #expect(reading.error?.reason == .truncated)
  }

  /// Each wrong length makes the reader fetch as much as there can be: the work stays within a few times the size of the capture.
  @Test func wrongLengthsDoNotAddUp() throws {
    var capture = CaptureBytes()
    capture.section()
    capture.interface(linkType: 1)
    let header = capture.bytes.count
    while capture.bytes.count < 24 << 20 {
      for word in [6, 16 << 20, 0, 0, 0, 0] as [UInt32] { capture.put(word) }
      capture.enhancedPacket([1])
      if capture.bytes.count == header + 60 { capture.bytes.reserveCapacity(25 << 20) }
    }
    let clock = ContinuousClock()
    let file = try TemporaryFile(capture.bytes)
    let time = try clock.measure { _ = try Reading(file.path) }
    // 400 000 wrong lengths of 16 MiB would take an hour.
    #expect(time < .seconds(30))
  }
}
