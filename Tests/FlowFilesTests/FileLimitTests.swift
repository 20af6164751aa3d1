import Foundation
import Glibc
import Packets
import Reassembly
import Testing

@testable import FlowFiles

/// Options that keep bytes out of files, or make files without bytes.
@Suite struct FileLimitTests {
  private static func options(_ change: (inout FlowFileOptions) -> Void) -> FlowFileOptions {
    var options = FlowFileOptions()
    change(&options)
    return options
  }

  /// Sends in pieces, completes, and answers the file and the client's part of the index line.
  private static func run(_ options: FlowFileOptions, _ pieces: [String], gap: Int64 = 0) throws -> (file: String?, line: [String: Any]) {
    let rig = try Rig(options)
    let stream = rig.stream()
    var bytes: Int64 = 0
    for piece in pieces {
      stream.send(piece)
      if bytes == 0, gap > 0 { stream.lose(gap, at: Int64(piece.utf8.count)) }
      bytes += Int64(piece.utf8.count)
    }
    var half = half(bytes)
    half.length += gap
    half.gapBytes = gap
    half.gapCount = gap > 0 ? 1 : 0
    stream.complete(report(1, half))
    let line = try #require(rig.lines().first)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    return (rig.directory.text(sampleName), try #require(object["client_to_server"] as? [String: Any]))
  }

  @Test(
    arguments: [
      (1, "h"), (5, "hello"), (6, "hello "), (8, "hello wo"), (11, "hello world"), (12, "hello world"),
    ] as [(Int64, String)])
  func aFileStopsAtItsGreatestLength(limit: Int64, expected: String) throws {
    let (file, line) = try Self.run(Self.options { $0.maxBytes = limit }, ["hello ", "wor", "ld"])
    let truncated = 11 - expected.utf8.count
    #expect(file == expected)
    #expect(line["bytes"] as? Int == expected.utf8.count)
    #expect(line["truncated_bytes"] as? Int == (truncated == 0 ? nil : truncated))
    #expect(line["length"] as? Int == (truncated == 0 ? nil : 11))
    #expect(line["payload_bytes"] as? Int == (truncated == 0 ? nil : 11))
    #expect(line["complete"] as? Bool == (truncated == 0))
  }

  /// A hole that would reach beyond the limit takes no room, and nothing follows it.
  @Test(arguments: [(7, "hello "), (10, "hello "), (11, "hello \0\0\0\0w"), (12, "hello \0\0\0\0wo")] as [(Int64, String)])
  func holesCount(limit: Int64, expected: String) throws {
    let (file, line) = try Self.run(Self.options { $0.maxBytes = limit }, ["hello ", "world"], gap: 4)
    #expect(file == expected)
    let bytes = expected.filter { $0 != "\0" }.utf8.count
    #expect(line["bytes"] as? Int == bytes)
    #expect(line["truncated_bytes"] as? Int == 11 - bytes)
    #expect(line["length"] as? Int == 15)
  }

  @Test func whatTheFileDoesNotHaveCannotBeCompared() throws {
    let rig = try Rig(Self.options { $0.maxBytes = 4 })
    let stream = rig.stream()
    stream.send("hello world")
    #expect(stream.again("hell", at: 0) == .compared)
    #expect(stream.again("hello", at: 0) == .unchecked)
    #expect(stream.again("world", at: 6) == .unchecked)
  }

  @Test(arguments: [(11, true), (12, false)] as [(Int64, Bool)])
  func smallDirectionsGetNoFile(minimum: Int64, isWritten: Bool) throws {
    let (file, line) = try Self.run(Self.options { $0.minBytes = minimum }, ["hello ", "world"])
    #expect(file == (isWritten ? "hello world" : nil))
    guard !isWritten else { return }
    #expect(line["file"] is NSNull)
    #expect(line["bytes"] as? Int == 0)
    #expect(line["payload_bytes"] as? Int == 11)
    #expect(line["dropped"] as? [String: Int] == ["below_minimum": 11])
    #expect(line["complete"] as? Bool == false)
  }

  /// What has no file has no place in one, and takes nothing of the room that gaps share.
  @Test func gapsOfSmallDirectionsTakeNoRoom() throws {
    let rig = try Rig(
      Self.options {
        $0.minBytes = 12
        $0.maxHoles = 6
      })
    let small = rig.stream()
    small.send("hello ")
    small.lose(4, at: 6)
    small.send("world", 2)
    small.complete(report(1, half(11)))
    let large = rig.stream(opening(2))
    large.send("hello ")
    large.lose(4, at: 6)
    large.send("world!", 2)
    large.complete(report(2, half(12)))
    #expect(rig.lines().first?.contains(#""acked":true,"file_offset":0,"file_length":0}"#) == true)
    #expect(rig.directory.names() == [sampleName + "c1"])
    #expect(rig.directory.text(sampleName + "c1") == "hello \0\0\0\0world!")
  }

  @Test func aFileThatWasNeededMeanwhileIsRemoved() throws {
    let rig = try Rig(
      Self.options {
        $0.minBytes = 1_000
        $0.template = (try? NameTemplate("a/b/%A.%a-%B.%b")) ?? .standard
      })
    let stream = rig.stream()
    stream.send("hello")
    stream.existingFile(of: .originator)?.giveBackBuffer()
    #expect(rig.directory.names() == ["a/b/" + sampleName])
    stream.complete(report(1, half(5)))
    #expect(rig.directory.names() == [])
    #expect(!FileManager.default.fileExists(atPath: rig.directory.output + "/a"))
  }

  @Test func directionsWithoutBytesGetEmptyFiles() throws {
    let rig = try Rig(Self.options { $0.writesEmpty = true })
    let stream = rig.stream()
    stream.send("x")
    stream.complete(report(1, half(1)))
    let none = rig.stream(opening(2))
    none.complete(report(2))
    let back = "010.000.000.002.00080-010.000.000.001.40000"
    #expect(rig.directory.names() == [sampleName, sampleName + "c1", back, back + "c1"])
    #expect(rig.directory.text(back) == "")
    #expect(rig.directory.text(sampleName + "c1") == "")
    #expect(rig.lines().allSatisfy { !$0.contains("\"file\":null") })
  }

  @Test func emptyFilesHaveAHash() throws {
    let rig = try Rig(
      Self.options {
        $0.writesEmpty = true
        $0.hashes = true
      })
    rig.stream().complete(report(1))
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    #expect(rig.lines().first?.components(separatedBy: "\"sha256\":\"\(hash)\"").count == 3)
  }

  @Test(arguments: [1_700_000_000_001_000_000, 0, -1, -1_500_000_000] as [Int64])
  func theTimeOfAFileIsTheStartOfItsConnection(nanoseconds: Int64) throws {
    let rig = try Rig()
    var start = opening()
    start.info.time = Timestamp(nanoseconds: nanoseconds)
    let stream = rig.stream(start)
    stream.send("x")
    // Closed for somebody else, opened and written again: the time must be set again.
    stream.existingFile(of: .originator)?.giveBackBuffer()
    stream.existingFile(of: .originator)?.closeDescriptor()
    stream.send("y", 2)
    stream.complete()
    var status = stat()
    #expect(stat(rig.directory.output + "/" + sampleName, &status) == 0)
    #expect(Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec) == nanoseconds)
  }
}
