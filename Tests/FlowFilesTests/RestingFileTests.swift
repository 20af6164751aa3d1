import Glibc
import Packets
import Reassembly
import Testing

@testable import FlowFiles

/// Files of which nothing is in memory, and what connections keep of them.
@Suite struct RestingFileTests {
  private final class WeakFile {
    weak var file: FlowFile?
    init(_ file: FlowFile?) { self.file = file }
  }

  /// Room for two buffers and two descriptors.
  private static func options(_ change: (inout FlowFileOptions) -> Void = { _ in }) -> FlowFileOptions {
    var options = FlowFileOptions()
    options.bufferMemory = 2 << 10
    options.maxOpenFiles = 2
    change(&options)
    return options
  }

  private static func streams(_ rig: Rig, _ count: Int) -> [ConnectionStream] {
    (0..<count).map { number in
      let key = FlowKey(
        source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16(40_000 + number), destinationPort: 80)
      return rig.stream(opening(UInt64(number + 1), key: key))
    }
  }

  /// Bytes go on where they ended, on both sides, however often the file rested; and copies are compared with the whole of it.
  @Test func aFileGoesOnAfterItsRest() throws {
    let rig = try Rig(Self.options())
    let streams = Self.streams(rig, 20)
    for round in 0..<5 {
      for (number, stream) in streams.enumerated() {
        stream.send("<\(number) \(round)>", UInt64(round), .originator)
        stream.send("[\(number) \(round)]", UInt64(round), .responder)
      }
    }
    for (number, stream) in streams.enumerated() {
      let text = (0..<5).map { "<\(number) \($0)>" }.joined()
      #expect(stream.again(text, at: 0) == .compared)
      #expect(stream.again("x", at: 1) == .compared)
      #expect(stream.conflicts.count == 1)
      let answer = (0..<5).map { "[\(number) \($0)]" }.joined()
      stream.complete(report(UInt64(number + 1), key: stream.key, half(Int64(text.utf8.count)), half(Int64(answer.utf8.count))))
      let names = ["010.000.000.001.\(40_000 + number)-010.000.000.002.00080", "010.000.000.002.00080-010.000.000.001.\(40_000 + number)"]
      #expect(rig.lines().count == number + 1)
      #expect(names.map(rig.directory.text) == [text, answer])
    }
    #expect(rig.factory.firstError == nil)
  }

  @Test func whatIsQuietTakesNoObject() throws {
    let rig = try Rig(Self.options())
    let streams = Self.streams(rig, 50)
    var files: [WeakFile] = []
    for stream in streams {
      stream.send("hello")
      files.append(WeakFile(stream.existingFile(of: .originator)))
    }
    #expect(files.filter { $0.file != nil }.count <= 6)
    for stream in streams.reversed() { stream.send(" again") }
    #expect(files.filter { $0.file != nil }.count <= 6)
    for stream in streams { stream.complete(report(stream.id, key: stream.key, half(11), half(0))) }
    #expect(rig.lines().count == 50)
    #expect(rig.directory.names().allSatisfy { rig.directory.text($0) == "hello again" })
  }

  /// What is out of the ordinary stays: gaps, conflicts, hashes, files that are full.
  @Test func whatIsKnownBesidesStays() throws {
    let rig = try Rig(Self.options { $0.hashes = true })
    let streams = Self.streams(rig, 20)
    for stream in streams {
      stream.send("ab")
      stream.lose(2, at: 2)
    }
    for stream in streams { stream.send("cd") }
    for stream in streams.reversed() { stream.complete(report(stream.id, key: stream.key, half(4), half(0))) }
    let lines = rig.lines()
    #expect(lines.count == 20)
    #expect(lines.allSatisfy { $0.contains(#""gaps":[{"offset":2,"length":2"#) && $0.contains("sha256") })
    #expect(rig.directory.names().allSatisfy { rig.directory.text($0) == "ab\0\0cd" })
  }

  /// Somebody put another file in the place of one that rests: nothing is written to it.
  @Test func anotherFileInItsPlace() throws {
    let rig = try Rig(Self.options())
    let streams = Self.streams(rig, 20)
    for stream in streams { stream.send("hello") }
    let path = rig.directory.output + "/" + sampleName
    try rig.directory.write("other", "somebody else's")
    #expect(rename(rig.directory.output + "/other", path) == 0)
    for stream in streams { stream.send(" again") }
    for stream in streams { stream.complete(report(stream.id, key: stream.key, half(11), half(0))) }
    _ = rig.lines()
    #expect(rig.directory.text(sampleName) == "somebody else's")
    #expect(rig.factory.connectionsWithErrors == 1)
    #expect(rig.factory.firstError?.reason == .system(SystemError(code: ESTALE)))
  }
}
