import CCompression
import Capture
import Packets
import Paths
import Testing

/// Key logs in Decryption Secrets Blocks.
@Suite struct SecretsBlockTests {
  /// Packets and key logs in the order in which a reader gets them.
  private func events(_ bytes: [UInt8]) throws -> [String] {
    let file = try TemporaryFile(bytes)
    var events: [String] = []
    var captures = try CaptureSet(
      paths: [FilePath(file.path)], onSecrets: { events.append("secrets " + String(decoding: $0, as: UTF8.self)) })
    while let packet = captures.next() { events.append("packet \(packet.bytes[0])") }
    if captures.summary(0).error != nil { events.append("damaged") }
    return events
  }

  private func beginning(isBigEndian: Bool = false) -> CaptureBytes {
    var capture = CaptureBytes(isBigEndian: isBigEndian)
    capture.section()
    capture.interface(linkType: 1)
    return capture
  }

  @Test(arguments: [false, true]) func aBlockOfEitherByteOrder(_ isBigEndian: Bool) throws {
    var capture = beginning(isBigEndian: isBigEndian)
    capture.secrets("one\n")
    capture.enhancedPacket([1])
    #expect(try events(capture.bytes) == ["secrets one\n", "packet 1"])
  }

  /// Secrets of a regular file are known before its packets, and come once.
  @Test func severalBlocksBehindPackets() throws {
    var capture = beginning()
    capture.enhancedPacket([1])
    capture.secrets("one")
    capture.enhancedPacket([UInt8](repeating: 2, count: 200_000))
    capture.secrets("three")
    capture.secrets("")
    capture.secrets("fourteen bytes")
    #expect(
      try events(capture.bytes) == ["secrets one", "secrets three", "secrets ", "secrets fourteen bytes", "packet 1", "packet 2"])
  }

  @Test(arguments: [false, true], [false, true]) func blocksOfSectionsInTheirOwnByteOrder(_ first: Bool, _ second: Bool) throws {
    var capture = beginning(isBigEndian: first)
    capture.secrets("first")
    capture.enhancedPacket([1])
    capture.isBigEndian = second
    capture.section()
    capture.interface(linkType: 1)
    capture.enhancedPacket([2])
    capture.secrets("second")
    #expect(try events(capture.bytes) == ["secrets first", "secrets second", "packet 1", "packet 2"])
  }

  /// Secrets of WireGuard, ZigBee and unknown kinds are ignored, and so are options behind a key log.
  @Test func whatIsNoKeyLogIsIgnored() throws {
    var capture = beginning()
    for type: UInt32 in [0x5747_4b4c, 0x5a4e_574b, 0, .max] { capture.secrets("none", type: type) }
    capture.secrets("log!", behind: [1, 0, 4, 0, 0x6e, 0x6f, 0x74, 0x65, 0, 0, 0, 0])
    capture.enhancedPacket([1])
    #expect(try events(capture.bytes) == ["secrets log!", "packet 1"])
  }

  /// A length that the block does not have makes no secret, and the packets behind it are read.
  @Test(arguments: [5, 8, 100, UInt32.max - 16, .max]) func aLengthBeyondTheBlock(_ stated: UInt32) throws {
    var capture = beginning()
    capture.secrets("1234", stated: stated)
    capture.enhancedPacket([1])
    capture.secrets("good")
    #expect(try events(capture.bytes) == ["secrets good", "packet 1"])
  }

  /// A block of less than its fixed fields makes no secret.
  @Test(arguments: [0, 4]) func aBlockWithoutItsFields(_ length: Int) throws {
    var capture = beginning()
    capture.block(10) { $0.bytes += [UInt8](repeating: 0x4b, count: length) }
    capture.enhancedPacket([1])
    #expect(try events(capture.bytes) == ["packet 1"])
  }

  /// Wherever the file ends, what stands before is read, and a cut block is none.
  @Test func aFileThatIsCut() throws {
    var capture = beginning()
    capture.secrets("whole")
    capture.enhancedPacket([1])
    let whole = capture.bytes.count
    capture.secrets("cut off here")
    for count in (whole + 1)..<capture.bytes.count {
      let found = try events(Array(capture.bytes[..<count]))
      #expect(found.filter { $0 != "damaged" } == ["secrets whole", "packet 1"], "\(count)")
    }
  }

  /// The lengths of blocks in front lead nowhere; the packets before the damage are read.
  @Test(arguments: [0, 8, 11, 13, 0x7fff_fffc, UInt32.max]) func aBlockLengthThatCannotBe(_ length: UInt32) throws {
    var capture = beginning()
    capture.secrets("before")
    capture.enhancedPacket([1])
    capture.put(UInt32(10))
    capture.put(length)
    capture.bytes += [UInt8](repeating: 0, count: 16)
    let found = try events(capture.bytes)
    #expect(found.filter { $0 != "damaged" } == ["secrets before", "packet 1"])
  }

  /// In a compressed file the blocks come where they stand.
  @Test func blocksOfACompressedFile() throws {
    var capture = beginning()
    capture.enhancedPacket([1])
    capture.secrets("behind")
    let file = try TemporaryFile(Self.gzip(capture.bytes))
    var events: [String] = []
    var captures = try CaptureSet(
      paths: [FilePath(file.path)], onSecrets: { events.append("secrets " + String(decoding: $0, as: UTF8.self)) })
    let mayHoldSecrets = captures.mayHoldSecrets
    #expect(mayHoldSecrets)
    while let packet = captures.next() { events.append("packet \(packet.bytes[0])") }
    #expect(events == ["packet 1", "secrets behind"])
  }
}

extension SecretsBlockTests {
  /// A gzip file of one stored block (RFC 1951, section 3.2.4).
  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var body = CaptureBytes()
    body.bytes = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]
    body.put(UInt16(bytes.count))
    body.put(~UInt16(bytes.count))
    body.bytes += bytes
    body.put(UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(bytes.count))))
    body.put(UInt32(bytes.count))
    return body.bytes
  }
}

extension CaptureBytes {
  /// A Decryption Secrets Block, with `stated` as the length of the secrets where that is not the real one, and options behind them.
  fileprivate mutating func secrets(_ text: String, type: UInt32 = 0x544c_534b, stated: UInt32? = nil, behind options: [UInt8] = []) {
    let bytes = Array(text.utf8)
    block(10) { body in
      body.put(type)
      body.put(stated ?? UInt32(bytes.count))
      body.bytes += bytes + options
    }
  }
}
