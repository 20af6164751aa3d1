import Packets
import Paths
import Testing

@testable import FlowFiles

@Suite struct NameTemplateTests {
  static let v6 = FlowKey(
    source: IPAddress(high: 0x2001_0db8_0000_0000, low: 1), destination: IPAddress(high: 0, low: 0), sourcePort: 1, destinationPort: 65_535)

  func render(
    _ template: String, _ key: FlowKey = sampleKey, vlan: UInt32? = nil, count: UInt32 = 0, id: UInt64 = 1, seconds: Int64 = 1_700_000_000
  )
    throws -> String
  {
    var path: [UInt8] = []
    try NameTemplate(template).render(
      NameValues(key: key, vlan: vlan, count: count, id: id, time: Timestamp(nanoseconds: seconds * 1_000_000_000)), into: &path)
    return String(decoding: path, as: UTF8.self)
  }

  @Test(arguments: [
    ("%A", "010.000.000.001"), ("%a", "40000"), ("%B", "010.000.000.002"), ("%b", "00080"), ("%T", "2023-11-14T22_13_20Z"),
    ("%t", "1700000000"), ("%V", "--"), ("%v", "42"), ("%C", "c"), ("%c", "7"), ("%#", "7"), ("%N", "890"), ("%K", "567"),
    ("%M", "234"), ("%G", "001"), ("%S", "00000000001234567890"), ("%%", "%"), ("x%%A", "x%A"), ("a:b", "a:b"),
    ("%A/%a", "010.000.000.001/40000"),
    ("%A.%a-%B.%b%V%v%C%c", "010.000.000.001.40000-010.000.000.002.00080--42c7"), ("é%a", "é40000"),
  ]) func everyToken(template: String, expected: String) throws {
    #expect(try render(template, vlan: 42, count: 7, id: 1_234_567_890) == expected)
  }

  @Test(arguments: [("%V%v%C%c", "_"), ("%#", "0"), ("x%Vy", "xy"), (".%V", "_."), ("..%c", "_.."), ("a/%v/b", "a/_/b"), ("...%c", "...")])
  func nothingToShow(template: String, expected: String) throws {
    #expect(try render(template) == expected)
  }

  @Test func standardIsTcpflows() throws {
    #expect(try render("%A.%a-%B.%b%V%v%C%c") == sampleName)
    #expect(NameTemplate.standard.text == "%A.%a-%B.%b%V%v%C%c")
    var path: [UInt8] = []
    NameTemplate.standard.render(
      NameValues(key: sampleKey, vlan: 42, count: 3, id: 9, time: Timestamp(nanoseconds: 0)), into: &path)
    #expect(String(decoding: path, as: UTF8.self) == sampleName + "--42c3")
  }

  @Test func ethernetAddressesHaveNoColons() throws {
    var values = NameValues(key: sampleKey, vlan: nil, count: 0, id: 1, time: Timestamp(nanoseconds: 0))
    let template = try NameTemplate("%E>%e")
    for (addresses, name) in [
      (nil, "00_00_00_00_00_00>00_00_00_00_00_00"),
      (EthernetAddresses(source: 0x0200_0000_00a1, destination: 0xffee_ddcc_bb09), "02_00_00_00_00_a1>ff_ee_dd_cc_bb_09"),
    ] {
      values.ethernet = addresses
      var path: [UInt8] = []
      template.render(values, into: &path)
      #expect(String(decoding: path, as: UTF8.self) == name)
    }
    #expect(template.namesEthernetAddresses)
    #expect(!NameTemplate.standard.namesEthernetAddresses)
  }

  @Test func ipv6HasNoColons() throws {
    #expect(try render("%A-%B", Self.v6) == "2001_db8__1-__")
    #expect(try render("%A.%a-%B.%b", Self.v6) == "2001_db8__1.00001-__.65535")
  }

  @Test(arguments: [
    ("", NameTemplateError.empty), ("abc%", .endsWithPercent), ("%q", .unknownToken("q")), ("%é", .unknownToken("é")),
    ("/x", .emptyComponent), ("x/", .emptyComponent),
    ("a//b", .emptyComponent),
    ("../%A", .dotComponent), ("%A/./x", .dotComponent), ("..", .dotComponent), ("a\0b", .nul),
    (String(repeating: "x", count: 227), .componentTooLong(256)), (String(repeating: "%A", count: 7), .componentTooLong(302)),
    (String(repeating: "%A/", count: 60) + "x", .pathTooLong(60 * 69 + 31)),
  ]) func errors(template: String, expected: NameTemplateError) {
    #expect(throws: expected) { try NameTemplate(template) }
    #expect(!expected.description.isEmpty)
  }

