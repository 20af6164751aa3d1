import Foundation
import Glibc
import Packets
import Paths
import Reassembly
import TestSupport
import Testing

@testable import FlowFiles

/// Streams without files whose bytes are looked up in the captures of their connections.
@Suite struct CapturedBytesTests {
  private static let interface = CaptureInterface(fileLinkType: 1, linkType: .ethernet)
  private static let header = 54

  private static func options(bufferMemory: Int = 64 << 20, writers: Int = 0) throws -> FlowFileOptions {
    var options = FlowFileOptions()
    options.captures = CaptureFileOptions(template: try NameTemplate("%I"), fragmentTimeout: nil)
    options.keepsNoStreams = true
    options.comparesInMemory = true
    options.bufferMemory = bufferMemory
    options.writers = writers
    return options
  }

  /// A packet with a payload.
  private static func packet(_ payload: [UInt8]) -> [UInt8] { [UInt8](repeating: 0x2e, count: header) + payload + [1, 2, 3, 4] }

  /// Feeds a packet to the captures; meanwhile `deliver` gets its payload, where it lies.
  ///
  /// With `isShown`, the captures can see that the payload is of the packet.
  private static func feed(
    _ captures: ConnectionCaptures, _ number: UInt64, of connection: UInt64, _ bytes: [UInt8], isShown: Bool = true,
    _ kind: Disposition.Kind = .delivered, _ deliver: (Span<UInt8>) -> Void
  ) {
    let info = CaptureInfo(time: Timestamp(nanoseconds: Int64(number)), capturedLength: bytes.count, packetNumber: number)
    let other = bytes.map { $0 }
    captures.begin(isShown ? bytes.span : other.span, info, .ethernet, interface: interface)
    deliver(bytes.span.extracting(header..<(bytes.count - 4)))
    captures.end(
      bytes.span, info, checkSequence: 0, interface: interface, as: Disposition(kind: kind, connection: connection), datagrams: 0)
  }

  // MARK: as with copies in memory

  /// What a random run wrote and answered.
  private struct Outcome: Equatable {
    var lines = ""
    var captures: [[UInt8]?] = []
    var answers: [Comparison] = []
    var conflicts: UInt64 = 0
  }

  /// Writes a few connections with packets of all lengths, gaps, and copies that are partly changed.
  private static func run(
    seed: UInt64, isShown: Bool, bufferMemory: Int, writers: Int = 0, maxOpenFiles: Int = 64, maxBytes: Int64 = .max
  ) throws -> Outcome {
    let directory = try TemporaryDirectory()
    var options = try options(bufferMemory: bufferMemory, writers: writers)
    options.maxOpenFiles = maxOpenFiles
    options.maxBytes = maxBytes
    let made = try OutputDirectory(path: FilePath(directory.output), force: false, calls: LockedCalls(FaultyCalls()))
    let factory = try FlowFileFactory(directory: made, options: options)
    let captures = try #require(factory.captures)
    var random = SplitMix64(seed: seed)
    let ids: ClosedRange<UInt64> = 1...4
    let keys = ids.map { FlowKey(source: v4(10, 0, 0, 1), destination: v4(10, 0, 0, 2), sourcePort: UInt16($0), destinationPort: 80) }
    let streams = zip(ids, keys).map { ConnectionStream(opening: opening($0, key: $1), factory: factory) }
    var sent = streams.map { _ in [[UInt8](), [UInt8]()] }
    var outcome = Outcome()
    for number in UInt64(1)...1_500 {
      let index = Int.random(in: 0..<streams.count, using: &random)
      let (stream, side) = (streams[index], random.oneIn(4) ? Side.responder : .originator)
      let known = sent[index][Int(side.rawValue)]
      let start = UInt8(truncatingIfNeeded: random.next())
      let length = random.oneIn(60) ? Int.random(in: 10_000...70_000, using: &random) : Int.random(in: 0...1_448, using: &random)
      var payload = (0..<length).map { start &+ UInt8(truncatingIfNeeded: $0 &* $0 &>> 3) }
      switch Int.random(in: 0..<10, using: &random) {
      case 0 where !known.isEmpty:
        stream.lose(700, at: Int64(known.count), side)
        sent[index][Int(side.rawValue)] += [UInt8](repeating: 0, count: 700)
        feed(captures, number, of: stream.id, packet([])) { _ in }
      case 1...3 where !known.isEmpty:
        let offset = Int.random(in: 0..<known.count, using: &random)
        payload = Array(known[offset..<min(known.count, offset + length)])
        if random.oneIn(2), let changed = payload.indices.randomElement(using: &random) { payload[changed] ^= 0x40 }
        feed(captures, number, of: stream.id, packet(payload), isShown: isShown, .repeated) {
          outcome.answers.append(stream.repeated($0, at: Int64(offset), stamp: FlowFilesTests.packet(number), from: side))
        }
      default:
        feed(captures, number, of: stream.id, packet(payload), isShown: isShown) { bytes in
          _ = stream.file(of: side).append(bytes, info: FlowFilesTests.packet(number))
          // Bytes that waited for the packet, as it fills a gap before them.
          let waiting = [UInt8](repeating: start, count: random.oneIn(5) ? 900 : 0)
          _ = stream.file(of: side).append(waiting.span, info: FlowFilesTests.packet(number))
          payload += waiting
        }
        sent[index][Int(side.rawValue)] += payload
      }
      if random.oneIn(100) { factory.flushBuffers() }
    }
    for (stream, sent) in zip(streams, sent) {
      stream.complete(report(stream.id, key: stream.key, half(Int64(sent[0].count)), half(Int64(sent[1].count))))
    }
    outcome.conflicts = factory.figures.conflicts
    try factory.finish(report: RunReport(version: "0"))
    outcome.lines = directory.text("connections.ndjson") ?? ""
    outcome.captures = ids.map { directory.data("pcap/000000000\($0).pcapng") }
    return outcome
  }

