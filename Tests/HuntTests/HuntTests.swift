import Foundation
import TestSupport
import Testing

/// The hunt itself, for a few seconds: `make hunt` runs it for hours.
@Suite struct HuntTests {
  /// Other scripts than those of `make hunt`, the same ones every time.
  @Test func nothingIsFound() throws {
    let findings = NSTemporaryDirectory() + "hunt-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: findings) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuiltProgram.folder + "/hunt")
    process.arguments = [
      "--seed", "20260713", "--scripts", "240", "--seconds", "25", "--reasm", BuiltProgram.reasm,
      "--findings", findings,
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("0 findings"), "\(text)")
  }
}