  @Test func longestPossibleNamesFit() throws {
    #expect(try render(String(repeating: "x", count: 226)).utf8.count == 226)
    let all = FlowKey(
      source: IPAddress(high: .max, low: .max), destination: IPAddress(high: .max, low: .max), sourcePort: .max, destinationPort: .max)
    for token in NameTemplate.Token.allCases {
      let letter = Character(Unicode.Scalar(token.rawValue))
      for seconds in [Int64.min / 1_000_000_000, 0, Int64.max / 1_000_000_000] {
        let text = try render("%\(letter)", all, vlan: .max, count: .max, id: .max, seconds: seconds)
        #expect(text.utf8.count <= token.longest, "%\(letter) gives \(text)")
      }
    }
  }

  /// The name of a clear file is longer than that of its stream, and both may have numbers.
  @Test func longestNamesOfClearFilesFit() throws {
    let directory = try TemporaryDirectory()
    var options = FlowFileOptions()
    options.template = try NameTemplate(
      FilePath(String(repeating: "x", count: NameTemplate.maxComponentLength - NameTemplate.reservedLength)))
    let factory = try FlowFileFactory(
      directory: OutputDirectory(path: FilePath(directory.output), force: false), options: options)
    defer { factory.abandon() }
    var values = NameValues(key: sampleKey, vlan: nil, count: 0, id: 1, time: Timestamp(nanoseconds: 0))
    values.clearOf = .max
    let path = factory.store.path(of: values, number: .max)
    #expect(String(decoding: path, as: UTF8.self).hasSuffix("x~4294967295.clear~4294967295"))
    #expect(path.count <= NameTemplate.maxComponentLength)
  }

  @Test func reservedNamesAsFolders() throws {
    #expect(try render("run.json/%a") == "_run.json/40000")
    #expect(try render("x/run.json") == "x/run.json")
  }
}

@Suite struct FileNamesTests {
  @Test func connectionsOfA4TupleAreCountedBothWays() {
    var names = FileNames()
    #expect(names.connectionCount(for: sampleKey) == 0)
    #expect(names.connectionCount(for: sampleKey.reversed) == 1)
    var scoped = sampleKey
    scoped.scope = 7
    #expect(names.connectionCount(for: scoped) == 2)
    var other = sampleKey
    other.sourcePort = 1
    #expect(names.connectionCount(for: other) == 0)
  }

  @Test func theOldestTupleGoes() {
    var names = FileNames(maxTuples: 3)
    func key(_ port: UInt16) -> FlowKey {
      var key = sampleKey
      key.sourcePort = port
      return key
    }
    for port in UInt16(1)...3 { #expect(names.connectionCount(for: key(port)) == 0) }
    #expect(names.connectionCount(for: key(4)) == 0)
    #expect(names.connectionCount(for: key(2)) == 1)
    #expect(names.connectionCount(for: key(1)) == 0)
  }

  @Test func equalNamesAreNumbered() {
    var names = FileNames()
    let name = Array("x".utf8)
    #expect((1...5).map { _ in names.reserve(name) { _ in false } } == [1, 2, 3, 4, 5])
    #expect(names.reserve(Array("x~3".utf8)) { _ in false } == 2)
    #expect(names.reserve(Array("run.json".utf8)) { _ in false } == 2)
    #expect(names.reserve(Array("connections.ndjson".utf8)) { _ in false } == 2)
    #expect(names.reserve(Array("y".utf8)) { $0 == Array("y".utf8) || $0 == Array("y~2".utf8) } == 3)
  }

  @Test func manyEqualNamesStayCheap() {
    var names = FileNames()
    let name = Array("x".utf8)
    var asked = 0
    for _ in 0..<20_000 {
      _ = names.reserve(name) { _ in
        asked += 1
        return false
      }
    }
    #expect(asked == 20_000)
  }

  @Test func tableAgreesWithADictionary() {
    var table = AgeingTable<UInt32>(capacity: 50)
    var order: [UInt32] = []
    var model: [UInt32: UInt32] = [:]
    var random: UInt32 = 12_345
    for step in UInt32(1)...20_000 {
      random = random &* 1_664_525 &+ 1_013_904_223
      let key = (random >> 16) % 80
      if model[key] == nil {
        if order.count == 50 { model[order.removeFirst()] = nil }
        order.append(key)
      }
      model[key] = step
      table[key] = step
      if step % 100 == 0 { for key in UInt32(0)..<80 { #expect(table[key] == model[key] ?? 0) } }
    }
  }
}
