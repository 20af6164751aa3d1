import Foundation
import Glibc
import Packets
import Paths
import Reassembly
import Testing

@testable import FlowFiles

@Suite struct FaultTests {
  @Test func aFullDiskEndsOneDirection() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    let full = rig.stream()
    full.send("kept", 1)
    rig.factory.flushBuffers()
    calls.writeFault = { _ in ENOSPC }
    full.send("lost", 2)
    rig.factory.flushBuffers()
    full.send("more", 3)
    calls.writeFault = { _ in nil }
    #expect(full.again("kept", at: 0) == .unchecked)
    full.complete(report(1, half(12), half(0)))
    let fine = rig.stream(opening(2))
    fine.send("fine")
    fine.complete(report(2, half(4), half(0)))
    #expect(rig.directory.text(sampleName) == "kept")
    #expect(rig.directory.text(sampleName + "c1") == "fine")
    #expect(rig.factory.connectionsWithErrors == 1)
    #expect(rig.factory.firstError?.description == "\(rig.directory.output)/\(sampleName): No space left on device")
    let lines = rig.lines()
    #expect(lines.count == 2)
    #expect(lines.first?.contains(#""write_failed"]"#) == true)
    #expect(lines.last?.contains("write_failed") == false)
    #expect(lines.first?.contains(#""bytes":12,"file_size":4,"write_error":"No space left on device""#) == true)
    #expect(lines.first?.contains(#""complete":false"#) == true)
    #expect(calls.open == 1)
  }

  @Test func aFileThatCannotBeMade() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    calls.openFault = { _ in EMFILE }
    let stream = rig.stream()
    stream.send("x")
    stream.complete(report(1, half(1), half(0)))
    calls.openFault = { _ in nil }
    #expect(rig.directory.names().isEmpty)
    #expect(rig.lines().first?.contains(#""file":null,"complete":false"#) == true)
    #expect(rig.lines().first?.contains(#""bytes":1,"file_size":0,"write_error":"Too many open files""#) == true)
  }

  /// Something of another's stands where a folder of the template belongs: no other name helps, and none is looked for.
  @Test(arguments: [false, true])
  func aFolderThatIsNone(isLink: Bool) throws {
    let directory = try TemporaryDirectory()
    try directory.write("other/file", "mine")
    if isLink {
      #expect(symlink("other", directory.output + "/010.000.000.001") == 0)
    } else {
      try directory.write("010.000.000.001", "mine")
    }
    var options = FlowFileOptions()
    options.template = try NameTemplate("%A/%a")
    let rig = try Rig(options, force: true, in: directory)
    let stream = rig.stream()
    stream.send("lost")
    stream.send("kept", 2, .responder)
    stream.complete(report(1, half(4), half(4)))
    #expect(rig.factory.firstError?.description == "\(directory.output)/010.000.000.001/40000: Not a directory")
    #expect(rig.lines().first?.contains(#""file":null,"complete":false"#) == true)
    #expect(rig.lines().first?.contains(#""write_error":"Not a directory""#) == true)
    #expect(directory.text("010.000.000.002/00080") == "kept")
    #expect(directory.text("other/file") == "mine")
    #expect(isLink || directory.text("010.000.000.001") == "mine")
  }

  @Test func shortAndInterruptedWrites() throws {
    let calls = FaultyCalls()
    calls.longestWrite = 7
    calls.writeFault = { $0 % 3 == 0 ? EINTR : nil }
    calls.openFault = { $0 % 2 == 0 ? EINTR : nil }
    let rig = try Rig(calls: calls)
    let stream = rig.stream()
    let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    stream.send(Array(bytes[..<100]))
    stream.send(Array(bytes[100...]))
    stream.complete()
    #expect(rig.directory.data(sampleName) == bytes)
    #expect(rig.lines().count == 1)
  }

  @Test func descriptorsRunOutAtRunTime() throws {
    let calls = FaultyCalls()
    var options = FlowFileOptions()
    options.bufferMemory = 1 << 10
    let rig = try Rig(options, calls: calls)
    calls.openFault = { [unowned calls] _ in calls.open >= 5 ? EMFILE : nil }
    var streams: [ConnectionStream] = []
    for flow in UInt64(0)..<30 {
      var key = sampleKey
      key.sourcePort = UInt16(flow)
      streams.append(rig.stream(opening(flow + 1, key: key)))
    }
    for round in 0..<5 { for stream in streams { stream.send([UInt8](repeating: UInt8(round), count: 300)) } }
    for stream in streams { stream.complete() }
    let expected = (0..<5).flatMap { [UInt8](repeating: UInt8($0), count: 300) }
    #expect(rig.directory.names().count == 30)
    for name in rig.directory.names() { #expect(rig.directory.data(name) == expected) }
    #expect(rig.factory.connectionsWithErrors == 0)
  }

  @Test func anotherFileInItsPlaceIsNotTouched() throws {
    var options = FlowFileOptions()
    options.maxOpenFiles = 1
    let rig = try Rig(options)
    let stream = rig.stream()
    stream.send("mine")
    rig.factory.flushBuffers()
    let other = rig.stream(opening(2))
    other.send("other")
    rig.factory.flushBuffers()
    // The first file is closed now; somebody puts another one in its place.
    try FileManager.default.removeItem(atPath: rig.directory.output + "/" + sampleName)
    try rig.directory.write("filler", "so that the inode is not used again")
    try rig.directory.write(sampleName, "theirs")
    stream.send("more")
    stream.complete()
    #expect(rig.directory.text(sampleName) == "theirs")
    #expect(rig.factory.connectionsWithErrors == 1)
  }

  @Test func anIndexThatCannotBeWrittenForAWhile() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    rig.stream().complete()
    rig.factory.flushBuffers()
    let length = try #require(rig.directory.text("connections.ndjson")).utf8.count
    // Line 2 goes out whole, half of line 3 does.
    calls.longestWrite = length + length / 2
    calls.writeFault = { $0 == 2 ? EIO : nil }
    rig.stream(opening(2)).complete(report(2))
    rig.stream(opening(3)).complete(report(3))
    #expect(rig.lines().count == 2)
    #expect(rig.factory.firstError?.description == "\(rig.directory.output)/connections.ndjson: Input/output error")
    rig.stream(opening(4)).complete(report(4))
    #expect(rig.lines().map { $0.prefix(7) } == ["{\"id\":1", "{\"id\":2", "{\"id\":3", "{\"id\":4"])
    #expect(rig.lines().allSatisfy { $0.hasSuffix("}") })
    #expect(rig.factory.firstError == nil)
    try rig.finish()
  }

  /// What waits is bounded; what is lost is missing from the index for good, and run.json is written all the same.
  @Test func anIndexThatCannotBeWrittenForLong() throws {
    let calls = FaultyCalls()
    let rig = try Rig(calls: calls)
    calls.writeFault = { _ in ENOSPC }
    for id in 1...60_000 { rig.stream(opening(UInt64(id))).complete(report(UInt64(id))) }
    calls.writeFault = { _ in nil }
    let lines = rig.lines()
    #expect((20_000..<60_000).contains(lines.count) && lines.joined().utf8.count < 17 << 20, "\(lines.count)")
    rig.stream(opening(60_001)).complete(report(60_001))
    #expect(rig.lines().last?.hasPrefix("{\"id\":60001") == true)
    #expect(throws: OutputError.self) { try rig.finish() }
    #expect(rig.factory.unfinished == ["connections.ndjson"])
    // It says what came of the run all the same.
    #expect(rig.directory.text("run.json")?.hasSuffix("}\n") == true)
  }

  @Test func aReportThatCannotBeWritten() throws {
    let calls = FaultyCalls()
    calls.longestWrite = 100
    calls.writeFault = { $0 == 3 ? ENOSPC : nil }
    let rig = try Rig(calls: calls)
    let error = #expect(throws: OutputError.self) { try rig.finish() }
    #expect(error?.description == "\(rig.directory.output)/run.json: No space left on device")
    #expect(rig.factory.unfinished == ["run.json"])
    #expect(rig.directory.text("run.json") == nil)
    #expect(rig.directory.text("connections.ndjson") == "")
  }
}

