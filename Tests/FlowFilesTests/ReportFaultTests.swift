import Glibc
import Packets
import Paths
import Reassembly
import Report
import Stages
import Testing

@testable import FlowFiles

/// report.html: its record, and what happens where the system fails.
@Suite struct ReportFaultTests {
  private func observe(
    _ stream: ConnectionStream, _ number: UInt64, sequence: UInt32, acknowledgment: UInt32 = 0, flags: TCPFlags, window: UInt16 = 1_000,
    options: [UInt8] = [], _ text: String = "", from side: Side = .originator
  ) {
    let payload = Array(text.utf8)
    let key = side == .originator ? sampleKey : sampleKey.reversed
    let segment = TCPSegment(
      key: key, sequence: SequenceNumber(sequence), acknowledgment: SequenceNumber(acknowledgment), flags: flags, window: window,
      options: options.span, payload: payload.span)
    stream.observe(segment, info: packet(number, milliseconds: Int64(number)), from: side)
  }

  private func points(_ stream: ConnectionStream) throws -> [SegmentPoint] {
    RecordedText.read(try #require(stream.record?.takeLane())).points
  }

  @Test func pointsOfAConversation() throws {
    let rig = try Rig()
    rig.factory.recordReport()
    let stream = rig.stream()
    let scale: [UInt8] = [3, 3, 2, 0]
    observe(stream, 1, sequence: 0xffff_ffff, flags: .syn, options: scale)
    observe(stream, 2, sequence: 499, acknowledgment: 0, flags: [.syn, .ack], options: scale, from: .responder)
    observe(stream, 3, sequence: 0, acknowledgment: 500, flags: [.ack, .psh], "hello")
    observe(stream, 4, sequence: 0, acknowledgment: 500, flags: .ack, "hello")
    observe(stream, 5, sequence: 500, acknowledgment: 5, flags: .ack, window: 0, from: .responder)
    observe(stream, 6, sequence: 500, acknowledgment: 5, flags: .ack, options: [1, 1, 5, 10, 0, 0, 0, 10, 0, 0, 0, 20], from: .responder)
    observe(stream, 7, sequence: 5, acknowledgment: 500, flags: [.fin, .ack])
    let points = try points(stream)
    func kinds(_ direction: UInt8) -> [SegmentPoint.Kind] { points.filter { $0.direction == direction }.map(\.kind) }
    #expect(
      kinds(0) == [.syn, .pushed, .repeated, .acknowledgment, .zeroWindow, .acknowledgment, .selective, .fin])
    #expect(kinds(1) == [.syn, .acknowledgment])
    #expect(points.first { $0.kind == .selective }.map { [$0.low, $0.high] } == [10, 20])
    #expect(points.last { $0.kind == .acknowledgment }.map { [$0.low, $0.high] } == [5, 5 + 1_000 << 2])
    #expect(points.first { $0.kind == .fin }?.low == 5)
    #expect(points.map(\.packet) == points.map(\.packet).sorted())
  }

  /// Options that are cut, or longer than they may be, are no ranges.
  @Test(arguments: [[5, 10, 0, 0], [5, 3, 1], [5, 2], [5, 255, 0], [5], [5, 9, 0, 0, 0, 10, 0, 0, 0]] as [[UInt8]])
  func brokenOptions(options: [UInt8]) throws {
    let rig = try Rig()
    rig.factory.recordReport()
    let stream = rig.stream()
    observe(stream, 1, sequence: 0, acknowledgment: 0, flags: .ack, options: options)
    #expect(try points(stream).allSatisfy { $0.kind != .selective })
  }

  /// The points of a long connection are bounded, and so are the first bytes of its conversation.
  @Test func aLongConnectionIsBounded() throws {
    let rig = try Rig()
    rig.factory.recordReport()
    let stream = rig.stream()
    for number in 0..<100_000 as Range<UInt32> {
      observe(stream, UInt64(number), sequence: number * 2, acknowledgment: number, flags: .ack, "ab")
    }
    let lane = try #require(stream.record?.takeLane())
    let points = RecordedText.read(lane).points
    #expect(points.count <= SegmentRecord.mostPoints + 1)
    #expect(points.filter(\.kind.isPayload).reduce(0) { $0 + $1.bytes } == 200_000)
    lane.release()
  }

