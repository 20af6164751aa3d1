import Capture
import Foundation
import Packets
import Testing

@Suite struct RefusalTests {
  /// The error that opening a file of these bytes gives.
  private func refusal(_ bytes: [UInt8], filter: String? = nil) throws -> CaptureError {
    let file = try TemporaryFile(bytes)
    return try #require(throws: CaptureError.self) { try Reading(file.path, filter: filter) }
  }

  @Test func noSuchFile() throws {
    let error = try #require(throws: CaptureError.self) { try Reading("/nowhere/a.pcap") }
    #expect(error.reason == .noSuchFile)
    #expect(error.errno == ENOENT)
    #expect(error.description.hasPrefix("/nowhere/a.pcap: no such file"))
  }

  @Test func aFolderWithoutCaptures() throws {
    let error = try #require(throws: CaptureError.self) { try Reading("/dev") }
    #expect(error.reason == .noCaptures)
  }

  @Test func emptyFile() throws { #expect(try refusal([]).reason == .empty) }

  @Test(
    arguments: [
      ([0x1f, 0x9d, 0x90, 0], "compress(1)"), ([0x5d, 0, 0, 0x80, 0], "LZMA"), (Array("PK\u{3}\u{4}..".utf8), "ZIP"),
      ([0x7f, 0x45, 0x4c, 0x46, 2], "ELF"), (Array("%PDF-1.4".utf8), "PDF"), (Array(" {\"a\":1}\n".utf8), "JSON"),
      (Array("<?xml?>".utf8), "XML"), (Array("0000  45 00\n".utf8), "text"), (Array("snoop\0\0\0".utf8), "snoop"),
      ([0, 0, 0, 0, 0, 0], "zeros"), (Array("x".utf8), "text"),
      ([UInt8](repeating: 0x41, count: 257) + Array("ustar\0".utf8), "tar"),
    ] as [([UInt8], String)])
  func notACaptureSaysWhatItLooksLike(_ bytes: [UInt8], _ word: String) throws {
    let error = try refusal(bytes)
    guard case .notACapture(let looksLike, let advice) = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(looksLike?.contains(word) == true)
    #expect(!advice.isEmpty)
    #expect(!error.description.contains("\n"))
  }

  /// Headers of packets that are longer than their number says lead from one to the next, and those of the usual length do not.
  @Test(arguments: [4, 8, 12], [false, true])
  func classicCapturesWithLongerPacketHeaders(more: Int, isModified: Bool) throws {
    var capture = CaptureBytes()
    capture.fileHeader(magic: isModified ? 0xa1b2_cd34 : 0xa1b2_c3d4)
    for size in [60, 1_000, 77, 300] {
      capture.packet(captured: UInt32(size), original: UInt32(size), [UInt8](repeating: 0xee, count: (isModified ? 8 : 0) + more + size))
    }
    let error = try refusal(capture.bytes)
    guard case .notACapture(let looksLike, let advice) = error.reason else {
      Issue.record("\(error)")
      return
    }
    #expect(looksLike?.contains("\(more) more bytes") == true)
    #expect(advice == "convert it: editcap -F pcap FILE out.pcap")
  }

  @Test func unknownBytesAreNotACaptureEither() throws {
    #expect(try refusal([0x01, 0x80, 0xff, 0xfe, 0x00]).reason == .notACapture(looksLike: nil, advice: "give a pcap or pcapng file"))
  }

  /// At every length below that of its header, a capture is refused and nothing is read beyond it.
  @Test(arguments: 1..<24)
  func aCutHeader(length: Int) throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    let reason = try refusal(Array(capture.bytes.prefix(length))).reason
    if length >= 4 {
      #expect(reason == .cutHeader)
    } else if case .notACapture = reason {
    } else {
      Issue.record("\(reason)")
    }
  }

  @Test func aWrongFilterComesWithLibpcapsWords() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    let error = try refusal(capture.bytes, filter: "tcp prot 80")
    #expect(error.reason == .filter(expression: "tcp prot 80"))
    #expect(!error.detail.isEmpty)
    #expect(error.description.contains("'tcp prot 80'"))
  }

  /// At every length between two packets, the first is given and the second is missing.
  @Test(arguments: 24 + 20 + 1..<24 + 40)
  func aCaptureCutInAPacketGivesWhatIsWhole(length: Int) throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.packet([1, 2, 3, 4])
    capture.packet([5, 6, 7, 8])
    let file = try TemporaryFile(Array(capture.bytes.prefix(length)))
    let reading = try Reading(file.path)
    #expect(reading.packets.map(\.bytes) == [[1, 2, 3, 4]])
    #expect(reading.error?.reason == .truncated)
  }

  @Test func aPacketOfAnImpossibleLengthIsDamage() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.packet([1])
    capture.packet(captured: 0x7fff_ffff, original: 1, [2])
    let file = try TemporaryFile(capture.bytes)
    let reading = try Reading(file.path)
    #expect(reading.packets.count == 1)
    #expect(reading.error?.reason == .damaged)
  }

  @Test func linkTypesHaveNames() {
    #expect(LinkType.ethernet.libpcapName == "EN10MB (Ethernet)")
    #expect(LinkType(rawValue: 127).libpcapName?.hasPrefix("IEEE802_11_RADIO (") == true)
    #expect(LinkType(rawValue: 60000).libpcapName == nil)
  }
}
