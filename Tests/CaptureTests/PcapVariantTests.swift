import Capture
import Packets
import Testing

/// Classic captures as patched and old programs wrote them.
@Suite struct PcapVariantTests {
  private func read(_ capture: CaptureBytes) throws -> Reading {
    let file = try TemporaryFile(capture.bytes)
    return try Reading(file.path)
  }

  /// 24 bytes before each packet: the interface, the protocol and the direction come behind the lengths.
  @Test(arguments: [false, true])
  func modified(bigEndian: Bool) throws {
    var capture = CaptureBytes(isBigEndian: bigEndian)
    capture.fileHeader(magic: 0xa1b2_cd34)
    for byte in [7, 8] as [UInt8] {
      for word in [3, 5, 1, 60, 2, 0x0800_0100] as [UInt32] { capture.put(word) }
      capture.bytes.append(byte)
    }
    let reading = try read(capture)
    #expect(reading.format.container == .pcapModified)
    #expect(reading.packets.map(\.bytes) == [[7], [8]])
    #expect(
      reading.packets[1].info
        == CaptureInfo(
          time: Timestamp(nanoseconds: 3_000_005_000), capturedLength: 1, originalLength: 60, packetNumber: 2))
  }

  /// Versions before 2.3 had the original length first, and 2.3 had either.
  @Test(arguments: [(2, true), (3, true), (3, false), (4, false)])
  func swappedLengths(_ minor: UInt16, _ isSwapped: Bool) throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.bytes[6] = UInt8(minor)
    capture.packet(captured: isSwapped ? 60 : 2, original: isSwapped ? 2 : 60, [1, 2])
    capture.packet([3])
    let reading = try read(capture)
    #expect(reading.packets.map(\.bytes) == [[1, 2], [3]])
    #expect(reading.packets.map(\.info.originalLength) == [60, 1])
  }

  @Test(arguments: [(1, 4), (2, 5), (3, 0)] as [(UInt8, UInt8)])
  func otherVersionsAreRefusedInLibpcapsWords(_ major: UInt8, _ minor: UInt8) throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.bytes[4] = major
    capture.bytes[6] = minor
    let error = try #require(throws: CaptureError.self) { try read(capture) }
    #expect(error.reason == .unsupported)
    #expect(error.detail.contains("pcap savefile"))
  }

  /// A header that promises less than the packets hold loses nothing.
  @Test(arguments: [1, 68, 0, .max] as [UInt32])
  func aWrongSnapshotLength(_ snapshotLength: UInt32) throws {
    var capture = CaptureBytes()
    capture.fileHeader(snapshotLength: snapshotLength)
    capture.packet([UInt8](repeating: 1, count: 9000))
    capture.packet([UInt8](repeating: 2, count: 262_144))
    let reading = try read(capture)
    #expect(reading.error == nil)
    #expect(reading.packets.map(\.bytes.count) == [9000, 262_144])
  }

  @Test func oneByteMoreThanLibpcapTakesIsDamage() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.packet([UInt8](repeating: 1, count: 262_145))
    #expect(try read(capture).error?.reason == .damaged)
  }
}
