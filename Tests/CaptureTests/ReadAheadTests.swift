import Capture
import Foundation
import Testing

/// Compressed captures that are long enough for a thread of their own.
@Suite struct ReadAheadTests {
  private static let packets = 3_000

  private static let capture: [UInt8] = {
    var capture = CaptureBytes()
    capture.fileHeader()
    var random: UInt64 = 3
    for number in 0..<packets {
      capture.packet(
        (0..<(900 + number % 200)).map { index in
          random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return index % 4 == 0 ? UInt8(truncatingIfNeeded: random >> 56) : UInt8(truncatingIfNeeded: number)
        })
    }
    return capture.bytes
  }()

  private static let compressors = ["gzip", "zstd", "xz", "lz4", "bzip2"].filter {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
  }

  private func packed(_ compressor: String) throws -> TemporaryFile {
    let file = try TemporaryFile(Self.capture)
    let packed = try TemporaryFile([])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/" + compressor)
    // In blocks of 64 KB, because a block that is cut cannot be decompressed.
    process.arguments = compressor == "lz4" ? ["-c", "-B4"] : ["-c"]
    process.standardInput = FileHandle(forReadingAtPath: file.path)
    process.standardOutput = FileHandle(forWritingAtPath: packed.path)
    try process.run()
    process.waitUntilExit()
    return packed
  }

  /// Reads a file, which is there until the end.
  private func read(_ file: TemporaryFile) throws -> Reading {
    defer { withExtendedLifetime(file) {} }
    return try Reading(file.path)
  }

  @Test(arguments: compressors) func packetsAreThoseOfThePlainFile(_ compressor: String) throws {
    let plain = try read(TemporaryFile(Self.capture))
    let reading = try read(packed(compressor))
    #expect(reading.packets.count == Self.packets && reading.error == nil)
    #expect(reading.packets.map(\.bytes) == plain.packets.map(\.bytes))
  }

  /// Cut anywhere: what can be decompressed is read, and then the error comes.
  @Test(arguments: compressors, [3, 5, 9]) func aFileThatIsCut(_ compressor: String, tenths: Int) throws {
    let file = try packed(compressor)
    let bytes = try #require(FileManager.default.contents(atPath: file.path))
    let reading = try read(TemporaryFile(Array(bytes.prefix(bytes.count * tenths / 10))))
    #expect(reading.error?.reason == .truncated)
    #expect(reading.packets.count < Self.packets)
    #expect(compressor == "bzip2" || compressor == "xz" || reading.packets.count > Self.packets * (tenths - 2) / 10)
    let plain = try read(TemporaryFile(Self.capture))
    #expect(reading.packets.map(\.bytes) == plain.packets.prefix(reading.packets.count).map(\.bytes))
  }

  @Test(arguments: compressors) func aFileThatIsDamaged(_ compressor: String) throws {
    let file = try packed(compressor)
    var bytes = Array(try #require(FileManager.default.contents(atPath: file.path)))
    for index in (bytes.count * 7 / 10)..<(bytes.count * 7 / 10 + 200) { bytes[index] ^= 0x5a }
    let reading = try read(TemporaryFile(bytes))
    #expect(reading.error != nil)
    #expect(reading.packets.count < Self.packets)
  }

  /// Reading stops at any packet: the thread ends with its input.
  @Test(arguments: [1, 100, 600, 1_500, 2_999]) func anInputThatIsNotReadToItsEnd(_ packets: Int) throws {
    let file = try packed("gzip")
    for _ in 0..<20 {
      var captures = try CaptureSet(paths: [file.path])
      var read = 0
      while read < packets, captures.next() != nil { read += 1 }
      #expect(read == packets)
    }
    withExtendedLifetime(file) {}
  }

  /// More inputs than may be open at once, merged by time.
  @Test func manyInputs() throws {
    let file = try packed("gzip")
    var captures = try CaptureSet(paths: (0..<12).map { _ in file.path })
    var count = 0
    while captures.next() != nil { count += 1 }
    #expect(count == 12 * Self.packets)
    withExtendedLifetime(file) {}
  }
}
