import Foundation
import Packets
import Paths
import Reassembly
import Testing

@testable import FlowFiles

/// Lets several threads make the calls of a `FaultyCalls`, one at a time.
final class LockedCalls: SystemCalls {
  private let calls: FaultyCalls
  private let lock = NSLock()
  var areSafeOnTwoThreads: Bool { true }
  /// Number of threads that can still be created, and number of those that were.
  private var threadsLeft: Int
  private(set) var threads = 0
  private let first = pthread_self()
  /// Microseconds that each other thread takes longer to create a file.
  private let lag: UInt32
  /// Microseconds that each other thread takes longer to write.
  private let writeLag: UInt32
  /// Number of files that the first thread has created, and of large pieces that it has written behind others.
  private(set) var createdFirst = 0
  private(set) var writtenFirst = 0

  init(_ calls: FaultyCalls, threads: Int = .max, lag: UInt32 = 0, writeLag: UInt32 = 0) {
    self.calls = calls
    self.writeLag = writeLag
    threadsLeft = threads
    self.lag = lag
  }

  private func locked<Result>(_ call: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try call()
  }

  var systemStart: [UInt8] { calls.systemStart }
  func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t {
    try locked { () throws(SystemError) in
      guard threadsLeft > 0 else { throw SystemError(code: EAGAIN) }
      let thread = try calls.makeThread(context, work)
      (threadsLeft, threads) = (threadsLeft - 1, threads + 1)
      return thread
    }
  }
  func lock(_ descriptor: Int32) throws(SystemError) { try locked { () throws(SystemError) in try calls.lock(descriptor) } }
  func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.link(at: directory, name, as: other) }
  }
  func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.rename(at: directory, name, as: other) }
  }
  func move(at directory: Int32, _ name: [UInt8], to other: Int32, _ newName: [UInt8]) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.move(at: directory, name, to: other, newName) }
  }
  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    if flags & O_CREAT != 0 {
      if pthread_equal(first, pthread_self()) == 0 { usleep(lag) } else { createdFirst += 1 }
    }
    return try locked { () throws(SystemError) in try calls.open(at: directory, name, flags: flags) }
  }
  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.makeDirectory(at: directory, name) }
  }
  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.remove(at: directory, name, directory: isDirectory) }
  }
  func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
    try locked { () throws(SystemError) in try calls.status(of: descriptor) }
  }
  func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus {
    try locked { () throws(SystemError) in try calls.status(at: directory, name) }
  }
  func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
    throws(SystemError) -> Int
  {
    if pthread_equal(self.first, pthread_self()) == 0 { usleep(writeLag) } else if first.count > 60_000, offset > 0 { writtenFirst += 1 }
    return try locked { () throws(SystemError) in try calls.write(descriptor, first, second, at: offset) }
  }
  func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try locked { () throws(SystemError) in try calls.read(descriptor, into: memory, at: offset) }
  }
  func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.truncate(descriptor, to: length) }
  }
  func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError) {
    try locked { () throws(SystemError) in try calls.setModificationTime(of: descriptor, to: time) }
  }
  func close(_ descriptor: Int32) throws(SystemError) { try locked { () throws(SystemError) in try calls.close(descriptor) } }
}

