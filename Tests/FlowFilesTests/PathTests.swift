import Foundation
import Paths
import Testing

@testable import FlowFiles

/// Names of files are bytes, JSON is UTF-8.
@Suite struct PathTests {
  private static func json(_ path: FilePath) throws -> [String: String] {
    var json = JSONWriter()
    json.beginObject()
    json.path("file", path)
    json.endObject()
    return try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: String])
  }

  @Test func aPathThatIsNoTextStandsThereInBase64Too() throws {
    #expect(try Self.json(FilePath("caf\u{e9}")) == ["file": "caf\u{e9}"])
    let path = FilePath([0x63, 0xe9, 0xff])
    #expect(try Self.json(path) == ["file": "c\u{fffd}\u{fffd}", "file_base64": "Y+n/"])
    for length in 0..<50 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 255 - $0) }
      let text = try #require(length == 0 ? "" : try Self.json(FilePath(bytes))["file_base64"])
      #expect([UInt8](base64: Array(text.utf8)) == bytes)
    }
    for text in ["A", "AAA", "A===", "=AAA", "AA=A", "AA A", "é==="] { #expect([UInt8](base64: Array(text.utf8)) == nil, "\(text)") }
  }

  /// What is looked at in a terminal does not drive it.
  @Test func controlsAreEscaped() throws {
    let text = "a\u{1b}\u{7f}\u{9b}\u{85}\u{2028}\u{202e}\u{2066}\u{200f}\n\"\\é\u{1f600}"
    var json = JSONWriter()
    json.string(text)
    #expect(String(decoding: json.bytes, as: UTF8.self) == #""a\u001b\u007f\u009b\u0085\u2028\u202e\u2066\u200f\u000a\"\\é😀""#)
    #expect(try JSONSerialization.jsonObject(with: Data(json.bytes), options: .fragmentsAllowed) as? String == text)
  }

  /// `--force` finds such names again, and takes no other file for them.
  @Test func theIndexNamesFilesThatAreNoText() throws {
    var options = FlowFileOptions()
    options.template = try NameTemplate(FilePath([0xe9, 0x1b, 0xc2, 0x9b, 0x2f] + Array("%N".utf8)))
    let rig = try Rig(options)
    let stream = rig.stream()
    stream.send("x")
    stream.complete()
    try rig.finish()
    let line = try #require(rig.lines().first)
    #expect(line.contains(#""file":"\#u{fffd}\u001b\u009b/001","file_base64":"6RvCmy8wMDE=""#), "\(line)")
    try rig.directory.write("\u{fffd}\u{1b}\u{9b}/001", "theirs")
    _ = try OutputDirectory(path: FilePath(rig.directory.output), force: true)
    #expect(rig.directory.names() == ["\u{fffd}\u{1b}\u{9b}/001"])
  }
}
