import Capture
import Foundation
import Packets
import Paths
import Testing

/// Several inputs as one.
@Suite struct MergeTests {
  /// Reads captures of packets at these seconds; answers input and time of each packet.
  private func merge(_ inputs: [[UInt32]]) throws -> [String] {
    let files = try inputs.map { seconds in
      var capture = CaptureBytes()
      capture.fileHeader()
      for second in seconds { capture.packet(seconds: second, [UInt8(truncatingIfNeeded: second)]) }
      return try TemporaryFile(capture.bytes)
    }
    var captures = try CaptureSet(paths: files.map(\.path))
    var found: [String] = []
    var numbers = [UInt64](repeating: 0, count: inputs.count)
    while let packet = captures.next() {
      let input = Int(packet.info.input)
      numbers[input] += 1
      #expect(packet.info.packetNumber == numbers[input])
      #expect(packet.bytes[0] == UInt8(truncatingIfNeeded: packet.info.time.nanoseconds / 1_000_000_000))
      found.append("\(input):\(packet.info.time.nanoseconds / 1_000_000_000)")
    }
    for (index, seconds) in inputs.enumerated() {
      let summary = captures.summary(index)
      #expect(summary.packets == UInt64(seconds.count))
      #expect(summary.first == seconds.first.map { Timestamp(nanoseconds: Int64($0) * 1_000_000_000) })
      #expect(summary.last == seconds.last.map { Timestamp(nanoseconds: Int64($0) * 1_000_000_000) })
    }
    return found
  }

  @Test func byTime() throws {
    #expect(try merge([[1, 4, 6], [2, 3, 9], [], [5]]) == ["0:1", "1:2", "1:3", "0:4", "3:5", "0:6", "1:9"])
  }

  @Test func equalTimesGoByInput() throws { #expect(try merge([[2, 2], [1, 2, 3], [2]]) == ["1:1", "0:2", "0:2", "1:2", "2:2", "1:3"]) }

  @Test func aFileOutOfOrderKeepsItsOwnOrder() throws {
    #expect(try merge([[5, 1, 7], [2, 6]]) == ["1:2", "0:5", "0:1", "1:6", "0:7"])
  }

  /// More inputs than are held open before they are due, shuffled.
  @Test func manyInputs() throws {
    let inputs = (0..<40).map { (index: UInt32) -> [UInt32] in
      let start: UInt32 = index * 17 % 40 + 1
      return [0, 40, 80, 120, 160].map { (step: UInt32) in start + step }
    }
    let times = try merge(inputs).compactMap { Int($0.split(separator: ":")[1]) }
    #expect(times == Array(1...200))
  }

  /// All inputs are open at once, most of them without a descriptor of their own, and each is larger than a buffer.
  @Test func inputsThatAreOpenWithoutADescriptor() throws {
    let inputs = (0..<12).map { index in
      var capture = CaptureBytes()
      capture.fileHeader()
      for packet in 0..<40 { capture.packet(seconds: UInt32(1 + packet * 12 + index), [UInt8](repeating: UInt8(index), count: 1500)) }
      return capture.bytes
    }
    let files = try inputs.map { try TemporaryFile($0) }
    var captures = try CaptureSet(paths: files.map(\.path))
    var count = 0
    while let packet = captures.next() {
      #expect(packet.info.time.nanoseconds == Int64(count + 1) * 1_000_000_000)
      #expect(packet.bytes[1499] == UInt8(count % 12))
      count += 1
    }
    #expect(count == 480)
  }

  @Test func aFolderStandsForItsCapturesByName() throws {
    let folder = NSTemporaryDirectory() + "reasm-folder-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/deeper", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.packet([1])
    let files: [String: [UInt8]] = [
      "b.pcap": capture.bytes, "a": capture.bytes, "deeper/c.pcap": capture.bytes, "notes.txt": Array("text".utf8), "empty.pcap": [],
      "cut.pcap": Array(capture.bytes.prefix(10)),
    ]
    for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name)) }
    let captures = try CaptureSet(paths: [folder])
    #expect(
      (0..<captures.count).map { captures.summary($0).path.description } == [folder + "/a", folder + "/b.pcap", folder + "/cut.pcap"])
    #expect(captures.summary(2).error?.reason == .cutHeader)
    #expect(captures.filesPassedOver == 2)
  }

  @Test func whatCannotBeReadLeavesTheOthers() throws {
    var capture = CaptureBytes()
    capture.fileHeader()
    capture.packet([1])
    capture.packet([2])
    let whole = try TemporaryFile(capture.bytes)
    let cut = try TemporaryFile(Array(capture.bytes.dropLast()))
    var captures = try CaptureSet(paths: ["/nowhere", cut.path, whole.path])
    var inputs: [UInt32] = []
    while let packet = captures.next() { inputs.append(packet.info.input) }
    #expect(inputs == [1, 2, 2])
    #expect((0..<3).map { captures.summary($0).error?.reason } == [.noSuchFile, .truncated, nil])
  }
}