@Suite struct SecondThreadTests {
  /// Writes small and large directions, some of them at once, and answers every file with its bytes, and the index.
  private func output(
    writers: Int, bufferMemory: Int = 16 << 20, maxOpenFiles: Int = 64, hashes: Bool = false, largest: Int = 300_000,
    template: String? = nil, threads: Int = .max, lag: UInt32 = 0, _ prepare: (FaultyCalls) -> Void = { _ in }
  ) throws -> (files: [String: [UInt8]], index: String, open: Int, createdFirst: Int) {
    let directory = try TemporaryDirectory()
    let calls = FaultyCalls()
    prepare(calls)
    var options = FlowFileOptions()
    options.bufferMemory = bufferMemory
    options.maxOpenFiles = maxOpenFiles
    options.hashes = hashes
    options.writers = writers
    if let template { options.template = try NameTemplate(FilePath(template)) }
    let locked = LockedCalls(calls, threads: threads, lag: lag)
    let made = try OutputDirectory(path: FilePath(directory.output), force: false, calls: locked)
    let factory = try FlowFileFactory(directory: made, options: options)
    var streams: [(stream: ConnectionStream, left: Int, sent: Int64)] = []
    for number in 0..<600 {
      let id = UInt64(number + 1)
      let key = FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16(2_000 + number), destinationPort: 80)
      let length = number % 50 == 7 ? largest : 20 + number % 900
      streams.append((ConnectionStream(opening: opening(id, key: key), factory: factory), length, 0))
      guard streams.count == 12 || number == 599 else { continue }
      var turn = 0
      while !streams.isEmpty {
        turn = (turn + 1) % streams.count
        let count = min(streams[turn].left, 1_400)
        streams[turn].stream.send((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ turn) }, UInt64(turn + 1))
        // A repetition of what was just written, one byte different.
        if streams[turn].sent == 70_000 { _ = streams[turn].stream.again("xyz", at: 100) }
        streams[turn].left -= count
        streams[turn].sent += Int64(count)
        guard streams[turn].left == 0 else { continue }
        let (stream, _, sent) = streams.remove(at: turn)
        stream.complete(report(stream.id, key: stream.key, half(sent), half(0)))
      }
    }
    // Where no file can be made, run.json cannot either.
    do throws(OutputError) { try factory.finish(report: RunReport(version: "0")) } catch { #expect(calls.openFault(5) != nil) }
    var files: [String: [UInt8]] = [:]
    for name in directory.names() { files[name] = directory.data(name) }
    return (files, directory.text("connections.ndjson") ?? "", calls.open, locked.createdFirst)
  }

  /// While the writers have as much as they may have, the first thread makes small files itself.
  @Test(arguments: [1, 2, 4], [nil, "%a/%A/%N"]) func firstThreadHelpsSlowWriters(writers: Int, template: String?) throws {
    let one = try output(writers: 0, hashes: true, template: template)
    let other = try output(writers: writers, hashes: true, template: template, lag: 4_000)
    #expect(one.index == other.index)
    #expect(one.files == other.files)
    // The large files, the index and the marker are 14.
    #expect(other.createdFirst < 600 && other.createdFirst > 14 || writers == 1, "\(other.createdFirst)")
  }

  /// Writes long connections with captures beside the streams, and answers every file with its bytes.
  private func captures(writers: Int, writeLag: UInt32 = 0) throws -> (files: [String: [UInt8]], index: String, calls: LockedCalls) {
    let directory = try TemporaryDirectory()
    var options = FlowFileOptions()
    options.captures = CaptureFileOptions(template: try NameTemplate("%I"), fragmentTimeout: nil)
    options.writers = writers
    let calls = LockedCalls(FaultyCalls(), writeLag: writeLag)
    let made = try OutputDirectory(path: FilePath(directory.output), force: false, calls: calls)
    let factory = try FlowFileFactory(directory: made, options: options)
    let captures = try #require(factory.captures)
    let ids: ClosedRange<UInt64> = 1...16
    let keys = ids.map { FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16($0), destinationPort: 80) }
    let streams = zip(ids, keys).map { ConnectionStream(opening: opening($0, key: $1), factory: factory) }
    let interface = CaptureInterface(fileLinkType: 1, linkType: .ethernet)
    for number in UInt64(1)...2_400 {
      let stream = streams[Int(number % 16)]
      let bytes = (0..<1_400).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(number)) }
      let info = CaptureInfo(time: Timestamp(nanoseconds: Int64(number)), capturedLength: 1_400, packetNumber: number)
      captures.begin(bytes.span, info, .ethernet, interface: interface)
      stream.send(bytes, number)
      captures.end(
        bytes.span, info, checkSequence: 0, interface: interface, as: Disposition(kind: .delivered, connection: stream.id), datagrams: 0)
    }
    for stream in streams { stream.complete(report(stream.id, key: stream.key, half(210_000), half(0))) }
    try factory.finish(report: RunReport(version: "0"))
    var files: [String: [UInt8]] = [:]
    for name in directory.names() { files[name] = directory.data(name) }
    for id in ids {
      let name = "pcap/\(String(repeating: "0", count: 10 - "\(id)".count))\(id).pcapng"
      files[name] = directory.data(name)
    }
    return (files, directory.text("connections.ndjson") ?? "", calls)
  }

  /// While the writers have as much as they may have, the first thread writes pieces of large files itself.
  @Test(arguments: [1, 2, 4]) func firstThreadWritesPiecesBesideSlowWriters(writers: Int) throws {
    let one = try captures(writers: 0)
    let other = try captures(writers: writers, writeLag: 5_000)
    #expect(one.index == other.index)
    #expect(one.files == other.files)
    #expect(one.files.count >= 32)
    // Each of the 32 files has two full pieces behind the first one.
    #expect((0..<64).contains(other.calls.writtenFirst) && (other.calls.writtenFirst > 0) == (writers > 1), "\(other.calls.writtenFirst)")
  }

  private static let counts = [1, 2, 4, 7]

  @Test(arguments: [1 << 10, 70 << 10, 16 << 20], counts) func outputIsTheSameWhateverTheBuffers(bufferMemory: Int, writers: Int)
    throws
  {
    let expected = try output(writers: 0)
    #expect(expected.files.count == 600)
    for maxOpenFiles in [1, 64] {
      let got = try output(writers: writers, bufferMemory: bufferMemory, maxOpenFiles: maxOpenFiles)
      #expect(got.files == expected.files)
      #expect(got.index.split(separator: "\n").count == 600)
      // The index itself is still open.
      #expect(got.open <= 1)
    }
  }

  @Test(arguments: counts, [nil, "%K/%N-%A.%a-%B.%b", "%a/%A/%N", "%A/%B/x"]) func indexAndHashesAreThoseOfOneThread(
    writers: Int, template: String?
  ) throws {
    let one = try output(writers: 0, hashes: true, template: template)
    #expect(one.files.count == 600)
    for maxOpenFiles in [5, 400] {
      let other = try output(writers: writers, maxOpenFiles: maxOpenFiles, hashes: true, template: template)
      #expect(one.index == other.index)
      #expect(one.files == other.files)
      // The index, and the folders that are open.
      #expect(other.open <= (template == nil ? 1 : 1 + 16 * (writers + 1)))
    }
  }

  // Before the index is written for the first time: its turn depends on when files are closed.
  @Test(arguments: [ENOSPC, EIO, EINTR], [0, 3, 60]) func aFailedWrite(code: Int32, which: Int) throws {
    let prepare = { (calls: FaultyCalls) in calls.writeFault = { $0 == which ? code : nil } }
    let one = try output(writers: 0, largest: 500, prepare)
    let two = try output(writers: 1, largest: 500, prepare)
    #expect(one.index == two.index)
    #expect(one.files == two.files)
    #expect(one.index.contains("write_error") == (code != EINTR))
  }

  /// Files that cannot be created or written, whatever else happens at the time.
  @Test(arguments: counts, [nil, "%K/%N-%A.%a-%B.%b"]) func filesThatFailByName(writers: Int, template: String?) throws {
    let prepare = { (calls: FaultyCalls) in
      calls.namedOpenFault = { $0.contains(0x37) && $0.contains(0x33) && $0.count > 20 ? EACCES : nil }
      calls.namedWriteFault = { $0.contains(0x39) && $0.count > 20 ? ENOSPC : nil }
    }
    let one = try output(writers: 0, template: template, prepare)
    let other = try output(writers: writers, template: template, prepare)
    #expect(one.index == other.index)
    #expect(one.files == other.files)
    #expect(one.index.contains("No space left") && one.index.contains("Permission denied"))
  }

  /// The limit of processes is reached: one thread does everything, or as many as there are, and nothing is freed twice.
  @Test(arguments: [0, 1, 3]) func withFewerThreadsThanWanted(_ granted: Int) throws {
    let one = try output(writers: 0)
    let other = try output(writers: 7, threads: granted)
    #expect(one.index == other.index)
    #expect(one.files == other.files)
  }

  @Test(arguments: counts) func shortWrites(_ writers: Int) throws {
    let one = try output(writers: 0)
    let other = try output(writers: writers) { $0.longestWrite = 1_000 }
    #expect(one.files == other.files)
  }

  @Test func filesThatCannotBeMade() throws {
    let prepare = { (calls: FaultyCalls) in calls.openFault = { $0 >= 5 ? EACCES : nil } }
    let one = try output(writers: 0, largest: 500, prepare)
    let two = try output(writers: 1, largest: 500, prepare)
    #expect(one.index == two.index)
    #expect(one.files == two.files)
    #expect(two.files.count == 4)
  }
}
