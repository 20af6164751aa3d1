import Glibc
import Matching
import Packets
import Paths
import Reassembly
import Stages
import Testing

@testable import FlowFiles

/// matches.ndjson where the system fails.
@Suite(.enabled(if: PatternSet.isLoadable, "needs libvectorscan5, whose library libhs.so.5 cannot be loaded"))
struct MatchFaultTests {
  private func found(_ stream: ConnectionStream, _ text: String) {
    let bytes = Array(text.utf8)
    let stamp = ByteStamp(nanoseconds: 1, packet: 4)
    stream.stages?.feed.stage.bytes(bytes.span, at: 0, stamp: stamp, from: .originator)
  }

  @Test func aFullDiskIsNamed() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    try rig.factory.search(PatternSet([Pattern(Array("ab".utf8))]))
    let stream = rig.stream()
    found(stream, "xabx")
    stream.complete(report(1, half(0), half(0)))
    calls.writeFault = { _ in ENOSPC }
    rig.factory.flushBuffers()
    #expect(throws: OutputError.self) { try rig.finish() }
    #expect(rig.factory.unfinished.contains("matches.ndjson"))
    #expect(rig.factory.firstError != nil)
  }

  /// The lines of connections that are open take memory up to the limit of the spool, then a file.
  @Test func linesOfManyConnections() throws {
    let rig = try Rig()
    try rig.factory.search(PatternSet([Pattern(Array("a".utf8))]))
    let streams = (1...200).map { id in rig.stream(opening(id)) }
    for stream in streams { found(stream, String(repeating: "a", count: 1_000)) }
    for (index, stream) in streams.enumerated() { stream.complete(report(UInt64(index) + 1, half(0), half(0))) }
    try rig.finish()
    let lines = try #require(rig.directory.text("matches.ndjson")).split(separator: "\n")
    #expect(lines.count == 200_000)
    let connections = lines.map { $0.prefix { $0 != "," } }
    #expect(connections == (1...200).flatMap { id in Array(repeating: Substring(#"{"connection":\#(id)"#), count: 1_000) })
    #expect(rig.factory.figures.matches?.matches == 200_000)
  }
}
