import Capture
import Foundation
import Testing

/// How much of the inputs was read: of their bytes as they lie on disk.
@Suite struct ShareTests {
  /// As many packets of 1 kB of noise.
  private static func capture(_ packets: Int) -> CaptureBytes {
    var capture = CaptureBytes()
    capture.fileHeader()
    var random: UInt64 = 7
    for _ in 0..<packets {
      capture.packet(
        (0..<1_000).map { _ in
          random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return UInt8(truncatingIfNeeded: random >> 56)
        })
    }
    return capture
  }

  private func pack(_ file: TemporaryFile, _ command: String) throws -> TemporaryFile {
    let packed = try TemporaryFile([])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.standardInput = FileHandle(forReadingAtPath: file.path)
    process.standardOutput = FileHandle(forWritingAtPath: packed.path)
    try process.run()
    process.waitUntilExit()
    return packed
  }

  /// In blocks of a quarter of the capture at most.
  private static let commands = ["cat", "gzip", "zstd", "xz", "lz4 -B4", "bzip2 -1"].filter { command in
    FileManager.default.isExecutableFile(atPath: "/usr/bin/" + command.prefix { $0 != " " })
  }

  @Test(arguments: commands)
  func isThatOfTheFile(command: String) throws {
    let file = try pack(TemporaryFile(Self.capture(4_000).bytes), command)
    var captures = try CaptureSet(paths: [file.path])
    var shares: [Double] = []
    for number in 0..<4_000 {
      guard captures.next() != nil else { break }
      if number % 400 == 0 { shares.append(captures.shareRead ?? -1) }
    }
    #expect(shares == shares.sorted())
    for (index, share) in shares.enumerated() { #expect(abs(share - Double(index) / 10) < 0.1, "\(shares)") }
    while captures.next() != nil { shares.removeAll() }
    #expect(shares.count == 10)
    let last = captures.shareRead
    #expect(last == 1)
  }

  @Test func severalInputsCountTogether() throws {
    let (large, small) = (try TemporaryFile(Self.capture(300).bytes), try TemporaryFile(Self.capture(100).bytes))
    var captures = try CaptureSet(paths: [large.path, small.path])
    for _ in 0..<300 { _ = captures.next() }
    let share = captures.shareRead ?? -1
    #expect(abs(share - 0.75) < 0.25)
    while captures.next() != nil {}
    let last = captures.shareRead
    #expect(last == 1)
  }

  @Test func whatHasNoSizeHasNoShare() throws {
    let file = try TemporaryFile(Self.capture(1).bytes)
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(Self.capture(1).bytes))
    try pipe.fileHandleForWriting.close()
    let captures = try CaptureSet(paths: [file.path, "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"])
    let share = captures.shareRead
    #expect(share == nil)
  }
}
