import Foundation
import Packets
import Testing

@testable import FlowFiles

@Suite struct TextTests {
  func text(_ append: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    append(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
    (1_700_000_000_001_000_000, "2023-11-14T22:13:20.001000000Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
    (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000000000Z"), (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
    (.max, "2262-04-11T23:47:16.854775807Z"), (.min, "1677-09-21T00:12:43.145224192Z"),
  ]) func times(nanoseconds: Int64, expected: String) {
    #expect(text { $0.append(time: Timestamp(nanoseconds: nanoseconds)) } == expected)
  }

  @Test func timesAgreeWithFoundation() {
    let formatter = ISO8601DateFormatter()
    var random: UInt64 = 1
    for _ in 0..<2_000 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let seconds = Int64(random >> 32) * 2 - 2_000_000_000
      let ours = text { $0.append(time: Timestamp(nanoseconds: seconds * 1_000_000_000), fraction: false) }
      #expect(ours == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))))
    }
  }

  /// Characters that a reader does not see are escaped, those above U+FFFF as two units; joiners stay.
  @Test func invisibleCharactersInJSON() {
    var json = JSONWriter()
    json.string("\u{feff}a\u{e0041}\u{fffa}\u{202e}\u{200d}\u{1f600}")
    #expect(String(decoding: json.bytes, as: UTF8.self) == "\"\\ufeffa\\udb40\\udc41\\ufffa\\u202e\u{200d}\u{1f600}\"")
  }

  @Test func base64AgreesWithFoundation() {
    for count in 0...66 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 250) }
      #expect(text { $0.append(base64: bytes) } == Data(bytes).base64EncodedString())
    }
  }

  @Test(arguments: [
    (UInt64(0), UInt64(0), "::"), (0, 1, "::1"), (0x2001_0db8_0000_0000, 1, "2001:db8::1"),
    (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"), (0x0001_0000_0000_0001, 0x0000_0000_0000_0001, "1:0:0:1::1"),
    (0x0001_0000_0000_0001, 0x0001_0000_0000_0001, "1::1:1:0:0:1"), (0xfe80_0000_0000_0000, 0, "fe80::"),
    (0, 0xffff_c0a8_0001, "::ffff:192.168.0.1"),
    (.max, .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), (0, 0x0001_0000_0000_0000, "::1:0:0:0"),
    (0x0000_0000_0001_0002, 0x0003_0004_0005_0000, "::1:2:3:4:5:0"),
  ]) func ipv6(high: UInt64, low: UInt64, expected: String) {
    #expect(text { $0.append(address: IPAddress(high: high, low: low)) } == expected)
  }

  @Test(arguments: [
    (v4(128, 232, 110, 120), UInt16(34_855), v4(66, 35, 250, 204), UInt16(80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (
      IPAddress(high: 0x2001_0470_e5bf_dead, low: 0x4957_2174_e82c_4887), 63_943, IPAddress(high: 0x2607_f8b0_400c_0c03, low: 0x1a), 25,
      "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="
    ),
  ]) func communityID(source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16, expected: String) throws {
    let key = FlowKey(source: source, destination: destination, sourcePort: sourcePort, destinationPort: destinationPort)
    var id = try CommunityID()
    #expect(text { id.append(key, to: &$0) } == expected)
    #expect(text { id.append(key.reversed, to: &$0) } == expected)
  }

  @Test func jsonStringsAreEscaped() {
    var json = JSONWriter()
    json.string("a\"b\\c\u{1}\n\u{1f}é/")
    #expect(String(decoding: json.bytes, as: UTF8.self) == #""a\"b\\c\u0001\u000a\u001fé/""#)
  }

  @Test func indentedJSON() {
    var json = JSONWriter(isIndented: true)
    json.beginObject()
    json.key("a")
    json.beginArray()
    json.endArray()
    json.key("b")
    json.beginObject()
    json.key("c")
    json.integer(Int64.min)
    json.endObject()
    json.endObject()
    #expect(String(decoding: json.bytes, as: UTF8.self) == "{\n  \"a\": [],\n  \"b\": {\n    \"c\": -9223372036854775808\n  }\n}")
  }

  @Test(arguments: [
    (#"{"id":1,"client_to_server":{"file":"a"},"server_to_client":{"file":"b\"\\\u0041/c"}}"#, ["a", "b\"\\A/c"]),
    (#"{"client_to_server":{"file":null,"x":{"file":"no"},"gaps":[{"file":"no"}]}}"#, []),
    (#"{"x":"client_to_server","file":"no","other":{"file":"no"}}"#, []),
    (#"{"client_to_server":["file","no"]}"#, []), (#"{"client_to_server":{"file":"a"#, []), ("", []), ("}}}}{{{", []),
    (#"{"client_to_server":{"file":"\u12"}}"#, []), (#"{"client_to_server" : {"file" : "a"}} {"server_to_client":{"file":"no"}}"#, ["a"]),
  ]) func indexLinesAreScanned(line: String, expected: [String]) {
    #expect(IndexScanner(Array(line.utf8)).fileNames().map { String(decoding: $0, as: UTF8.self) } == expected)
  }
}
