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

  init(_ calls: FaultyCalls, threads: Int = .max) {
    self.calls = calls
    threadsLeft = threads
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
    try locked { () throws(SystemError) in try calls.open(at: directory, name, flags: flags) }
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
    try locked { () throws(SystemError) in try calls.write(descriptor, first, second, at: offset) }
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
    threads: Int, bufferMemory: Int = 16 << 20, maxOpenFiles: Int = 64, hashes: Bool = false, largest: Int = 300_000,
    _ prepare: (FaultyCalls) -> Void = { _ in }
  ) throws -> (files: [String: [UInt8]], index: String, open: Int) {
    let directory = try TemporaryDirectory()
    let calls = FaultyCalls()
    prepare(calls)
    var options = FlowFileOptions()
    options.bufferMemory = bufferMemory
    options.maxOpenFiles = maxOpenFiles
    options.hashes = hashes
    let made = try OutputDirectory(path: FilePath(directory.output), force: false, calls: threads == 2 ? LockedCalls(calls) : calls)
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
    return (files, directory.text("connections.ndjson") ?? "", calls.open)
  }

  @Test(arguments: [1 << 10, 70 << 10, 1 << 20, 16 << 20]) func outputIsTheSameWhateverTheBuffers(bufferMemory: Int) throws {
    let expected = try output(threads: 1)
    #expect(expected.files.count == 600)
    for threads in 1...2 {
      for maxOpenFiles in [1, 5, 64] {
        let got = try output(threads: threads, bufferMemory: bufferMemory, maxOpenFiles: maxOpenFiles)
        #expect(got.files == expected.files)
        #expect(got.index.split(separator: "\n").count == 600)
        // The index itself is still open.
        #expect(got.open <= 1)
      }
    }
  }

  @Test func indexAndHashesAreThoseOfOneThread() throws {
    let one = try output(threads: 1, hashes: true)
    let two = try output(threads: 2, hashes: true)
    #expect(one.index == two.index)
    #expect(one.files == two.files)
  }

  // Before the index is written for the first time: its turn depends on when files are closed.
  @Test(arguments: [ENOSPC, EIO, EINTR], [0, 3, 60]) func aFailedWrite(code: Int32, which: Int) throws {
    let prepare = { (calls: FaultyCalls) in calls.writeFault = { $0 == which ? code : nil } }
    let one = try output(threads: 1, largest: 500, prepare)
    let two = try output(threads: 2, largest: 500, prepare)
    #expect(one.index == two.index)
    #expect(one.files == two.files)
    #expect(one.index.contains("write_error") == (code != EINTR))
  }

  /// The limit of processes is reached: one thread does everything, and nothing is freed twice.
  @Test func withoutASecondThreadOneDoesEverything() throws {
    let two = try output(threads: 2)
    let one = try output(threads: 2) { $0.threadFault = EAGAIN }
    #expect(one.index == two.index)
    #expect(one.files == two.files)
  }

  @Test func shortWrites() throws {
    let one = try output(threads: 1)
    let two = try output(threads: 2) { $0.longestWrite = 1_000 }
    #expect(one.files == two.files)
  }

  @Test func filesThatCannotBeMade() throws {
    let prepare = { (calls: FaultyCalls) in calls.openFault = { $0 >= 5 ? EACCES : nil } }
    let one = try output(threads: 1, largest: 500, prepare)
    let two = try output(threads: 2, largest: 500, prepare)
    #expect(one.index == two.index)
    #expect(one.files == two.files)
    #expect(two.files.count == 4)
  }
}