  private func connection(_ rig: Rig, _ id: UInt64 = 1) {
    let stream = rig.stream(opening(id))
    observe(stream, 1, sequence: 1_000, flags: .syn)
    observe(stream, 2, sequence: 1_001, flags: .ack, "hello")
    stream.send("hello")
    stream.complete(report(id, half(5), half(0)))
  }

  private func finish(_ rig: Rig) throws {
    var report = RunReport(version: "0")
    report.output = rig.factory.figures
    rig.factory.writeReport(report)
    try rig.factory.finish(report: report)
  }

  @Test func aFullDiskIsNamed() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    rig.factory.recordReport()
    connection(rig)
    rig.factory.flushBuffers()
    calls.writeFault = { _ in ENOSPC }
    rig.factory.writeReport(RunReport(version: "0"))
    calls.writeFault = { _ in nil }
    #expect(rig.factory.firstError?.description.contains("report.html") == true)
    #expect(rig.factory.unfinished == ["report.html"])
    #expect(throws: OutputError.self) { try rig.finish() }
    #expect(rig.directory.text("report.html") == nil && rig.directory.text(".reasm-report") == nil)
    #expect(rig.directory.text("connections.ndjson")?.isEmpty == false)
  }

  @Test func noDescriptorIsNamed() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    rig.factory.recordReport()
    connection(rig)
    rig.factory.flushBuffers()
    calls.openFault = { _ in EMFILE }
    rig.factory.writeReport(RunReport(version: "0"))
    #expect(rig.factory.unfinished.contains("report.html"))
    #expect(calls.open >= 0)
  }

  /// A file of that name which somebody else made while the run went on stays.
  @Test func aFileOfThatNameStays() throws {
    let rig = try Rig()
    rig.factory.recordReport()
    connection(rig)
    try rig.directory.write("report.html", "mine")
    #expect(throws: OutputError.self) { try finish(rig) }
    #expect(rig.directory.text("report.html") == "mine")
  }

  /// Points beyond the memory of the pool are in a file; where that cannot be written, the page says that it is not complete.
  @Test func aPoolWithoutAFile() throws {
    let calls = FaultyCalls()
    let spool = Spool(folder: FilePath("/tmp"), directory: nil, memoryLimit: 1_000, blockSize: 4_096, calls: calls)
    calls.openFault = { _ in ENOSPC }
    let record = SegmentRecord(spool)
    let payload = Array("x".utf8)
    for number in 0..<1_000 as Range<UInt32> {
      let segment = TCPSegment(
        key: sampleKey, sequence: SequenceNumber(number * 2), acknowledgment: SequenceNumber(0), flags: .ack, window: 1, options: Span(),
        payload: payload.span)
      record.observe(segment, packet(UInt64(number)), from: .originator)
    }
    #expect(spool.failure != nil)
    let lane = try #require(record.takeLane())
    _ = RecordedText.read(lane)
    lane.release()
  }

  /// Without `--report` a connection has no record, and the engine keeps its fast path.
  @Test func withoutAReport() throws {
    let rig = try Rig()
    let stream = rig.stream()
    #expect(stream.record == nil)
    #expect(stream.observedSegments == .encapsulated)
    rig.factory.recordReport()
    #expect(rig.stream(opening(2)).observedSegments == .all)
  }

  /// The largest connections and the notable ones are kept, however many come.
  @Test func theFirstOfManyAreKept() {
    var kept = KeptFirst<Int>(most: 10)
    var dropped: [Int] = []
    for value in 0..<1_000 where kept.wants(rank: Int64(value * 7 % 1_000), id: UInt64(value)) {
      kept.add(value, rank: Int64(value * 7 % 1_000), id: UInt64(value)) { dropped.append($0) }
    }
    let first = kept.first { dropped.append($0) }
    #expect(first.map { $0 * 7 % 1_000 } == Array(0..<10))
    #expect(kept.offered == 1_000)
    #expect(Set(dropped).isDisjoint(with: first))
  }

  /// Of connections of one size the first are kept, and the others, a scan's say, cost nothing.
  @Test func equalRanksAreNotWantedForEver() {
    var kept = KeptFirst<UInt64>(most: 10)
    var added = 0
    for id in UInt64(5)..<10_000 where kept.wants(rank: 0, id: id) {
      kept.add(id, rank: 0, id: id)
      added += 1
    }
    #expect(added == 20)
    // One that began first may end last.
    let isWanted = kept.wants(rank: 0, id: 4)
    #expect(isWanted)
    kept.add(4, rank: 0, id: 4)
    let first = kept.first()
    #expect(first == Array(4..<14))
  }
}
