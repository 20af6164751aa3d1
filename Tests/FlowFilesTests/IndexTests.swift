import Foundation
import Packets
import Paths
import Testing

@testable import FlowFiles
@testable import Reassembly

@Suite struct IndexTests {
  @Test func aLineWithEverything() throws {
    var layers = LayerPath()
    layers.append(.vlan, 42)
    layers.append(.mpls, 16)
    var options = FlowFileOptions()
    options.hashes = true
    let rig = try Rig(options)
    let stream = rig.stream(opening(layers: layers))
    stream.send("abcd", 4)
    stream.lose(4, at: 4)
    stream.send("hello", 5)
    #expect(stream.again("XYZ", at: 0, 6) == .compared)
    var originator = half(9)
    originator.packets = 7
    originator.length = 13
    originator.payloadBytes = 14
    originator.gapCount = 1
    originator.gapBytes = 4
    originator.retransmittedBytes = 3
    originator.outOfOrderPackets = 1
    originator.dropped[.beyondFin] = 2
    originator.anomalies[.keepAlive] = 1
    stream.complete(report(1, originator, half(0, sequence: 5_001)))
    let digest = try #require(Digest(.sha256))
    digest.update(Array("abcd".utf8) + [0, 0, 0, 0] + Array("hello".utf8))
    let hash = digest.finish().map { String(format: "%02x", $0) }.joined()
    #expect(
      rig.lines() == [
        #"{"id":1,"community_id":"1:3k1SoWXs/FltHw2aBCgUTgbDQF4=","client":{"ip":"10.0.0.1","port":40000},"server":{"ip":"10.0.0.2","port":80},"#
          + #""client_by":"syn","layers":["vlan:42","mpls:16"],"start":"2023-11-14T22:13:20.001000000Z","end":"2023-11-14T22:13:20.012000000Z","#
          + #""first_packet":1,"last_packet":14,"#
          + #""display_filter":"((ip.src==10.0.0.1 && tcp.srcport==40000 && ip.dst==10.0.0.2 && tcp.dstport==80) || "#
          + "(ip.src==10.0.0.2 && tcp.srcport==80 && ip.dst==10.0.0.1 && tcp.dstport==40000)) && !icmp "
          + #"&& frame.number>=1 && frame.number<=14","handshake":"complete","close":"fin","#
          + #""client_to_server":{"file":"010.000.000.001.40000-010.000.000.002.00080--42","complete":false,"#
          + #""incomplete_because":["gap","conflict"],"whole_bytes":false,"start":"syn","end":"fin","seq":1001,"#
          + #""packets":7,"bytes":9,"length":13,"payload_bytes":14,"file_size":13,"gap_count":1,"gap_bytes":4,"#
          + #""gaps":[{"offset":4,"length":4,"kind":"lost","by":"age","acked":true,"file_offset":4,"file_length":4}],"#
          + #""retransmitted_bytes":3,"out_of_order_packets":1,"conflict_count":1,"#
          + #""conflicts":[{"offset":0,"length":3,"kept":{"packet":4,"data":"YWJj"},"other":{"packet":6,"data":"WFla"}}],"#
          + #""dropped":{"beyond_fin":2},"anomalies":{"keep_alive":1},"sha256":"\#(hash)"},"#
          + #""server_to_client":{"file":null,"complete":true,"whole_bytes":true,"start":"syn","end":"fin","seq":5001,"packets":3,"bytes":0}}"#
      ])
  }

  @Test func eachConnectionHasItsOwnLayers() throws {
    let rig = try Rig()
    for (id, kind) in [LayerPath.Kind.vlan, .vlan, .gre].enumerated() {
      var layers = LayerPath()
      layers.append(kind, UInt32(7 + id / 2))
      if id == 2 { layers.append(.vlan, 9) }
      let stream = rig.stream(opening(UInt64(id + 1), layers: layers))
      stream.send("x")
      stream.complete(report(UInt64(id + 1), half(1), half(0)))
    }
    let plain = rig.stream(opening(4))
    plain.complete(report(4))
    let lines = rig.lines()
    #expect(lines.map { $0.contains(#""layers":["vlan:7"]"#) } == [true, true, false, false])
    #expect(lines[2].contains(#""layers":["gre:8","vlan:9"]"#))
    #expect(!lines[3].contains("layers"))
    #expect(rig.directory.names() == [sampleName + "--7", sampleName + "--7c1", sampleName + "--9c2"])
  }

  @Test func severalInputsAndTheOtherWayRound() throws {
    var options = FlowFileOptions()
    options.inputCount = 2
    let rig = try Rig(options)
    let stream = rig.stream(opening(input: 0))
    stream.send("abc", 4)
    let bytes = Array("Xbc".utf8)
    _ = stream.repeated(bytes.span, at: 0, stamp: packet(2, input: 1), from: .originator)
    var report = report(1, half(3, start: .midstream, end: .none, sequence: nil), half(0, start: .none, end: .none, sequence: nil))
    report.client = .responder
    report.clientBy = .port
    report.handshake = .none
    report.close = .open
    report.lastInfo = packet(3, input: 1, milliseconds: 5)
    stream.complete(report)
    let line = try #require(rig.lines().first)
    #expect(line.contains(#""client":{"ip":"10.0.0.2","port":80},"server":{"ip":"10.0.0.1","port":40000},"client_by":"port","start""#))
    #expect(line.contains(#""first_packet":1,"last_packet":3,"first_input":0,"last_input":1,"display_filter":"((ip.src=="#))
    #expect(line.contains(#")) && !icmp","handshake":"none","close":"open""#))
    #expect(
      line.contains(
        #""client_to_server":{"file":null,"complete":false,"incomplete_because":["no_syn","no_end"],"whole_bytes":true,"start":"none","#
          + #""end":"none","packets":3,"bytes":0}"#))
    #expect(line.contains(#""kept":{"packet":4,"input":0,"data":"YQ=="},"other":{"packet":2,"input":1,"data":"WA=="}"#))
  }

  @Test func completeMeansWhole() {
    #expect(!IncompleteReason.anyHolds(for: half(), nil))
    let changes: [(inout HalfReport) -> Void] = [
      { $0.start = .midstream }, { $0.end = .rst }, { $0.end = .none }, { $0.gapCount = 1 }, { $0.withdrawn = true },
      { $0.anomalies[.unchecked] = 1 },
    ]
    for change in changes {
      var changed = half()
      change(&changed)
      #expect(IncompleteReason.anyHolds(for: changed, nil))
    }
  }

  @Test func everyLineIsJSON() throws {
    var options = FlowFileOptions()
    options.template = try NameTemplate("q\"\\\u{7}%N")
    let rig = try Rig(options)
    let stream = rig.stream()
    stream.send("x")
    stream.complete(report(1, half(1), half(0)))
    let line = try #require(rig.lines().first)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect((object["client_to_server"] as? [String: Any])?["file"] as? String == "q\"\\\u{7}001")
    #expect(IndexScanner(Array(line.utf8)).fileNames() == [Array("q\"\\\u{7}001".utf8)])
  }

  @Test func noIndex() throws {
    var options = FlowFileOptions()
    options.writesIndex = false
    let rig = try Rig(options)
    rig.stream().complete()
    try rig.finish()
    #expect(try FileManager.default.contentsOfDirectory(atPath: rig.directory.output).isEmpty)
  }

  @Test func runReport() throws {
    let rig = try Rig()
    var report = RunReport(version: "1.0")
    var input = RunReport.Input(file: "a\"b.pcap")
    input.format = "pcap"
    input.linkTypes = ["EN10MB"]
    input.size = 24
    input.packets = 2
    input.first = Timestamp(nanoseconds: 0)
    report.inputs = [input]
    report.options = [
      ("gaps", .text("zero")), ("max_gap", .integer(5)), ("hash", .bool(true)), ("output", .none), ("key", .list(["vlan"])),
    ]
    report.limits = [
      RunReport.Limit(name: "memory_limit", value: 268_435_456, hits: 3), RunReport.Limit(name: "max_connections", value: nil, hits: 0),
    ]
    report.skipped = [.notIP: 4, .truncated: 0]
    report.cutPackets = 5
    report.statistics.checksumsChecked = 7
    report.statistics.checksumsBad = 6
    report.statistics.dropped[.late] = 9
    report.exitStatus = 2
    try rig.factory.finish(report: report)
    let text = try #require(rig.directory.text("run.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["schema"] as? Int == 1)
    #expect(object["exit_status"] as? Int == 2)
    #expect(object["filter"] is NSNull)
    #expect((object["skipped_packets"] as? [String: Int]) == ["not_ip": 4])
    #expect(object["cut_packets"] as? Int == 5)
    #expect((object["counters"] as? [String: Int])?["checksums_checked"] == 7)
    #expect((object["counters"] as? [String: Int])?["checksums_bad"] == 6)
    #expect((object["dropped"] as? [String: Int])?["late"] == 9)
    #expect((object["limits"] as? [String: [String: Any]])?["memory_limit"]?["hits"] as? Int == 3)
    #expect(text.hasPrefix("{\n  \"schema\": 1,\n  \"version\": \"1.0\",\n  \"inputs\": [\n    {\n      \"file\": \"a\\\"b.pcap\",\n"))
    #expect(text.hasSuffix("  \"exit_status\": 2\n}\n"))
    #expect(String(decoding: report.json(), as: UTF8.self) == text)
  }
}
