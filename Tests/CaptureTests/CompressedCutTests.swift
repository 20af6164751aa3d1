import Capture
import Foundation
import Testing

/// A capture that was cut and compressed then: as the same cut that is not compressed.
@Suite struct CompressedCutTests {
  private static let packets: [[UInt8]] = [[1, 2, 3, 4], [5, 6, 7], [8]]

  private static func capture(isPcapng: Bool) -> (bytes: [UInt8], borders: [Int]) {
    var capture = CaptureBytes()
    capture.beginning(isPcapng: isPcapng)
    var borders = [capture.bytes.count]
    for packet in packets {
      if isPcapng { capture.enhancedPacket(packet) } else { capture.packet(packet) }
      borders.append(capture.bytes.count)
    }
    return (capture.bytes, borders)
  }

  private static let compressors = ["gzip", "zstd", "xz", "lz4", "bzip2"].filter {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
  }

  /// The cuts at every byte, each compressed.
  private func cuts(_ bytes: [UInt8], _ compressor: String) throws -> (folder: TemporaryFile, path: (Int) -> String) {
    let whole = try TemporaryFile(bytes)
    let script = "for size in $(seq 0 \(bytes.count)); do head -c $size \"$0\" | \(compressor) -c > \"$0-$size\"; done"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, whole.path]
    try process.run()
    process.waitUntilExit()
    return (whole, { "\(whole.path)-\($0)" })
  }

  @Test(arguments: compressors, [false, true])
  func atEveryByte(_ compressor: String, _ isPcapng: Bool) throws {
    let (bytes, borders) = Self.capture(isPcapng: isPcapng)
    let (whole, path) = try cuts(bytes, compressor)
    defer { for length in 0...bytes.count { try? FileManager.default.removeItem(atPath: path(length)) } }
    for length in 0...bytes.count {
      // Behind the section header a pcapng is whole, and has nothing in it.
      guard length >= borders[0] || isPcapng && length == 28 else {
        #expect(throws: CaptureError.self, "\(length)") { try Reading(path(length)) }
        continue
      }
      let reading = try Reading(path(length))
      #expect(reading.packets.map(\.bytes) == Array(Self.packets.prefix(max(0, borders.count { $0 <= length } - 1))), "\(length)")
      let isWhole = borders.contains(length) || isPcapng && length == 28
      #expect(reading.error?.reason == (isWhole ? nil : .truncated), "\(length)")
    }
    withExtendedLifetime(whole) {}
  }
}
