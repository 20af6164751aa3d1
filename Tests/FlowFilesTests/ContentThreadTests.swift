import CCompression
import Capture
import Foundation
import Glibc
import Packets
import Paths
import Reassembly
import Stages
import TLS
import TestSupport
import Testing

@testable import FlowFiles

/// HTTP with 0, 1 and 2 threads besides the first one: the second one writes streams, the third one has the bodies.
@Suite struct ContentThreadTests {
  /// Forms of the output, in which names, parts, the archive and the limits differ.
  static let forms: [HTTPOutputOptions] = {
    var tree = HTTPOutputOptions()
    tree.naming = .tree
    tree.writesParts = true
    tree.writesHAR = true
    var small = HTTPOutputOptions()
    small.maxBody = 1_000
    small.bufferMemory = 4 << 10
    return [HTTPOutputOptions(), tree, small]
  }()

  struct Outcome: Equatable {
    var files: [String: [UInt8]]
    var exchanges: UInt64
    var bodies: UInt64
    var count: UInt64
    var error: String?
  }

  /// Output for a capture.
  ///
  /// - Parameters:
  ///   - form: the options of HTTP.
  ///   - keys: a key log.
  ///   - threads: number of threads besides the first one.
  ///   - prepare: makes system calls fail.
  ///   - feed: gives packets to an assembler.
  /// - Returns: the files and the figures.
  /// - Throws: what `feed` throws.
  static func output(
    _ form: HTTPOutputOptions, keys: [UInt8] = [], threads: Int, _ prepare: (FaultyCalls) -> Void = { _ in },
    _ feed: (inout Assembler) throws -> Void
  ) throws -> Outcome {
    let directory = try TemporaryDirectory()
    let faulty = FaultyCalls()
    let calls = LockedCalls(faulty, threads: threads)
    var options = FlowFileOptions()
    options.http = form
    options.writers = 1
    let made = try OutputDirectory(path: FilePath(directory.output), force: false, calls: calls)
    let factory = try FlowFileFactory(directory: made, options: options)
    let secrets = SecretStore()
    secrets.add(log: keys.span)
    if !keys.isEmpty { factory.readTLS(TLSSource(secrets: secrets, waitingLimit: nil), writesCertificates: false) }
    prepare(faulty)
    var assembler = Assembler(factory: factory)
    try feed(&assembler)
    assembler.flushAll()
    let figures = factory.figures
    do throws(OutputError) { try factory.finish(report: RunReport(version: "0")) } catch {}
    #expect(calls.threads == (sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 ? threads : 0))
    var files: [String: [UInt8]] = [:]
    for name in directory.names() + ["connections.ndjson"] { files[name] = directory.data(name) }
    return Outcome(
      files: files, exchanges: figures.http?.exchanges ?? 0, bodies: figures.http?.bodies ?? 0, count: figures.files,
      error: factory.firstError.map { $0.description.replacing(directory.path, with: "") })
  }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures", isDirectory: true)

