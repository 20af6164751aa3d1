import Foundation
import Packets
import Paths
import Reassembly
import TestSupport
import Testing

@testable import FlowFiles

/// Index lines that a second thread writes, where no files of connections are written.
@Suite struct IndexThreadTests {
  /// How a run writes streams.
  enum Output: CaseIterable {
    case archive, nothing, files
  }

  /// Writes connections, some of which have gaps, conflicts, names of their own, or no byte.
  ///
  /// - Returns: every file by its name, the index, the first error, and the number of threads that were created.
  private func run(
    _ output: Output, writers: Int, connections: Int = 1_500, threads: Int = .max, _ change: (inout FlowFileOptions) -> Void = { _ in },
    _ prepare: (FaultyCalls) -> Void = { _ in }
  ) throws -> (files: [String: [UInt8]], index: String, error: String, threads: Int) {
    let directory = try TemporaryDirectory()
    let calls = FaultyCalls()
    prepare(calls)
    let locked = LockedCalls(calls, threads: threads)
    var options = FlowFileOptions()
    options.writers = writers
    options.keepsNoStreams = output == .nothing
    options.hashes = true
    change(&options)
    let folder = try OutputDirectory(path: FilePath(directory.output), force: false, calls: locked)
    let path = FilePath(directory.path + "/x.tar")
    let archive = output == .archive ? try TarFile(path: path, replaces: false, calls: locked) : nil
    let factory = try FlowFileFactory(directory: folder, options: options, archive: archive)
    for number in 0..<connections {
      let port = UInt16(2_000 + number % 900)
      let key = FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: port, destinationPort: 80)
      let stream = ConnectionStream(opening: opening(UInt64(number + 1), key: key), factory: factory)
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number % 400)
      if number % 7 != 6 { stream.send(bytes, UInt64(number + 1)) }
      if number % 5 == 2 {
        stream.lose(10, at: 400)
        stream.send("behind a gap")
      }
      if number % 11 == 3 { _ = stream.again("x", at: 0) }
      if number % 13 == 4 { stream.send("answer", 5, .responder) }
      stream.complete(report(stream.id, key: stream.key, half(Int64(1 + number % 400)), half(0)))
    }
    var failure = ""
    do throws(OutputError) { try factory.finish(report: RunReport(version: "0")) } catch { failure = "\(error)" }
    var files: [String: [UInt8]] = [:]
    for name in directory.names() { files[name] = directory.data(name) }
    if archive != nil { files["x.tar"] = FileManager.default.contents(atPath: path.description).map { Array($0) } }
    // Paths of the two runs that are compared differ.
    failure = failure.replacing(directory.path, with: "")
    return (files, directory.text("connections.ndjson") ?? "", failure, locked.threads)
  }

  @Test(arguments: Output.allCases, [1, 2, 7]) func linesAreThoseOfOneThread(_ output: Output, writers: Int) throws {
    let one = try run(output, writers: 0)
    let other = try run(output, writers: writers)
    #expect(one.threads == 0)
    // Beside writers of files it has no place.
    #expect(other.threads == (output == .files ? max(1, writers - 1) : 1))
    #expect(one.index == other.index && one.files == other.files)
    let lines = one.index.split(separator: "\n")
    #expect(lines.count == 1_500)
    #expect(lines.contains { $0.contains("\"gaps\"") } && lines.contains { $0.contains("\"conflicts\"") } || output == .nothing)
    for (number, line) in lines.enumerated() where !line.hasPrefix("{\"id\":\(number + 1),") { Issue.record("\(line.prefix(30))") }
  }

  /// The lines that are there, and the error, do not depend on the thread that writes them.
  @Test(arguments: [Output.archive, .nothing], [0, 1, 2, 5]) func aFullDisk(_ output: Output, from first: Int) throws {
    func prepare(_ calls: FaultyCalls) {
      var writes = 0
      calls.namedWriteFault = { name in
        guard name.starts(with: "connections".utf8) else { return nil }
        defer { writes += 1 }
        return writes >= first ? ENOSPC : nil
      }
    }
    let one = try run(output, writers: 0, { _ in }, prepare)
    let other = try run(output, writers: 2, { _ in }, prepare)
    #expect(other.threads == 1)
    #expect(one.error == other.error && one.error.contains("No space left"), "\(other.error)")
    #expect(one.index == other.index)
  }

  /// Nobody who waits for a line waits for a batch.
  @Test(arguments: [Output.archive, .nothing]) func withoutThreads(_ output: Output) throws {
    let one = try run(output, writers: 0)
    let refused = try run(output, writers: 2, threads: 0)
    #expect(one.index == refused.index && refused.threads == 0)
    #expect(try run(output, writers: 2, connections: 3) { $0.writesLinesAtOnce = true }.threads == 0)
    #expect(try run(output, writers: 2, connections: 3) { $0.writesIndex = false }.threads == 0)
  }

  private func factoryWithoutStreams(in directory: TemporaryDirectory) throws -> FlowFileFactory {
    var options = FlowFileOptions()
    options.writers = 2
    options.keepsNoStreams = true
    return try FlowFileFactory(directory: OutputDirectory(path: FilePath(directory.output), force: false), options: options)
  }

  private func lineCount(in directory: TemporaryDirectory) -> Int {
    directory.text("connections.ndjson")?.split(separator: "\n").count ?? 0
  }

  /// Figures and errors that are asked for in the middle wait for the lines.
  @Test func linesAreThereWhenAskedFor() throws {
    let directory = try TemporaryDirectory()
    let factory = try factoryWithoutStreams(in: directory)
    for number in 1...100 {
      let stream = ConnectionStream(opening: opening(UInt64(number)), factory: factory)
      stream.send("abc")
      stream.complete(report(stream.id, half(3), half(0)))
      guard number % 33 == 0 else { continue }
      factory.flushBuffers()
      #expect(lineCount(in: directory) == number)
    }
    try factory.finish(report: RunReport(version: "0"))
    #expect(lineCount(in: directory) == 100)
  }

  /// Lines with many gaps wait a few at a time: each may have 300 KB.
  @Test func longLinesDoNotWaitForMany() throws {
    let directory = try TemporaryDirectory()
    let factory = try factoryWithoutStreams(in: directory)
    for number in 1...30 {
      let stream = ConnectionStream(opening: opening(UInt64(number)), factory: factory)
      for gap in 0..<900 { stream.lose(1, at: Int64(gap * 2)) }
      stream.complete(report(stream.id, half(3), half(0)))
    }
    // Each is a batch of its own, of which eight wait, and the second thread has one.
    #expect(lineCount(in: directory) >= 20)
    try factory.finish(report: RunReport(version: "0"))
    #expect(lineCount(in: directory) == 30)
  }

  /// Keeps the streams that a factory makes.
  private final class Keeper: StreamFactory {
    let factory: FlowFileFactory
    var streams: [ConnectionStream] = []

    init(_ factory: FlowFileFactory) { self.factory = factory }

    func makeStream(for opening: ConnectionOpening) -> any TCPStream {
      let stream = factory.makeStream(for: opening)
      if let connection = stream as? ConnectionStream { streams.append(connection) }
      return stream
    }
  }

  /// The origins of the bytes may take much room on the disk, so they do not wait for the line.
  @Test func originsOfBytesAreReleasedAtOnce() throws {
    let directory = try TemporaryDirectory()
    var options = FlowFileOptions()
    options.writers = 2
    options.writesChunks = true
    let folder = try OutputDirectory(path: FilePath(directory.output), force: false)
    let archive = try TarFile(path: FilePath(directory.path + "/x.tar"), replaces: false)
    let factory = try FlowFileFactory(directory: folder, options: options, archive: archive)
    let keeper = Keeper(factory)
    var assembler = Assembler(factory: keeper)
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "abc")
    for (index, packet) in talk.packets.enumerated() {
      let bytes = PacketBuilder.ip(packet.segment)
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: packet.time), capturedLength: bytes.count, originalLength: bytes.count, packetNumber: UInt64(index + 1)
      )
      _ = try assembler.assemble(packet: bytes.span, linkType: .raw, info: info)
    }
    #expect(keeper.streams.map { $0.log != nil } == [true])
    assembler.flushAll()
    // Its member is in the archive by the time of the next connection, and its line waits for others.
    archive.flush()
    let next = ConnectionStream(opening: opening(2), factory: factory)
    next.complete(report(next.id, half(0), half(0)))
    #expect(keeper.streams.map { $0.log != nil } == [false])
    try factory.finish(report: RunReport(version: "0"))
    #expect(directory.text("chunks.ndjson")?.contains("\"length\":3") == true)
  }
}
