import Foundation
import Glibc
import Packets
import Paths
import Testing

@testable import FlowFiles
@testable import Reassembly

/// A directory that is gone when the test is over.
final class TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/flowfiles-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw SystemError(code: errno) }
    path = String(cString: made)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var output: String { path + "/out" }

  func data(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: output + "/" + name).map { Array($0) } }

  func text(_ name: String) -> String? { data(name).map { String(decoding: $0, as: UTF8.self) } }

  /// Everything below the output directory: contents of files, nil for folders.
  func contents() -> [String: Data?] {
    var found: [String: Data?] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: output) ?? .init() {
      found[name] = .some(FileManager.default.contents(atPath: output + "/" + name))
    }
    return found
  }

  /// All files below the output directory but index, run.json and the marker, sorted.
  func names() -> [String] {
    let all = FileManager.default.enumerator(atPath: output)?.compactMap { $0 as? String } ?? []
    return all.filter { name in
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: output + "/" + name, isDirectory: &isFolder)
      return !isFolder.boolValue && !["connections.ndjson", "run.json", ".reasm-run"].contains(name)
    }.sorted()
  }

  func write(_ name: String, _ text: String) throws {
    let full = output + "/" + name
    try FileManager.default.createDirectory(
      atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: full, atomically: false, encoding: .utf8)
  }
}

/// The kernel's system calls, some of which fail as a test wants it.
final class FaultyCalls: SystemCalls {
  private let kernel = KernelCalls()
  /// Descriptors that are open now, and the most there ever were.
  private(set) var open = 0
  private(set) var mostOpen = 0
  private(set) var calls = 0
  /// Answers an errno for the n-th call (from 0) of a kind; nil lets it through.
  var systemStart: [UInt8] = Array("today".utf8)
  /// The marker; what is written to it does not count, and fails as `markerFault` says.
  private var marker: Int32 = -1
  var markerFault: () -> Int32? = { nil }
  /// Why no thread can be had.
  var threadFault: Int32?
  var openFault: (Int) -> Int32? = { _ in nil }
  var writeFault: (Int) -> Int32? = { _ in nil }
  var readFault: (Int) -> Int32? = { _ in nil }
  /// Answers an errno for a call that opens, writes or closes a file with this name, without its folder.
  var namedOpenFault: ([UInt8]) -> Int32? = { _ in nil }
  var namedWriteFault: ([UInt8]) -> Int32? = { _ in nil }
  var namedCloseFault: ([UInt8]) -> Int32? = { _ in nil }
  var namedRemoveFault: ([UInt8]) -> Int32? = { _ in nil }
  private var namesOfOpen: [Int32: [UInt8]] = [:]
  /// Bytes that a write takes at most.
  var longestWrite = Int.max
  private var opens = 0
  private var writes = 0
  private var reads = 0

  private func fault(_ counter: inout Int, _ decide: (Int) -> Int32?) throws(SystemError) {
    defer { counter += 1 }
    calls += 1
    if let code = decide(counter) { throw SystemError(code: code) }
  }

  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    if name == RunMarker.terminatedName {
      marker = try kernel.open(at: directory, name, flags: flags)
      return marker
    }
    try fault(&opens, openFault)
    if let code = namedOpenFault(name) { throw SystemError(code: code) }
    let descriptor = try kernel.open(at: directory, name, flags: flags)
    namesOfOpen[descriptor] = name
    open += 1
    mostOpen = max(mostOpen, open)
    return descriptor
  }

  func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t {
    if let threadFault { throw SystemError(code: threadFault) }
    return try kernel.makeThread(context, work)
  }

  func lock(_ descriptor: Int32) throws(SystemError) { try kernel.lock(descriptor) }

  func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    try kernel.link(at: directory, name, as: other)
  }

  func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    try kernel.rename(at: directory, name, as: other)
  }

  func move(at directory: Int32, _ name: [UInt8], to other: Int32, _ newName: [UInt8]) throws(SystemError) {
    try kernel.move(at: directory, name, to: other, newName)
  }

  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError) { try kernel.makeDirectory(at: directory, name) }

  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError) {
    if let code = namedRemoveFault(name) { throw SystemError(code: code) }
    try kernel.remove(at: directory, name, directory: isDirectory)
  }

  func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
    calls += 1
    return try kernel.status(of: descriptor)
  }

  func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus {
    calls += 1
    return try kernel.status(at: directory, name)
  }

  func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
    throws(SystemError) -> Int
  {
    if descriptor == marker {
      if let code = markerFault() { throw SystemError(code: code) }
      return try kernel.write(descriptor, first, second, at: offset)
    }
    try fault(&writes, writeFault)
    if let code = namedWriteFault(namesOfOpen[descriptor] ?? []) { throw SystemError(code: code) }
    if first.count + second.count <= longestWrite { return try kernel.write(descriptor, first, second, at: offset) }
    let piece = first.isEmpty ? second : first
    let short = UnsafeRawBufferPointer(rebasing: piece[..<min(longestWrite, piece.count)])
    return try kernel.write(descriptor, short, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
  }

  func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try fault(&reads, readFault)
    return try kernel.read(descriptor, into: memory, at: offset)
  }

  func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError) { try kernel.truncate(descriptor, to: length) }

  func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError) {
    calls += 1
    try kernel.setModificationTime(of: descriptor, to: time)
  }

  func close(_ descriptor: Int32) throws(SystemError) {
    calls += 1
    if descriptor == marker { marker = -1 } else { open -= 1 }
    let name = namesOfOpen.removeValue(forKey: descriptor) ?? []
    try kernel.close(descriptor)
    if let code = namedCloseFault(name) { throw SystemError(code: code) }
  }
}