  /// With every amount of memory the same copies are compared, with the same results.
  @Test(arguments: [1 << 10, 20_000, 200_000, 1 << 20, 64 << 20], [Int64.max, 30_000]) func asWithCopies(bufferMemory: Int, maxBytes: Int64)
    throws
  {
    // With one descriptor, captures rest and are opened again.
    for (seed, maxOpenFiles) in [(1, 1), (2, 64), (3, 64)] as [(UInt64, Int)] {
      let copied = try Self.run(seed: seed, isShown: false, bufferMemory: bufferMemory, maxOpenFiles: maxOpenFiles, maxBytes: maxBytes)
      let shown = try Self.run(seed: seed, isShown: true, bufferMemory: bufferMemory, maxOpenFiles: maxOpenFiles, maxBytes: maxBytes)
      #expect(shown == copied, "seed \(seed)")
      #expect(copied.captures.allSatisfy { $0 != nil })
      if bufferMemory >= 64 << 20 { #expect(copied.conflicts > 20 && copied.answers.contains(.compared)) }
    }
  }

  @Test(arguments: [1, 2, 4]) func asWithOneThread(writers: Int) throws {
    for seed in UInt64(10)...11 {
      let one = try Self.run(seed: seed, isShown: true, bufferMemory: 64 << 20)
      let several = try Self.run(seed: seed, isShown: true, bufferMemory: 64 << 20, writers: writers)
      #expect(several == one, "seed \(seed)")
    }
  }

  // MARK: when the system fails

  /// A connection with 100 packets of 1 000 bytes behind a short one.
  private struct Talk {
    let rig: Rig
    let stream: ConnectionStream
    let captures: ConnectionCaptures
    private var number: UInt64 = 0
    private var end: Int64 = 0

    init(_ calls: FaultyCalls = FaultyCalls()) throws {
      rig = try Rig(CapturedBytesTests.options(), calls: calls)
      stream = rig.stream()
      captures = try #require(rig.factory.captures)
      // The first packet of a capture brings its interface, so its bytes are copied.
      send(1)
    }

    mutating func send(_ packets: Int, _ kind: Disposition.Kind = .delivered) {
      for _ in 0..<packets {
        number += 1
        CapturedBytesTests.feed(captures, number, of: 1, CapturedBytesTests.packet(payload(number)), kind) {
          _ = stream.file(of: .originator).append($0, info: FlowFilesTests.packet(number))
        }
        end += 1_000
      }
    }

    private func payload(_ number: UInt64) -> [UInt8] { (0..<1_000).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) } }

