import Glibc
import Packets
import Paths
import Reassembly
import Testing

@testable import FlowFiles

@Suite struct FlowFileTests {
  @Test func aSmallFileTakesFourCalls() throws {
    let rig = try Rig()
    let stream = rig.stream()
    let before = rig.calls.calls
    stream.send("hello ", 3)
    stream.send("world", 4)
    #expect(rig.calls.calls == before)
    stream.complete()
    #expect(rig.calls.calls - before == 4)
    #expect(rig.directory.text(sampleName) == "hello world")
    #expect(rig.factory.filesWritten == 1)
  }

  @Test func bothDirectionsShareTheCount() throws {
    let rig = try Rig()
    for id in UInt64(1)...3 {
      let stream = rig.stream(opening(id))
      if id == 2 {
        stream.complete(report(id))
        continue
      }
      stream.send("a\(id)", 1, .responder)
      stream.send("b\(id)", 2)
      stream.complete(report(id))
    }
    let back = "010.000.000.002.00080-010.000.000.001.40000"
    #expect(rig.directory.names() == [sampleName, sampleName + "c1", back, back + "c1"].sorted())
    #expect(rig.directory.text(sampleName + "c1") == "b3")
    #expect(rig.directory.text(back + "c1") == "a3")
  }

  /// Everything must come out the same whatever the chunks, the buffers and the descriptors.
  @Test(arguments: [1 << 10, 64 << 10, 16 << 20], [1, 3, 1_000])
  func sameBytesWhateverTheBuffers(memory: Int, descriptors: Int) throws {
    var options = FlowFileOptions()
    options.bufferMemory = memory
    options.maxOpenFiles = descriptors
    options.hashes = true
    let rig = try Rig(options)
    let flows = 40
    var random: UInt64 = 42
    func next(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    var streams: [ConnectionStream] = []
    var models: [[UInt8]] = Array(repeating: [], count: flows)
    var offsets = [Int64](repeating: 0, count: flows)
    for flow in 0..<flows {
      var key = sampleKey
      key.sourcePort = UInt16(1_000 + flow)
      streams.append(rig.stream(opening(UInt64(flow + 1), key: key)))
    }
    for step in 0..<700 {
      let flow = next(flows)
      let size = [next(10) + 1, next(1_460) + 1, 1_460, next(9_000) + 1, next(70_000) + 1][min(4, next(40) / 8)]
      if next(20) == 0 {
        let length = Int64([1, 100, 4_096, 5_000, 100_000][next(5)])
        streams[flow].lose(length, at: offsets[flow])
        offsets[flow] += length
        models[flow] += Array(repeating: 0, count: Int(length))
      }
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ step) }
      streams[flow].send(bytes, UInt64(step))
      models[flow] += bytes
      offsets[flow] += Int64(size)
      if step % 100 == 0 { rig.factory.flushBuffers() }
      if next(3) == 0, models[flow].count > 10 {
        let from = offsets[flow] - Int64(size)
        #expect(streams[flow].repeated(bytes.span, at: from, stamp: packet(1), from: .originator) == .compared)
      }
    }
    let base = 3
    #expect(rig.calls.mostOpen <= base + descriptors)
    for flow in 0..<flows {
      let file = streams[flow].existingFile(of: .originator)
      streams[flow].complete()
      var key = sampleKey
      key.sourcePort = UInt16(1_000 + flow)
      let name = "010.000.000.001.0\(1_000 + flow)-010.000.000.002.00080"
      #expect(rig.directory.data(name) == models[flow])
      let digest = try #require(Digest(.sha256))
      digest.update(models[flow])
      #expect(file?.sha256 == digest.finish())
      #expect(file?.notes?.conflictCount ?? 0 == 0)
    }
    #expect(rig.calls.open == 1)
  }

  @Test func gapsAsHoles() throws {
    var options = FlowFileOptions()
    options.maxGap = 5_000
    let rig = try Rig(options)
    let stream = rig.stream()
    stream.lose(2, at: 0)
    stream.send("ab")
    stream.lose(5_000, at: 4)
    stream.lose(5_001, at: 5_004)
    stream.send("cd")
    stream.lose(3, at: 10_007)
    let file = try #require(stream.existingFile(of: .originator))
    stream.complete()
    #expect(rig.directory.data(sampleName) == [0, 0] + Array("ab".utf8) + Array(repeating: 0, count: 5_000) + Array("cd".utf8))
    let gaps = file.notes?.listed().gaps ?? []
    #expect(gaps.map(\.fileOffset) == [0, 4, 5_004, 5_006])
    #expect(gaps.map(\.fileLength) == [2, 5_000, 0, 0])
    #expect(file.fileSize == 5_006)
  }

  @Test func gapsTakeNoRoom() throws {
    var options = FlowFileOptions()
    options.gaps = .skip
    let rig = try Rig(options)
    let stream = rig.stream()
    stream.send("ab")
    stream.lose(4, at: 2)
    stream.send("cd")
    #expect(stream.again("abXYZWcd", at: 0) == .compared)
    #expect(stream.conflicts.isEmpty)
    #expect(stream.again("aBXYZWCd", at: 0) == .compared)
    #expect(stream.conflicts.map(\.offset) == [1, 6])
    stream.complete()
    #expect(rig.directory.text(sampleName) == "abcd")
  }

  @Test func listsAreBoundedAndCountsGoOn() throws {
    let rig = try Rig()
    let stream = rig.stream()
    var offset: Int64 = 0
    for _ in 0..<3_000 {
      stream.lose(1, at: offset)
      stream.send("x")
      offset += 2
    }
    let notes = try #require(stream.existingFile(of: .originator)?.notes)
    #expect(notes.listedGaps == 1_000 && notes.listed().gaps.count == 1_000)
    #expect(stream.again("x", at: offset - 1) == .compared)
    #expect(stream.again("x", at: 1) == .unchecked)
    for _ in 0..<150 { #expect(stream.again("y", at: offset - 1) == .compared) }
    #expect(notes.listedConflicts == 100 && notes.listed().conflicts.count == 100)
    #expect(notes.conflictCount == 150)
    #expect(rig.factory.figures.conflicts == 150)
  }

  @Test func aMillionGapsAtTheEndStayBounded() throws {
    let rig = try Rig()
    let stream = rig.stream()
    stream.send("a")
    for index in 0..<Int64(1_000_000) { stream.lose(1, at: 1 + index) }
    stream.send("b")
    #expect(stream.again("b", at: 1_000_001) == .compared)
    #expect(stream.conflicts.isEmpty)
    stream.complete()
    #expect(rig.directory.data(sampleName)?.count == 1_000_002)
  }
}