  static let fixtures: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    return names.filter { $0.hasPrefix("http") }.sorted()
  }()

  @Test func thereAreFixtures() { #expect(Self.fixtures.count >= 20) }

  @Test(arguments: fixtures) func outputIsThatOfOneThread(fixture: String) throws {
    let folder = Self.root.appendingPathComponent(fixture)
    let keys = [UInt8]((try? Data(contentsOf: folder.appendingPathComponent("keys"))) ?? Data())
    for form in Self.forms {
      let outcomes = try (0...2).map { threads in
        try Self.output(form, keys: keys, threads: threads) { assembler in
          let path = folder.appendingPathComponent("input.pcap").path
          var capture = try CaptureFile(path)
          while let packet = try capture.next() {
            _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
          }
        }
      }
      #expect(outcomes[0].exchanges > 0)
      #expect(outcomes[1] == outcomes[0])
      #expect(outcomes[2] == outcomes[0])
    }
  }

  /// Many connections at once, whose bodies have all lengths and codings and come in segments of random lengths, some of which are lost.
  private static func packets(_ seed: UInt64) -> [(time: Int64, bytes: [UInt8])] {
    var random = SplitMix64(seed: seed)
    var packets: [ScriptedPacket] = []
    for number in 0..<12 {
      var talk = Conversation(
        client: Endpoint("10.0.0.\(number % 5)", UInt16(2_000 + number)),
        start: Conversation.epoch + Int64.random(in: 0..<50_000_000, using: &random))
      talk.handshake()
      for exchange in 0..<Int.random(in: 1...4, using: &random) {
        let form = number % 4 == 3 ? body(number, &random) : nil
        var request = Array("\(form == nil ? "GET" : "POST") /a/\(exchange % 2) HTTP/1.1\r\nHost: h\(number % 3)\r\n".utf8)
        request += form.map { $0.fields + $0.bytes } ?? [0x0d, 0x0a]
        let answer = body(number, &random)
        send(.client, request, &talk, &random)
        send(.server, Array("HTTP/1.1 200 OK\r\n".utf8) + answer.fields + answer.bytes, &talk, &random)
      }
      if Bool.random(using: &random) { talk.close() } else { talk.rst(.server) }
      packets += talk.packets
    }
    return packets.sorted { ($0.time, $0.segment.source.port) < ($1.time, $1.segment.source.port) }
      .map { ($0.time, PacketBuilder.ip($0.segment)) }
  }

  private static func send(_ party: Conversation.Party, _ bytes: [UInt8], _ talk: inout Conversation, _ random: inout SplitMix64) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 1...1_460, using: &random))
      talk.send(party, Array(piece))
      if Int.random(in: 0..<150, using: &random) == 0 { talk.loseLast() }
      rest = rest.dropFirst(piece.count)
    }
  }

  /// A body with the end of its head.
  private static func body(_ number: Int, _ random: inout SplitMix64) -> (fields: [UInt8], bytes: [UInt8]) {
    let count = [0, 10, 500, 2_000, 5_000, 20_000, 1_000, 150_000][Int.random(in: 0..<64, using: &random) % (number == 0 ? 8 : 7)]
    let alphabet = UInt8.random(in: 1...26, using: &random)
    var bytes = (0..<count).map { _ in 0x61 + UInt8.random(in: 0..<alphabet, using: &random) }
    var fields = "Content-Type: text/plain\r\n"
    switch Int.random(in: 0..<8, using: &random) {
    case 0...2:
      fields += "Content-Encoding: gzip\r\n"
      bytes = gzip(bytes)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes += bytes
      case 1: bytes += [1, 2, 3]
      case 2: bytes[bytes.count / 2] ^= 0x10
      case 3: bytes = Array(bytes.dropLast(5))
      default: break
      }
    case 3: fields += "Content-Encoding: gzip\r\n"
    case 4:
      fields = "Content-Type: multipart/form-data; boundary=zz\r\n"
      bytes = Array("--zz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".utf8) + bytes + Array("\r\n--zz--\r\n".utf8)
    default: break
    }
    return (Array((fields + "Content-Length: \(bytes.count)\r\n\r\n").utf8), bytes)
  }

  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count)))))
    let written = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        return Int(stream.total_out)
      }
    }
    return Array(output[..<written])
  }

  private static func feed(_ packets: [(time: Int64, bytes: [UInt8])], _ assembler: inout Assembler) throws {
    for (index, packet) in packets.enumerated() {
      let bytes = packet.bytes
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: packet.time), capturedLength: bytes.count, originalLength: bytes.count, packetNumber: UInt64(index + 1)
      )
      _ = try assembler.assemble(packet: bytes.span, linkType: .raw, info: info)
    }
  }

  @Test(arguments: UInt64(1)...6) func randomTrafficIsTheSame(seed: UInt64) throws {
    let packets = Self.packets(seed)
    for form in Self.forms {
      let outcomes = try (0...2).map { threads in try Self.output(form, threads: threads) { try Self.feed(packets, &$0) } }
      #expect(outcomes[0].bodies > 10)
      #expect(outcomes[1] == outcomes[0])
      #expect(outcomes[2] == outcomes[0])
    }
  }

  /// Every call of a kind fails once, in turn: whichever thread makes it, the lines say the same.
  @Test(arguments: [ENOSPC, EIO, EINTR, EMFILE], [0, 4]) func faultsAreTheSame(code: Int32, which: Int) throws {
    let packets = Self.packets(99)
    var form = HTTPOutputOptions()
    form.bufferMemory = 4 << 10
    for isOpen in [false, true] {
      // The order of calls of several threads is not fixed, so a body is told by what it is called, and a write by its descriptor.
      let outcomes = try (0...2).map { threads in
        try Self.output(form, threads: threads) { calls in
          var seen = 0
          let fault: ([UInt8]) -> Int32? = { name in
            guard name.starts(with: "0000000".utf8) else { return nil }
            defer { seen += 1 }
            return seen == which || code == EMFILE && seen > which ? code : nil
          }
          if isOpen { calls.namedOpenFault = fault } else { calls.namedWriteFault = fault }
        } _: {
          try Self.feed(packets, &$0)
        }
      }
      let lines = String(decoding: outcomes[0].files["http.ndjson"] ?? [], as: UTF8.self)
      #expect(lines.contains("write_error") == (code != EINTR))
      #expect((outcomes[0].error != nil) == (code != EINTR))
      #expect(outcomes[1] == outcomes[0])
      #expect(outcomes[2] == outcomes[0])
    }
  }
}
