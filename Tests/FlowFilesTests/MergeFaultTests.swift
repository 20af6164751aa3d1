import Foundation
import Packets
import Paths
import Report
import TestSupport
import Testing

@testable import FlowFiles
@testable import Reassembly

/// Merges of shards that are killed, and records that are damaged.
@Suite struct MergeFaultTests {
  /// Makes a shard with three connections; those of both shards alternate.
  private static func makeShard(_ index: Int, in directory: TemporaryDirectory) throws {
    var options = FlowFileOptions()
    // The first name is free only once.
    options.template = try NameTemplate("%K/same")
    try FileManager.default.createDirectory(atPath: directory.output + "/shards", withIntermediateDirectories: true)
    let folder = FilePath(directory.output).appending(Array("shards/0000\(index)".utf8))
    let factory = try FlowFileFactory(directory: OutputDirectory(path: folder, force: false), options: options)
    factory.recordReport()
    let order = EventOrder()
    let shard = try #require(Shard(index, of: 2))
    let contract = try ShardContract(keyLogs: [], patterns: [], patternFiles: [], archive: nil)
    try factory.recordOrder(order, of: shard, contract: contract)
    for number in 0..<3 {
      // Every second packet is one of the other shard.
      while order.place.packet < UInt64(number * 2 + index + 1) { order.beginPacket() }
      order.beginSegments()
      let key = FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16(2_000 + number), destinationPort: 80)
      let stream = try #require(factory.makeStream(for: opening(UInt64(number + 1), key: key)) as? ConnectionStream)
      stream.send([UInt8](repeating: UInt8(65 + number), count: 40 + number), order.place.packet)
      stream.complete(report(stream.id, key: stream.key, half(Int64(40 + number)), half(0)))
    }
    var report = RunReport(version: "0")
    report.options = [("report", .bool(true)), ("name_template", .text("%K/same"))]
    report.statistics.connections = 3
    report.output = factory.figures
    factory.writeReport(report)
    try factory.finish(report: report)
  }

  private static func merge(_ directory: TemporaryDirectory, _ calls: any SystemCalls) throws -> ShardMerge.Result {
    try ShardMerge(FilePath(directory.output), isInterrupted: { false }, calls: calls).perform()
  }

  /// Wherever a merge is killed, the next one leaves what a first one would have left.
  @Test func killedAtEverySystemCall() throws {
    let whole = try TemporaryDirectory()
    for index in 0..<2 { try Self.makeShard(index, in: whole) }
    let counting = KilledCalls(after: .max, threads: 1)
    let result = try Self.merge(whole, counting)
    #expect(result.connections == 6 && result.files == 6)
    let expected = whole.contents()
    #expect(expected.keys.allSatisfy { !$0.hasPrefix(".reasm") && !$0.hasPrefix("shards") })
    let page = try #require(whole.text("report.html"))
    #expect(page.contains("10.0.0.1:2002"))
    #expect(counting.count > 100)
    for last in 0..<counting.count {
      let directory = try TemporaryDirectory()
      for index in 0..<2 { try Self.makeShard(index, in: directory) }
      do { _ = try Self.merge(directory, KilledCalls(after: last, threads: 1)) } catch {}
      if ["shards", ".reasm-run"].contains(where: { FileManager.default.fileExists(atPath: directory.output + "/" + $0) }) {
        do { _ = try Self.merge(directory, KernelCalls()) } catch { Issue.record("killed at call \(last): \(error)") }
      }
      let left = directory.contents()
      let names = Set(left.keys).symmetricDifference(expected.keys)
      #expect(names.isEmpty && left == expected, "killed at call \(last): \(names.sorted())")
    }
  }

  /// Both files of the page are checked before anything is moved: whole shards stay, and the message can be followed.
  @Test(arguments: [PageFiles.connectionsName, PageFiles.objectsName], [nil, 0, 1, 20])
  func damagedPageFiles(_ name: String, left: Int?) throws {
    let directory = try TemporaryDirectory()
    for index in 0..<2 { try Self.makeShard(index, in: directory) }
    let before = directory.contents()
    let path = directory.output + "/shards/00001/" + name
    let whole = try #require(FileManager.default.contents(atPath: path))
    if let left, left >= whole.count { return }
    try FileManager.default.removeItem(atPath: path)
    if let left { try whole.prefix(left).write(to: URL(fileURLWithPath: path)) }
    do {
      _ = try Self.merge(directory, KernelCalls())
      Issue.record("merged")
    } catch let error as MergeRefusal { #expect("\(error)".contains("shards/00001") && "\(error)".contains(name), "\(error)") }
    let after = directory.contents()
    #expect(Set(after.keys).union(["shards/00001/" + name]) == Set(before.keys))
  }

  /// A line that is found to be damaged when files have moved: a shard that is made again would be refused, so all are.
  @Test func aDamagedLineBehindOthers() throws {
    let directory = try TemporaryDirectory()
    for index in 0..<2 { try Self.makeShard(index, in: directory) }
    let path = directory.output + "/shards/00001/connections.ndjson"
    let lines = try #require(FileManager.default.contents(atPath: path))
    try lines.dropLast(40).write(to: URL(fileURLWithPath: path))
    let error = try #require(throws: MergeRefusal.self) { try Self.merge(directory, KernelCalls()) }
    let damage = "\(directory.output)/shards/00001: connections.ndjson is damaged"
    #expect(error.description == damage + "; files of shards were moved already: remove \(directory.output) and make all shards again")
    #expect(directory.names().contains { $0.hasPrefix("0") })
    // The next attempt cannot know how far the first one came.
    let second = try #require(throws: MergeRefusal.self) { try Self.merge(directory, KernelCalls()) }
    #expect(second.description == error.description)
    try FileManager.default.removeItem(atPath: directory.output)
    for index in 0..<2 { try Self.makeShard(index, in: directory) }
    #expect(try Self.merge(directory, KernelCalls()).connections == 6)
  }

  /// A shard that names a file outside of the folder is damaged.
  @Test(arguments: ["../evil.png", "/etc/passwd", "a/../../b"]) func pathsThatLeadOut(_ path: String) throws {
    let directory = try TemporaryDirectory()
    for index in 0..<2 { try Self.makeShard(index, in: directory) }
    var object = ObjectRow(connection: 1, exchange: 1)
    object.path = Array(path.utf8)
    var bytes: [UInt8] = []
    bytes.append(varint: UInt64(object.record.count))
    bytes += object.record + [0]
    try Data(bytes).write(to: URL(fileURLWithPath: directory.output + "/shards/00000/" + PageFiles.objectsName))
    #expect(throws: MergeRefusal.self) { try Self.merge(directory, KernelCalls()) }
    #expect(directory.text("report.html") == nil)
  }

  /// A run that failed has a marker and may have run.json; it is no merge that lacks only its end.
  @Test func aFailedRunIsNoMerge() throws {
    let directory = try TemporaryDirectory()
    let factory = try FlowFileFactory(
      directory: OutputDirectory(path: FilePath(directory.output), force: false), options: FlowFileOptions())
    try directory.write("run.json", "{}\n")
    let marker = try #require(directory.text(".reasm-run"))
    #expect(throws: MergeRefusal.self) { try Self.merge(directory, KernelCalls()) }
    #expect(directory.text(".reasm-run") == marker)
    _ = factory
  }

  /// A record that was cut or changed is nil or another record, and never a trap.
  @Test func damagedRecords() throws {
    var page = PageConnection()
    page.connection.row = ConnectionRow(id: 7, client: "a", server: "b", start: -5, end: .max)
    page.connection.row.files = [ConnectionRow.File(path: [1, 2], isFromClient: true, reasons: ["gap", "no_end"])]
    page.connection.row.roundTrip = -1
    page.connection.gapTimes = [.min, 0, .max]
    page.detail.times = [("name", "value")]
    page.detail.fromClient.gaps = [ConnectionDetail.Gap(offset: 1, length: 2, words: "lost", isAcknowledged: true)]
    page.detail.fromServer.conflicts = [
      ConnectionDetail.Conflict(offset: 3, length: 1, kept: [65], keptPacket: nil, other: [66], otherPacket: 9)
    ]
    page.lane = [UInt8](repeating: 5, count: 100)
    let record = page.record
    let read = try #require(PageConnection(record: record))
    #expect(read.connection.row == page.connection.row && read.lane == page.lane && read.record == record)
    #expect(read.connection.gapTimes == page.connection.gapTimes && read.detail.times.map(\.value) == ["value"])
    #expect(read.detail.fromServer.conflicts == page.detail.fromServer.conflicts)
    #expect(read.detail.fromClient.gaps == page.detail.fromClient.gaps)
    for length in record.indices { #expect(PageConnection(record: Array(record[..<length])) == nil) }
    #expect(PageConnection(record: record + [0]) == nil)
    let directory = try TemporaryDirectory()
    let output = try OutputDirectory(path: FilePath(directory.output), force: false)
    var random = SplitMix64(seed: 7)
    for attempt in 0..<5_000 {
      var damaged = record
      for _ in 0..<3 { damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random) }
      if var other = PageConnection(record: damaged) {
        _ = other.record
        // The page is made of whatever numbers there are.
        guard attempt % 20 == 0 else { continue }
        other.connection.row.start = [.min, 0, .max].randomElement(using: &random) ?? 0
        let recorder = ReportRecorder(output, scopes: [])
        recorder.add(other)
        #expect(recorder.page(.object([])) != nil)
      }
      _ = ObjectRow(record: damaged)
    }
  }
}