@Suite struct ComparingTests {
  @Test func inTheBuffer() throws {
    let rig = try Rig()
    let stream = rig.stream()
    stream.send("abc", 4)
    stream.send("def", 5)
    #expect(stream.again("aXXdYf", at: 0, 6) == .compared)
    #expect(stream.conflicts.map(\.offset) == [1, 4])
    #expect(stream.conflicts.map(\.length) == [2, 1])
    #expect(stream.conflicts.map(\.keptBy?.number) == [4, 5])
    #expect(stream.conflicts.map(\.otherBy.number) == [6, 6])
    #expect(stream.conflicts.map(\.kept) == [Array("bc".utf8), Array("e".utf8)])
    #expect(stream.conflicts.map(\.other) == [Array("XX".utf8), Array("Y".utf8)])
  }

  /// 100 000 bytes, of which the last 38 560 are still buffered.
  @Test(arguments: [Int64(0), 50_000, 61_400, 61_439, 61_440, 99_900]) func onDiskAndAcross(offset: Int64) throws {
    let rig = try Rig()
    let stream = rig.stream()
    for number in UInt64(0)..<1_000 { stream.send([UInt8](repeating: UInt8(number % 251), count: 100), number) }
    let file = try #require(stream.existingFile(of: .originator))
    #expect(file.writtenEnd > 0 && file.writtenEnd < 100_000)
    let truth = (0..<100_000).map { UInt8($0 / 100 % 251) }
    var copy = Array(truth[Int(offset)..<min(Int(offset) + 100, 100_000)])
    #expect(stream.repeated(copy.span, at: offset, stamp: packet(7), from: .originator) == .compared)
    #expect(stream.conflicts.isEmpty)
    for index in 10..<95 { copy[index] ^= 0xff }
    #expect(stream.repeated(copy.span, at: offset, stamp: packet(7), from: .originator) == .compared)
    #expect(stream.conflicts.count == 1)
    #expect(stream.conflicts.first?.offset == offset + 10)
    #expect(stream.conflicts.first?.length == 85)
    #expect(stream.conflicts.first?.kept == Array(truth[(Int(offset) + 10)...].prefix(64)))
    #expect(stream.conflicts.first?.keptBy?.number == (offset == 99_900 ? 999 : nil))
  }

