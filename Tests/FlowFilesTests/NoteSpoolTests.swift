import Glibc
import Packets
import Reassembly
import Testing

@testable import FlowFiles

/// Gaps and conflicts on their way to the index.
@Suite struct NoteSpoolTests {
  private static func rig(noteMemory: Int, calls: FaultyCalls = FaultyCalls()) throws -> Rig {
    var options = FlowFileOptions()
    options.noteMemory = noteMemory
    return try Rig(options, calls: calls)
  }

  /// Both directions of many connections by turns, with everything that a line can list.
  private static func lines(noteMemory: Int) throws -> [String] {
    let rig = try Self.rig(noteMemory: noteMemory)
    let streams = (1...30).map { rig.stream(opening($0)) }
    for round in 0..<40 {
      for stream in streams {
        for side in Side.allCases {
          let at = stream.existingFile(of: side)?.streamEnd ?? 0
          stream.send("abcdefghij", UInt64(round), side)
          let copy = Array((round % 2 == 0 ? "abXXefghXj" : "abcdefghiX").utf8)
          #expect(stream.repeated(copy.span, at: at, stamp: packet(UInt64(1_000 + round), input: 3), from: side) == .compared)
          let kept = [UInt8](repeating: UInt8(round), count: 100)
          let other = [UInt8](repeating: 200, count: 100)
          stream.conflict(
            Conflict(offset: 1 << 40, kept: kept.span, keptInfo: packet(1 << 45), other: other.span, otherInfo: packet(7)), from: side)
          let gap = Gap(
            offset: at + 10, length: Int64(round + 1), kind: Gap.Kind.allCases[round % 4], cause: Gap.Cause.allCases[round % 5],
            acknowledged: round % 3 == 0)
          stream.gap(gap, from: side)
        }
      }
    }
    for stream in streams { stream.complete(report(stream.id)) }
    #expect(rig.factory.firstError == nil)
    return rig.lines()
  }

  @Test(arguments: [0, 1, 1_000, 50_000])
  func linesAreTheSameHoweverLittleMemoryThereIs(noteMemory: Int) throws {
    let expected = try Self.lines(noteMemory: 1 << 30)
    #expect(expected.count == 30)
    #expect(expected[0].contains(#""kind":"rejected""#) && expected[0].contains(#""conflict_count":"#))
    #expect(try Self.lines(noteMemory: noteMemory) == expected)
  }

  /// The temporary file's blocks are used again, and no name of it is left.
  @Test func roomIsGivenBack() throws {
    let rig = try Self.rig(noteMemory: 0)
    for round in 1...50 {
      let stream = rig.stream(opening(UInt64(round)))
      stream.send("hello")
      for _ in 0..<100 { _ = stream.again("hellO", at: 0) }
      #expect(rig.factory.store.noteSpool.usedBlocks == 1)
      stream.complete(report(UInt64(round)))
      _ = rig.lines()
    }
    #expect(rig.factory.store.noteSpool.usedBlocks == 0)
    #expect(!rig.directory.names().contains { $0.hasPrefix(".reasm") })
  }

  /// Where the temporary file cannot be written, lines list less, every line is whole, and the run says so.
  @Test(arguments: [0, 3])
  func aFullDisk(from write: Int) throws {
    let calls = FaultyCalls()
    let rig = try Self.rig(noteMemory: 0, calls: calls)
    let stream = rig.stream()
    stream.send("hello")
    rig.factory.store.flushBuffers()
    var writes = 0
    calls.writeFault = { _ in
      writes += 1
      return writes > write ? ENOSPC : nil
    }
    for _ in 0..<10 { _ = stream.again("hellO", at: 0) }
    calls.writeFault = { _ in nil }
    stream.complete()
    let line = try #require(rig.lines().first)
    #expect(line.contains(#""conflict_count":10"#))
    #expect(line.components(of: #"{"offset":4"#) == write)
    #expect(rig.factory.firstError?.reason == .system(SystemError(code: ENOSPC)))
    #expect(rig.factory.unfinished == ["connections.ndjson"])
    #expect(throws: OutputError.self) { try rig.finish() }
  }

  /// Beyond the gaps that all may remember, a direction knows the places of its last ones.
  @Test func placesOfGapsAreBounded() throws {
    var options = FlowFileOptions()
    options.maxMappedGaps = 100
    let rig = try Rig(options)
    let streams = (1...10).map { rig.stream(opening($0)) }
    for round in 0..<Int64(60) {
      for stream in streams {
        stream.send("x")
        stream.lose(1, at: round * 2 + 1)
      }
    }
    for stream in streams {
      stream.send("x")
      #expect(stream.existingFile(of: .originator)?.notes?.map.count ?? 0 <= 30)
      #expect(stream.again("x", at: 120) == .compared)
      #expect(stream.again("x", at: 0) == .unchecked)
    }
    #expect(rig.factory.figures.mapsCut > 0)
    for stream in streams { stream.complete(report(stream.id)) }
    let next = rig.stream(opening(11))
    for round in 0..<Int64(60) {
      next.send("x")
      next.lose(1, at: round * 2 + 1)
    }
    #expect(next.again("x", at: 0) == .compared)
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}
