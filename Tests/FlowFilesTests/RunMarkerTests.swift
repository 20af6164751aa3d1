import Foundation
import Glibc
import Packets
import Paths
import Reassembly
import Testing

@testable import FlowFiles

/// `.reasm-run`: what a run that was cut short left, and who may write.
@Suite struct RunMarkerTests {
  private static func marker(_ directory: TemporaryDirectory) -> String { directory.text(".reasm-run") ?? "" }

  /// Says names alone where contents differ.
  private static func expectEqual(_ got: [String: Data?], _ expected: [String: Data?], _ words: String) {
    let missing = expected.keys.filter { got[$0] == nil }
    let strange = got.keys.filter { expected[$0] == nil }
    let different = got.keys.filter { expected[$0] != nil && expected[$0] != got[$0] }
    #expect(missing.isEmpty && strange.isEmpty && different.isEmpty, "\(words): lacks \(missing), has \(strange), differ \(different)")
  }

  /// Runs six connections, some of which are open at once, one of them long.
  ///
  /// An error can only come from the system calls that the test makes fail.
  private static func run(
    in directory: TemporaryDirectory, _ template: String = "%A.%a-%B.%b%V%v%C%c", force: Bool, calls: any SystemCalls,
    memory: Int = 4 << 10
  ) throws {
    var options = FlowFileOptions()
    options.template = try NameTemplate(template)
    options.bufferMemory = memory
    options.maxOpenFiles = 3
    options.hashes = true
    options.writesChunks = true
    let factory = try FlowFileFactory(
      directory: OutputDirectory(path: FilePath(directory.output), force: force, calls: calls), options: options)
    var streams: [ConnectionStream] = []
    for number in 0..<6 {
      let key = FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16(2_000 + number / 2), destinationPort: 80)
      streams.append(ConnectionStream(opening: opening(UInt64(number + 1), key: key), factory: factory))
    }
    for round in 0..<3 {
      for (number, stream) in streams.enumerated() {
        stream.send([UInt8](repeating: UInt8(65 + round), count: number == 5 ? 3_000 : 40 + number), UInt64(round + 1))
        if number % 3 == 0 { stream.send("answer\n", UInt64(round + 1), .responder) }
      }
    }
    for (number, stream) in streams.enumerated() {
      let count = Int64(number == 5 ? 9_000 : 3 * (40 + number))
      stream.complete(report(stream.id, key: stream.key, half(count), half(number % 3 == 0 ? 21 : 0)))
    }
    var report = RunReport(version: "0")
    report.output = factory.figures
    try factory.finish(report: report)
  }

  /// Wherever a run is killed, the next one with `--force` gives what a first one would have given.
  @Test(arguments: ["%A.%a-%B.%b%V%v%C%c", "%a/%B/%N", "same"], [1, 2])
  func killedAtEverySystemCall(template: String, threads: Int) throws {
    let fresh = try TemporaryDirectory()
    let counting = KilledCalls(after: .max, threads: threads)
    try Self.run(in: fresh, template, force: false, calls: counting)
    let expected = fresh.contents()
    #expect(expected["run.json"] != nil && expected[".reasm-run"] == nil && expected.count > 8)
    // Some more than were counted: two threads do not make the same calls each time.
    for last in 0..<(counting.count + 10) {
      let directory = try TemporaryDirectory()
      let calls = KilledCalls(after: last, threads: threads, partOfLastWrite: last % 3 == 0 ? 0 : 17)
      do { try Self.run(in: directory, template, force: false, calls: calls) } catch {}
      let left = directory.contents()
      // What looks finished is.
      if !left.isEmpty, left[".reasm-run"] == nil { Self.expectEqual(left, expected, "killed at call \(last)") }
      if let report = directory.text("run.json") { #expect(report.hasSuffix("}\n"), "killed at call \(last)") }
      do {
        try Self.run(in: directory, template, force: true, calls: KilledCalls(after: .max, threads: threads))
      } catch {
        Issue.record("killed at call \(last): \(error)")
      }
      Self.expectEqual(directory.contents(), expected, "killed at call \(last)")
    }
  }

  /// The run that clears up is killed as well.
  @Test func killedWhileClearing() throws {
    let fresh = try TemporaryDirectory()
    try Self.run(in: fresh, "%a/%N", force: false, calls: KilledCalls(after: .max, threads: 1))
    let expected = fresh.contents()
    for last in 0..<110 {
      let directory = try TemporaryDirectory()
      do { try Self.run(in: directory, "%a/%N", force: false, calls: KilledCalls(after: 90, threads: 1)) } catch {}
      do { try Self.run(in: directory, "%a/%N", force: true, calls: KilledCalls(after: last, threads: 1)) } catch {}
      try Self.run(in: directory, "%a/%N", force: true, calls: KilledCalls(after: .max, threads: 1))
      Self.expectEqual(directory.contents(), expected, "killed at call \(last)")
    }
  }

  /// The same where the earlier run was finished and somebody's file lies beside its own.
  @Test func killedWhileClearingAFinishedRun() throws {
    let fresh = try TemporaryDirectory()
    try Self.run(in: fresh, "%a/%N", force: false, calls: KernelCalls())
    try fresh.write("mine.txt", "stays")
    let expected = fresh.contents()
    for last in 0..<110 {
      let directory = try TemporaryDirectory()
      try Self.run(in: directory, "%a/%N", force: false, calls: KernelCalls())
      try directory.write("mine.txt", "stays")
      do { try Self.run(in: directory, "%a/%N", force: true, calls: KilledCalls(after: last, threads: 1)) } catch {}
      do {
        try Self.run(in: directory, "%a/%N", force: true, calls: KilledCalls(after: .max, threads: 1))
        Self.expectEqual(directory.contents(), expected, "killed at call \(last)")
      } catch let error as OutputError {
        // Killed before it could say of itself what it is.
        #expect(error.reason == .unknownRest && Self.marker(directory) == "" && directory.text("mine.txt") == "stays", "at call \(last)")
        #expect(last < 10)
      }
    }
  }

  /// The disk is full from some write on; then somebody makes room.
  @Test(arguments: [1, 2]) func aFullDisk(threads: Int) throws {
    let fresh = try TemporaryDirectory()
    try Self.run(in: fresh, force: false, calls: KernelCalls())
    let expected = fresh.contents()
    for first in 0..<30 {
      let directory = try TemporaryDirectory()
      let calls = FaultyCalls()
      var isFull = false
      calls.writeFault = { number in
        isFull = isFull || number >= first
        return isFull ? ENOSPC : nil
      }
      calls.markerFault = { isFull ? ENOSPC : nil }
      do { try Self.run(in: directory, force: false, calls: threads == 2 ? LockedCalls(calls) : calls) } catch {}
      try Self.run(in: directory, force: true, calls: KernelCalls())
      Self.expectEqual(directory.contents(), expected, "full from write \(first) on")
    }
  }

  @Test func namesStandInItBeforeFilesAre() throws {
    let rig = try Rig()
    #expect(Self.marker(rig.directory).hasPrefix("A run of process \(getpid()) writes to this folder and is not finished"))
    let stream = rig.stream()
    stream.send("x")
    #expect(!Self.marker(rig.directory).contains(sampleName))
    rig.calls.openFault = { _ in EACCES }
    stream.complete()
    #expect(Self.marker(rig.directory).hasSuffix("\0+\(sampleName)\0"))
    rig.calls.openFault = { _ in nil }
    try rig.finish()
    #expect(rig.directory.text(".reasm-run") == nil)
  }

  /// A file whose name cannot be written to the marker is not created: the next run could not remove it.
  @Test func withoutItNoFileIsMade() throws {
    let rig = try Rig()
    rig.calls.markerFault = { ENOSPC }
    let stream = rig.stream()
    stream.send("lost")
    stream.complete(report(1, half(4), half(0)))
    #expect(rig.directory.names().isEmpty)
    #expect(rig.factory.firstError?.description == "\(rig.directory.output)/\(sampleName): No space left on device")
    try rig.finish()
    #expect(rig.directory.text(".reasm-run") == nil)
  }

  @Test(arguments: [false, true]) func aSecondRunIsRefused(force: Bool) throws {
    let rig = try Rig()
    rig.stream().send("ours")
    rig.factory.flushBuffers()
    let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(rig.directory.output), force: force) }
    #expect(error?.reason == .inUse)
    #expect(rig.directory.text(sampleName) == "ours")
    try rig.finish()
  }

  @Test func whatARunLeftIsRefusedWithoutForce() throws {
    let directory = try TemporaryDirectory()
    do { try Self.run(in: directory, force: false, calls: KilledCalls(after: 50, threads: 1)) } catch {}
    let before = directory.contents()
    let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: false) }
    #expect(error?.reason == .unfinished)
    #expect(error?.description.contains("--force") == true)
    #expect(directory.contents() == before)
  }

  /// An index that lacks lines does not look finished.
  @Test func itStaysWhereTheIndexIsNotWhole() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    rig.stream().complete()
    calls.writeFault = { _ in ENOSPC }
    #expect(throws: OutputError.self) { try rig.finish() }
    #expect(rig.directory.text(".reasm-run") != nil)
  }

  @Test func withoutAnIndexItGoesToo() throws {
    var options = FlowFileOptions()
    options.writesIndex = false
    let rig = try Rig(options)
    try rig.finish()
    #expect(rig.directory.contents().isEmpty)
  }

  @Test func nothingStaysOfARunThatNeverBegan() throws {
    let calls = FaultyCalls()
    calls.openFault = { $0 == 1 ? ENOSPC : nil }
    let directory = try TemporaryDirectory()
    var options = FlowFileOptions()
    options.writesChunks = true
    #expect(throws: OutputError.self) { try Rig(options, calls: calls, in: directory) }
    #expect(!FileManager.default.fileExists(atPath: directory.output))
  }

  /// A file that somebody else makes under the same name meanwhile is theirs, whatever the marker said before.
  @Test func aForeignFileStays() throws {
    let directory = try TemporaryDirectory()
    do {
      let rig = try Rig(in: directory)
      let stream = rig.stream()
      stream.send("ours")
      try directory.write(sampleName, "theirs")
      stream.complete()
      #expect(directory.text(sampleName + "~2") == "ours")
    }
    // It was not finished.
    _ = try OutputDirectory(path: FilePath(directory.output), force: true, calls: FaultyCalls())
    #expect(directory.names() == [sampleName])
    #expect(directory.text(sampleName) == "theirs")
  }

  /// The system crashed: the last names did not come to the disk, but their files did.
  @Test func afterACrashOfTheSystem() throws {
    let directory = try TemporaryDirectory()
    do {
      let rig = try Rig(in: directory)
      for id in 1...3 as ClosedRange<UInt64> {
        let stream = rig.stream(opening(id))
        stream.send("x")
        stream.complete(report(id))
      }
    }
    let marker = Self.marker(directory)
    let end = try #require(marker.range(of: "+\(sampleName)c2\0")?.lowerBound)
    try directory.write(".reasm-run", String(marker[..<end]))
    let calls = FaultyCalls()
    calls.systemStart = Array("tomorrow".utf8)
    let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: true, calls: calls) }
    #expect(error?.reason == .unknownRest)
    #expect(directory.names() == [sampleName + "c2"])
    // Still so the next time, and put right once the file is gone.
    #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: true, calls: calls) }
    try FileManager.default.removeItem(atPath: directory.output + "/" + sampleName + "c2")
    _ = try OutputDirectory(path: FilePath(directory.output), force: true, calls: calls)
  }

  @Test func aHostileMarker() throws {
    let directory = try TemporaryDirectory()
    try directory.write("inside", "goes")
    try directory.write("folder/keep", "stays")
    try "outside".write(toFile: directory.path + "/outside", atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: directory.output + "/link", withDestinationPath: directory.path)
    let names = [
      "../outside", directory.path + "/outside", "link/outside", "folder", ".", "..", "", "a//b", "inside/../inside", "inside",
      String(repeating: "x", count: 10_000), "folder/", "missing/x",
    ]
    let start = String(decoding: KernelCalls().systemStart, as: UTF8.self)
    try directory.write(".reasm-run", "words\0\(start)\0" + names.map { "+\($0)\0" }.joined() + "inside\0x\0\0+half")
    _ = try OutputDirectory(path: FilePath(directory.output), force: true)
    #expect(FileManager.default.contents(atPath: directory.path + "/outside") == Data("outside".utf8))
    #expect(directory.text("folder/keep") == "stays")
    #expect(directory.text("inside") == nil)
  }

  @Test func somethingElseInItsPlace() throws {
    for kind in ["link", "folder", "fifo"] {
      let directory = try TemporaryDirectory()
      try directory.write("x", "")
      let path = directory.output + "/.reasm-run"
      switch kind {
      case "link": #expect(symlink(directory.path + "/victim", path) == 0)
      case "folder": #expect(mkdir(path, 0o777) == 0)
      default: #expect(mkfifo(path, 0o666) == 0)
      }
      let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: true) }
      #expect(error?.reason == .reservedNameTaken, "\(kind)")
      #expect(!FileManager.default.fileExists(atPath: directory.path + "/victim"))
    }
  }

  /// A file system without locks or second names is good enough for one run.
  @Test func withoutLocksAndLinks() throws {
    final class PoorCalls: SystemCalls {
      let kernel = KernelCalls()
      var systemStart: [UInt8] { [] }
      func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t {
        throw SystemError(code: EAGAIN)
      }
      func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
        try kernel.open(at: directory, name, flags: flags)
      }
      func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError) { try kernel.makeDirectory(at: directory, name) }
      func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError) {
        try kernel.remove(at: directory, name, directory: isDirectory)
      }
      func lock(_ descriptor: Int32) throws(SystemError) { throw SystemError(code: ENOLCK) }
      func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) { throw SystemError(code: EPERM) }
      func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
        try kernel.rename(at: directory, name, as: other)
      }
      func move(at directory: Int32, _ name: [UInt8], to other: Int32, _ newName: [UInt8]) throws(SystemError) {
        try kernel.move(at: directory, name, to: other, newName)
      }
      func status(of descriptor: Int32) throws(SystemError) -> FileStatus { try kernel.status(of: descriptor) }
      func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus { try kernel.status(at: directory, name) }
      func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
        throws(SystemError) -> Int
      { try kernel.write(descriptor, first, second, at: offset) }
      func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try kernel.read(descriptor, into: memory, at: offset)
      }
      func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError) { try kernel.truncate(descriptor, to: length) }
      func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError) {
        try kernel.setModificationTime(of: descriptor, to: time)
      }
      func close(_ descriptor: Int32) throws(SystemError) { try kernel.close(descriptor) }
    }
    let (fresh, poor) = (try TemporaryDirectory(), try TemporaryDirectory())
    try Self.run(in: fresh, force: false, calls: KernelCalls())
    try Self.run(in: poor, force: false, calls: PoorCalls())
    #expect(poor.contents() == fresh.contents())
  }

  static let reserved = [
    "connections.ndjson", "chunks.ndjson", "http.ndjson", "websocket.ndjson", "matches.ndjson", "run.json", "http.har", "report.html",
    ".reasm-run", "http", "pcap", "shards", "tls",
  ]

  @Test(arguments: reserved) func noFlowGetsAReservedName(name: String) throws {
    var options = FlowFileOptions()
    options.template = try NameTemplate(name)
    let rig = try Rig(options)
    let stream = rig.stream()
    stream.send("x")
    stream.complete()
    #expect(rig.directory.names() == [name + "~2"])
    options.template = try NameTemplate(name + "/%a")
    let folders = try Rig(options)
    let other = folders.stream()
    other.send("x")
    other.complete()
    #expect(folders.directory.names() == ["_\(name)/40000"])
  }
}