  @Test func holesAreNotCompared() throws {
    let rig = try Rig()
    let stream = rig.stream()
    stream.send("ab")
    stream.lose(10_000, at: 2)
    stream.send("cd")
    #expect(stream.again("aXq", at: 0) == .compared)
    #expect(stream.again("qqXd", at: 10_000) == .compared)
    #expect(stream.conflicts.map(\.offset) == [1, 10_002])
    #expect(stream.conflicts.map(\.length) == [1, 1])
  }

  @Test func beyondWhatIsThere() throws {
    let rig = try Rig()
    let stream = rig.stream()
    #expect(stream.again("x", at: 0) == .unchecked)
    stream.send("ab")
    #expect(stream.again("Xbcd", at: 0) == .unchecked)
    #expect(stream.conflicts.map(\.offset) == [0])
    #expect(stream.again("ab", at: -1) == .unchecked)
    #expect(stream.again("ab", at: .max) == .unchecked)
  }

  @Test func flushingChangesNothing() throws {
    let rig = try Rig()
    let stream = rig.stream()
    stream.send("abc", 4)
    rig.factory.flushBuffers()
    #expect(rig.directory.text(sampleName) == "abc")
    stream.send("def", 5)
    #expect(stream.again("aXc", at: 0) == .compared)
    #expect(stream.conflicts.first?.keptBy?.number == 4)
    stream.complete()
    #expect(rig.directory.text(sampleName) == "abcdef")
  }

  @Test func unreadableFileIsUnchecked() throws {
    let calls = FaultyCalls()
    calls.readFault = { _ in EIO }
    var options = FlowFileOptions()
    options.bufferMemory = 1 << 10
    let rig = try Rig(options, calls: calls)
    let stream = rig.stream()
    stream.send([UInt8](repeating: 1, count: 3_000))
    #expect(stream.repeated([2].span, at: 0, stamp: packet(9), from: .originator) == .unchecked)
    calls.readFault = { $0 % 2 == 0 ? EINTR : nil }
    #expect(stream.repeated([2].span, at: 0, stamp: packet(9), from: .originator) == .compared)
    #expect(stream.conflicts.count == 1)
  }

  @Test func theEnginesConflictsAreListed() throws {
    let rig = try Rig()
    let stream = rig.stream()
    let kept = [UInt8](repeating: 1, count: 100)
    let other = [UInt8](repeating: 2, count: 100)
    stream.conflict(
      Conflict(offset: 7, kept: kept.span, keptInfo: packet(3), other: other.span, otherInfo: packet(4)), from: .originator)
    let listed = try #require(stream.conflicts.first)
    #expect(listed.length == 100)
    #expect(listed.kept == Array(kept.prefix(64)))
    #expect(listed.otherBy.number == 4)
  }

  /// A factory that is finished holds no descriptors once its owner drops it.
  @Test(arguments: IndexThreadTests.Output.allCases, [false, true]) func aFinishedFactoryIsReleased(
    _ output: IndexThreadTests.Output, hasCaptures: Bool
  ) throws {
    if output == .archive, hasCaptures { return }
    let directory = try TemporaryDirectory()
    var options = FlowFileOptions()
    options.keepsNoStreams = output == .nothing
    if hasCaptures { options.captures = CaptureFileOptions(template: try NameTemplate("%I"), fragmentTimeout: nil) }
    let locked = LockedCalls(FaultyCalls())
    weak var left: FlowFileFactory?
    do {
      let folder = try OutputDirectory(path: FilePath(directory.output), force: false, calls: locked)
      let path = FilePath(directory.path + "/x.tar")
      let archive = output == .archive ? try TarFile(path: path, replaces: false, calls: locked) : nil
      let factory = try FlowFileFactory(directory: folder, options: options, archive: archive)
      left = factory
      for id in UInt64(1)...100 {
        let stream = try #require(factory.makeStream(for: opening(id)) as? ConnectionStream)
        stream.send("bytes")
        stream.complete(report(id, half(5), half(0)))
      }
      try factory.finish(report: RunReport(version: "0"))
    }
    #expect(left == nil)
  }
}
