import Foundation
import Glibc
import Packets
import Paths
import Reassembly
import TestSupport
import Testing

@testable import FlowFiles

/// Files as members of a tar file.
@Suite struct ArchiveTests {
  /// A factory that writes to an archive, and to a directory or none.
  private struct ArchiveRig {
    let directory: TemporaryDirectory
    let calls: FaultyCalls
    let factory: FlowFileFactory
    var path: String { directory.path + "/x.tar" }

    init(_ options: FlowFileOptions = FlowFileOptions(), hasDirectory: Bool = true, _ prepare: (FaultyCalls) -> Void = { _ in }) throws {
      directory = try TemporaryDirectory()
      calls = FaultyCalls()
      let folder =
        hasDirectory
        ? try OutputDirectory(path: FilePath(directory.output), force: false, calls: calls)
        : try OutputDirectory(unnamedIn: FilePath(directory.path), calls: calls)
      let archive = try TarFile(path: FilePath(directory.path + "/x.tar"), replaces: false, calls: calls)
      factory = try FlowFileFactory(directory: folder, options: options, archive: archive)
      prepare(calls)
    }

    func finish() throws {
      var report = RunReport(version: "0")
      report.output = factory.figures
      try factory.finish(report: report)
    }

    func bytes() -> [UInt8] { FileManager.default.contents(atPath: path).map { Array($0) } ?? [] }
  }