func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress {
  IPAddress(v4: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
}

func packet(_ number: UInt64, input: UInt32 = 0, milliseconds: Int64 = 0) -> CaptureInfo {
  CaptureInfo(
    time: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + milliseconds * 1_000_000), capturedLength: 100, originalLength: 100,
    packetNumber: number, input: input)
}

func packet(_ number: UInt64, input: UInt32 = 0, milliseconds: Int64 = 0) -> PacketStamp {
  PacketStamp(
    time: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + milliseconds * 1_000_000), packetNumber: number, input: input)
}

let sampleKey = FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: 40_000, destinationPort: 80)

func opening(_ id: UInt64 = 1, key: FlowKey = sampleKey, layers: LayerPath = LayerPath(), input: UInt32 = 0) -> ConnectionOpening {
  ConnectionOpening(id: id, key: key, info: packet(1, input: input, milliseconds: 1), layers: layers)
}

func half(_ bytes: Int64 = 0, start: HalfReport.Start = .syn, end: HalfReport.End = .fin, sequence: UInt32? = 1_001) -> HalfReport {
  HalfReport(
    start: start, end: end, firstSequence: sequence.map { SequenceNumber($0) }, packets: 3, bytes: bytes, length: bytes,
    payloadBytes: bytes, gapCount: 0, gapBytes: 0, retransmittedBytes: 0, outOfOrderPackets: 0, withdrawn: false,
    dropped: Tally(), anomalies: Tally())
}

func report(_ id: UInt64 = 1, key: FlowKey = sampleKey, _ originator: HalfReport = half(), _ responder: HalfReport = half())
  -> ConnectionReport
{
  ConnectionReport(
    id: id, key: key, start: Timestamp(nanoseconds: 1_000_000), lastInfo: packet(14, milliseconds: 12), client: .originator, clientBy: .syn,
    handshake: .complete, close: .fin, originator: originator, responder: responder)
}

/// A factory and the directory it writes to.
struct Rig {
  let directory: TemporaryDirectory
  let calls: FaultyCalls
  let factory: FlowFileFactory

  init(
    _ options: FlowFileOptions = FlowFileOptions(), calls: FaultyCalls = FaultyCalls(), force: Bool = false,
    in directory: TemporaryDirectory? = nil
  ) throws {
    self.directory = try directory ?? TemporaryDirectory()
    self.calls = calls
    let output = try OutputDirectory(path: FilePath(self.directory.output), force: force, calls: calls)
    factory = try FlowFileFactory(directory: output, options: options)
  }

  func stream(_ opening: ConnectionOpening = FlowFilesTests.opening()) -> ConnectionStream {
    ConnectionStream(opening: opening, factory: factory)
  }

  func finish() throws {
    var report = RunReport(version: "0")
    report.output = factory.figures
    try factory.finish(report: report)
  }

  func lines() -> [String] {
    factory.flushBuffers()
    return (directory.text("connections.ndjson") ?? "").split(separator: "\n").map(String.init)
  }
}

extension ConnectionStream {
  func send(_ text: String, _ number: UInt64 = 1, _ side: Side = .originator) { send(Array(text.utf8), number, side) }

  func send(_ bytes: [UInt8], _ number: UInt64 = 1, _ side: Side = .originator) {
    file(of: side).append(bytes.span, info: packet(number))
  }

  func again(_ text: String, at offset: Int64, _ number: UInt64 = 99) -> Comparison {
    let bytes = Array(text.utf8)
    return repeated(bytes.span, at: offset, stamp: packet(number), from: .originator)
  }

  func lose(_ length: Int64, at offset: Int64, _ side: Side = .originator) {
    gap(Gap(offset: offset, length: length, kind: .lost, cause: .age, acknowledged: true), from: side)
  }

  func complete(_ report: ConnectionReport = FlowFilesTests.report()) { _ = reassemblyComplete(report) }

  var conflicts: [ListedConflict] { existingFile(of: .originator)?.notes?.listed().conflicts ?? [] }
}

let sampleName = "010.000.000.001.40000-010.000.000.002.00080"