@Suite struct OutputDirectoryTests {
  @Test func mustBeEmpty() throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", "")
    let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: false) }
    #expect(error?.reason == .notEmpty)
    let missing = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.path + "/a/b"), force: false) }
    #expect(missing?.description == "\(directory.path)/a/b: No such file or directory")
    let file = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output + "/x"), force: true) }
    #expect(file?.description == "\(directory.output)/x: Not a directory")
  }

  @Test func forceRemovesWhatTheIndexNames() throws {
    var options = FlowFileOptions()
    options.template = try NameTemplate("%A/%a/%b")
    let first = try Rig(options)
    let stream = first.stream()
    stream.send("old")
    stream.complete()
    try first.finish()
    try first.directory.write("mine.txt", "stays")
    try first.directory.write("010.000.000.002/mine.txt", "stays")
    _ = try OutputDirectory(path: FilePath(first.directory.output), force: true)
    #expect(first.directory.names() == ["010.000.000.002/mine.txt", "mine.txt"])
    #expect(!FileManager.default.fileExists(atPath: first.directory.output + "/010.000.000.001"))
    #expect(first.directory.text("run.json") == nil)
    #expect(first.directory.text("connections.ndjson") == nil)
  }

  @Test func aHostileOldIndexLeavesNothingBut() throws {
    let directory = try TemporaryDirectory()
    try directory.write("inside", "goes")
    try directory.write("folder/keep", "stays")
    try "outside".write(toFile: directory.path + "/outside", atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: directory.output + "/link", withDestinationPath: directory.path)
    try FileManager.default.createSymbolicLink(atPath: directory.output + "/linked", withDestinationPath: directory.path + "/outside")
    let names = [
      "../outside", directory.path + "/outside", "link/outside", "linked", "folder", ".", "..", "", "a//b", "inside/../inside", "x\\u0000y",
      "inside", "missing/x",
    ]
    let lines = names.map { #"{"id":1,"client_to_server":{"file":"\#($0)"}}"# } + ["{\"client_to_server\":{\"file\":\"", "[[[[", "\u{1}"]
    try directory.write("connections.ndjson", lines.joined(separator: "\n") + "\n")
    _ = try OutputDirectory(path: FilePath(directory.output), force: true)
    #expect(FileManager.default.contents(atPath: directory.path + "/outside") == Data("outside".utf8))
    #expect(directory.names() == ["folder/keep", "linked"] || directory.names() == ["folder/keep", "link/outside", "linked"])
    #expect(directory.text("inside") == nil)
  }

  @Test(arguments: ["connections.ndjson", "run.json"]) func reservedNamesThatAreLinks(name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write("x", "")
    try "victim".write(toFile: directory.path + "/victim", atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: directory.output + "/" + name, withDestinationPath: directory.path + "/victim")
    let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: true) }
    #expect(error?.reason == .reservedNameTaken)
    #expect(FileManager.default.contents(atPath: directory.path + "/victim") == Data("victim".utf8))
  }

  /// Without an index there was no earlier run: a run.json is somebody else's, whatever its name.
  @Test(arguments: ["run.json", "chunks.ndjson"]) func reservedNamesWithoutAnIndexAreOthers(name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(name, "theirs")
    let error = #expect(throws: OutputError.self) { try OutputDirectory(path: FilePath(directory.output), force: true) }
    #expect(error?.reason == .reservedNameTaken)
    #expect(directory.text(name) == "theirs")
    try directory.write("connections.ndjson", "")
    _ = try OutputDirectory(path: FilePath(directory.output), force: true)
    #expect(directory.text(name) == nil)
    #expect(directory.text("connections.ndjson") == nil)
  }

  @Test func filesOfOthersAreNeverReplaced() throws {
    let directory = try TemporaryDirectory()
    try directory.write(sampleName, "theirs")
    try FileManager.default.createSymbolicLink(atPath: directory.output + "/" + sampleName + "~2", withDestinationPath: "/nowhere")
    let rig = try Rig(force: true, in: directory)
    let stream = rig.stream()
    stream.send("ours")
    stream.complete(report(1, half(4), half(0)))
    #expect(directory.text(sampleName) == "theirs")
    #expect(directory.text(sampleName + "~3") == "ours")
    #expect(rig.lines().first?.contains(#""file":"\#(sampleName)~3""#) == true)
  }

  @Test func aFileThatAppearsMeanwhileIsNotReplaced() throws {
    let rig = try Rig()
    let stream = rig.stream()
    stream.send("ours")
    try rig.directory.write(sampleName, "theirs")
    stream.complete()
    #expect(rig.directory.text(sampleName) == "theirs")
    #expect(rig.directory.text(sampleName + "~2") == "ours")
  }

  @Test func aLinkInPlaceOfAFolderIsNotFollowed() throws {
    var options = FlowFileOptions()
    options.template = try NameTemplate("%A/%a")
    let rig = try Rig(options)
    let target = rig.directory.path + "/target"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: rig.directory.output + "/010.000.000.001", withDestinationPath: target)
    let stream = rig.stream()
    stream.send("x")
    stream.complete()
    #expect(try FileManager.default.contentsOfDirectory(atPath: target).isEmpty)
    #expect(rig.factory.connectionsWithErrors == 1)
  }

  @Test func equalNamesDoNotDependOnBuffers() throws {
    for memory in [1 << 10, 16 << 20] {
      var options = FlowFileOptions()
      options.template = try NameTemplate("%b/same")
      options.bufferMemory = memory
      options.maxOpenFiles = 2
      let rig = try Rig(options)
      let streams = (UInt64(1)...5).map { rig.stream(opening($0)) }
      for (index, stream) in streams.enumerated() { stream.send("\(index)") }
      for (index, stream) in streams.enumerated().reversed() { stream.send("\(index)") }
      for stream in streams.reversed() { stream.complete() }
      #expect(rig.directory.text("00080/same") == "00")
      for index in 1..<5 { #expect(rig.directory.text("00080/same~\(index + 1)") == "\(index)\(index)") }
      // The index and the folder used last.
      #expect(rig.calls.open == 2)
    }
  }
}