  /// Sends interleaved directions of many lengths, with gaps and repetitions, and completes them.
  private func converse(_ factory: FlowFileFactory, connections: Int = 60) {
    var streams: [(stream: ConnectionStream, left: Int, sent: Int64)] = []
    for number in 0..<connections {
      let key = FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16(2_000 + number), destinationPort: 80)
      let length = number % 20 == 7 ? 700_000 : 20 + number * 37 % 3_000
      streams.append((ConnectionStream(opening: opening(UInt64(number + 1), key: key), factory: factory), length, 0))
    }
    var turn = 0
    while !streams.isEmpty {
      turn = (turn + 1) % streams.count
      let count = min(streams[turn].left, 1_400)
      streams[turn].stream.send((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ turn) }, UInt64(turn + 1))
      if streams[turn].sent == 70_000 {
        _ = streams[turn].stream.again("xyz", at: 100)
        streams[turn].stream.lose(100_000, at: 71_400)
        streams[turn].sent += 100_000
      }
      if streams[turn].sent == 350_000 { streams[turn].stream.lose(10, at: 350_000 + Int64(count)) }
      streams[turn].left -= count
      streams[turn].sent += Int64(count)
      guard streams[turn].left == 0 else { continue }
      let (stream, _, sent) = streams.remove(at: turn)
      stream.complete(report(stream.id, key: stream.key, half(sent), half(0)))
    }
  }

  /// An index without what differs between files and members.
  private func comparable(_ index: String) throws -> [NSDictionary] {
    try index.split(separator: "\n").map { line in
      var object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for side in ["client_to_server", "server_to_client"] {
        guard var direction = object[side] as? [String: Any] else { continue }
        if let member = direction.removeValue(forKey: "member") as? [String: Any] {
          #expect(direction["file"] is NSNull)
          direction["file"] = member["name"]
        }
        object[side] = direction
      }
      return object as NSDictionary
    }
  }

  @Test(arguments: [1 << 10, 70 << 10, 16 << 20], [true, false])
  func membersAreTheFiles(bufferMemory: Int, hashes: Bool) throws {
    var options = FlowFileOptions()
    options.bufferMemory = bufferMemory
    options.hashes = hashes
    let files = try Rig(options)
    converse(files.factory)
    try files.finish()
    for hasDirectory in [true, false] {
      let rig = try ArchiveRig(options, hasDirectory: hasDirectory)
      converse(rig.factory)
      try rig.finish()
      let archive = try ParsedTar(rig.bytes())
      #expect(archive.hasEnd)
      #expect(archive.members.count == 62)
      #expect(archive.members.suffix(2).map(\.text) == ["connections.ndjson", "run.json"])
      for name in files.directory.names() { #expect(archive.files[name] == files.directory.data(name), "\(name)") }
      let index = String(decoding: archive.files["connections.ndjson"] ?? [], as: UTF8.self)
      #expect(try comparable(index) == comparable(files.directory.text("connections.ndjson") ?? ""))
      #expect(archive.files["run.json"] == files.directory.data("run.json"))
      // What the index says of a place is true.
      let bytes = rig.bytes()
      for line in index.split(separator: "\n") {
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let direction = try #require(object["client_to_server"] as? [String: Any])
        let member = try #require(direction["member"] as? [String: Any])
        let (name, offset) = (try #require(member["name"] as? String), try #require(member["offset"] as? Int))
        let length = try #require(member["length"] as? Int)
        #expect(Array(bytes[offset..<(offset + length)]) == files.directory.data(name))
      }
      if hasDirectory {
        #expect(rig.directory.names().isEmpty)
        #expect(rig.directory.text("connections.ndjson") == index)
        #expect(!FileManager.default.fileExists(atPath: rig.directory.output + "/.reasm-run"))
      } else {
        #expect(try FileManager.default.contentsOfDirectory(atPath: rig.directory.path) == ["x.tar"])
      }
      // The index, the marker that has no name, and the temporary file of what was spooled.
      #expect(rig.calls.open <= (hasDirectory ? 2 : 3))
    }
  }

  @Test func shortAndInterruptedWrites() throws {
    let whole = try ArchiveRig()
    converse(whole.factory)
    try whole.finish()
    let rig = try ArchiveRig { calls in
      calls.longestWrite = 999
      calls.writeFault = { $0 % 5 == 1 ? EINTR : nil }
    }
    converse(rig.factory)
    try rig.finish()
    #expect(rig.bytes() == whole.bytes())
  }

  /// Each write in turn fails: what is there consists of whole members, and the index names those alone.
  @Test(arguments: [0, 1, 2, 3, 5, 9, 17, 33, 65, 99], [16 << 20, 1 << 10]) func aFailedWrite(which: Int, bufferMemory: Int) throws {
    var options = FlowFileOptions()
    options.bufferMemory = bufferMemory
    let rig = try ArchiveRig(options) { $0.writeFault = { $0 == which ? ENOSPC : nil } }
    converse(rig.factory)
    do throws(OutputError) { try rig.factory.finish(report: RunReport(version: "0")) } catch {}
    let archive = try ParsedTar(rig.bytes())
    let index = rig.directory.text("connections.ndjson") ?? ""
    for line in index.split(separator: "\n") {
      let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let direction = try #require(object["client_to_server"] as? [String: Any])
      guard let member = direction["member"] as? [String: Any] else {
        #expect(direction["write_error"] as? String == "No space left on device")
        #expect(direction["file_size"] as? Int == 0)
        continue
      }
      #expect(direction["write_error"] == nil)
      #expect(archive.members.contains { $0.offset == member["offset"] as? Int && $0.text == member["name"] as? String })
    }
  }

  /// The disk is full from some write on, for good.
  @Test(arguments: [0, 1, 2, 4, 7, 12, 20]) func aDiskThatStaysFull(from first: Int) throws {
    let rig = try ArchiveRig(hasDirectory: false) { $0.writeFault = { $0 >= first ? ENOSPC : nil } }
    converse(rig.factory)
    #expect(throws: OutputError.self) { try rig.finish() }
    let archive = try ParsedTar(rig.bytes())
    #expect(archive.hasEnd)
    #expect(rig.factory.firstError != nil)
    #expect(rig.factory.connectionsWithErrors > 0)
  }

  /// Killed at any system call: the archive reads as one of whole members.
  @Test(arguments: [0, 4_096]) func killedAtAnyCall(partOfLastWrite: Int) throws {
    for last in 3..<60 {
      let directory = try TemporaryDirectory()
      let calls = KilledCalls(after: last, threads: 1, partOfLastWrite: partOfLastWrite)
      let path = FilePath(directory.path + "/x.tar")
      guard let folder = try? OutputDirectory(unnamedIn: FilePath(directory.path), calls: calls),
        let archive = try? TarFile(path: path, replaces: false, calls: calls),
        let factory = try? FlowFileFactory(directory: folder, archive: archive)
      else { continue }
      converse(factory, connections: 30)
      do throws(OutputError) { try factory.finish(report: RunReport(version: "0")) } catch {}
      let parsed = try ParsedTar(FileManager.default.contents(atPath: path.description).map { Array($0) } ?? [])
      #expect(calls.isKilled || parsed.members.count == 32)
    }
  }

  @Test func namesAndTimesThatDoNotFit() throws {
    let long = [UInt8](repeating: 0x61, count: 150)
    let cases: [(name: [UInt8], size: Int64, seconds: Int64)] =
      [
        (Array("a".utf8), 0, 0), ([UInt8](repeating: 0x62, count: 100), 512, 1_700_000_000), (long, 1, 5), (Array("ü/ö".utf8), 3, 7),
        ([0x61, 0xff, 0x2f, 0x62], 4, 8), (Array("old".utf8), 5, -3),
      ] + (80..<110).map { ([UInt8](repeating: 0x63, count: $0 * 10), 6, 9) }
    var bytes: [UInt8] = []
    for item in cases {
      TarHeader.append(name: item.name, size: item.size, time: Timestamp(nanoseconds: item.seconds * 1_000_000_000), to: &bytes)
      bytes += [UInt8](repeating: 0x78, count: Int(item.size))
      bytes += [UInt8](repeating: 0, count: TarHeader.padding(item.size))
    }
    let parsed = try ParsedTar(bytes)
    #expect(parsed.members.map(\.name) == cases.map(\.name))
    #expect(parsed.members.map { Int64($0.contents.count) } == cases.map(\.size))
    #expect(parsed.members.map { Int64($0.time) } == cases.map(\.seconds))
  }

  /// A member over 8 GiB, most of it a hole, with another one behind it.
  @Test func aMemberThatNeedsAnExtendedSize() throws {
    var options = FlowFileOptions()
    options.maxGap = .max
    options.maxHoles = .max
    let rig = try ArchiveRig(options, hasDirectory: false)
    let stream = rig.factory.makeStream(for: opening()) as? ConnectionStream
    stream?.send("head")
    stream?.lose(9 << 30, at: 4)
    stream?.send("tail")
    stream?.complete(report(1, half(8 + (9 << 30)), half(0)))
    let second = rig.factory.makeStream(for: opening(2)) as? ConnectionStream
    second?.send("second")
    second?.complete(report(2, half(6), half(0)))
    try rig.finish()
    let script = """
      import tarfile, sys
      t = tarfile.open(sys.argv[1])
      for m in t:
          f = t.extractfile(m)
          head = f.read(4); f.seek(max(0, m.size - 4))
          print(m.name, m.size, repr(head), repr(f.read()[-4:]))
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, rig.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.count == 4)
    #expect(lines.first == "\(sampleName) 9663676424 b'head' b'tail'")
    #expect(lines.dropFirst().first?.hasPrefix("\(sampleName)c1 6 b'seco' b'cond'") == true)
  }

  @Test func nothingIsOverwritten() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/x.tar"
    try "mine".write(toFile: path, atomically: false, encoding: .utf8)
    func failure(_ path: String, replaces: Bool, others: [FilePath] = []) -> OutputError.Reason? {
      do throws(OutputError) {
        _ = try TarFile(path: FilePath(path), replaces: replaces, others: others)
        return nil
      } catch {
        return error.reason
      }
    }
    #expect(failure(path, replaces: false) == .archiveExists)
    #expect(failure(path, replaces: true, others: ["/nowhere", FilePath(path)]) == .archiveInUse)
    let link = directory.path + "/link"
    #expect(symlink("x.tar", link) == 0)
    #expect(failure(link, replaces: false) == .archiveExists)
    #expect(failure(link, replaces: true) == .noArchive)
    #expect(failure("/dev/null", replaces: true) == .noArchive)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    let other = directory.path + "/other"
    #expect(Glibc.link(path, other) == 0)
    #expect(failure(path, replaces: true) == nil)
    #expect(FileManager.default.contents(atPath: path).map { Array($0) } == [UInt8](repeating: 0, count: 1_024))
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "mine")
  }
}