    /// Compares a copy of packet `number`, whose last byte is another.
    func again(_ number: UInt64) -> Comparison {
      var bytes = payload(number)
      bytes[999] ^= 1
      return stream.repeated(bytes.span, at: Int64(number - 1) * 1_000, stamp: FlowFilesTests.packet(number + 1_000), from: .originator)
    }

    /// Decides that the packets that wait belong to this connection.
    func settle() { stream.capture?.settle() }

    func complete() { stream.complete(report(1, half(end), half(0))) }
  }

  @Test func bytesInTheBufferAndOnTheDisk() throws {
    let calls = FaultyCalls()
    var talk = try Talk(calls)
    talk.send(150)
    var reads = 0
    calls.readFault = { _ in
      reads += 1
      return nil
    }
    for number in [1, 2, 50, 100, 151] as [UInt64] {
      #expect(talk.again(number) == .compared)
      let last = talk.stream.conflicts.last
      #expect(last?.offset == Int64(number) * 1_000 - 1 && last?.length == 1)
      let kept = UInt8(truncatingIfNeeded: number &* 31 &+ 999 &* 7)
      #expect(last?.kept == [kept] && last?.other == [kept ^ 1])
    }
    // The first packet is in memory, the last one in the buffer of the capture, and the others are read.
    #expect(reads == 3)
    #expect(talk.stream.conflicts.last?.keptBy == PacketReference(number: 151, input: 0))
    talk.complete()
  }

  /// What cannot be read is not compared, and that is no failure of the output.
  @Test func aCaptureThatCannotBeRead() throws {
    let calls = FaultyCalls()
    var talk = try Talk(calls)
    talk.send(150)
    calls.readFault = { _ in EIO }
    #expect(talk.again(50) == .unchecked)
    #expect(talk.again(1) == .compared && talk.again(151) == .compared)
    calls.readFault = { _ in nil }
    #expect(talk.again(50) == .compared)
    talk.complete()
    #expect(talk.rig.factory.connectionsWithErrors == 0)
  }

  /// Behind the end of a capture that cannot be continued, bytes are copied; those that were to be in it cannot be compared.
  @Test func aFullDisk() throws {
    let calls = FaultyCalls()
    var talk = try Talk(calls)
    talk.send(20)
    calls.writeFault = { _ in ENOSPC }
    talk.send(100)
    #expect(talk.rig.factory.connectionsWithErrors == 0 && talk.rig.factory.firstError != nil)
    #expect(talk.again(1) == .compared)
    #expect(talk.again(10) == .unchecked)
    #expect(talk.again(121) == .compared)
    calls.writeFault = { _ in nil }
    talk.complete()
    #expect(talk.rig.factory.connectionsWithErrors == 1)
    #expect(talk.rig.lines().first?.contains("\"pcap_missing\":") == true)
  }

  /// A packet that waits after all is looked up once it is in the capture.
  @Test func aPacketThatWaits() throws {
    var talk = try Talk()
    talk.send(5)
    talk.send(1, .pendingSYN)
    talk.send(3)
    #expect(talk.again(6) == .compared && talk.again(7) == .unchecked && talk.again(10) == .compared)
    talk.settle()
    #expect(talk.again(7) == .compared)
    talk.complete()
  }

  /// A packet that is not written where it was to be makes no conflict: nothing is looked up in the capture any more.
  @Test(arguments: [0, 1, 3]) func aPacketThatIsNotWritten(before packets: Int) throws {
    var talk = try Talk()
    talk.send(5)
    talk.send(1, .stray)
    talk.send(packets)
    // Other bytes at its place.
    CapturedBytesTests.feed(talk.captures, 500, of: 1, CapturedBytesTests.packet([UInt8](repeating: 9, count: 2_000))) { _ in }
    talk.send(3)
    for number in [5, 7] as [UInt64] { #expect(talk.again(number) == .unchecked) }
    #expect(talk.stream.conflicts.isEmpty)
    #expect(talk.again(UInt64(packets) + 10) == .compared)
    talk.complete()
  }
}
