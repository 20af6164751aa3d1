import Glibc
import Packets
import Reassembly
import Stages
import Testing

@testable import FlowFiles

/// Files of bodies where the system fails: the line of the exchange says so, and so does the end of the run.
@Suite struct HTTPFaultTests {
  private static let body = "0000000001-0001.response.example.com-a"

  private func rig(_ calls: FaultyCalls, only: Bool = false) throws -> Rig {
    var options = FlowFileOptions()
    options.http = HTTPOutputOptions()
    options.keepsNoStreams = only
    return try Rig(options, calls: calls)
  }

  /// Gives the stages of a connection a request for `/a` and its response with a body.
  private func exchange(_ stream: ConnectionStream, _ body: [UInt8], _ fields: String = "", ends: Bool = true) {
    guard let stage = stream.stages?.feed.stage else { return }
    let request = Array("GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n".utf8)
    let response = Array("HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    let stamp = ByteStamp(nanoseconds: 1_000, packet: 4, acknowledged: 0)
    stage.bytes(request.span, at: 0, stamp: stamp, from: .originator)
    stage.bytes(
      response.span, at: 0, stamp: ByteStamp(nanoseconds: 2_000, packet: 5, acknowledged: Int64(request.count)), from: .responder)
    if ends { for sender in [Sender.originator, .responder] { stage.end(.finished, from: sender) } }
  }

  private func lines(_ rig: Rig) -> [String] {
    rig.factory.flushBuffers()
    return (rig.directory.text("http.ndjson") ?? "").split(separator: "\n").map(String.init)
  }

  private func isBody(_ name: [UInt8]) -> Bool { name.starts(with: "0000000001-0001".utf8) }

  @Test func aFullDisk() throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    calls.namedWriteFault = { isBody($0) ? ENOSPC : nil }
    let stream = rig.stream()
    exchange(stream, Array("the body".utf8))
    let fine = rig.stream(opening(2))
    exchange(fine, Array("another".utf8))
    let lines = lines(rig)
    #expect(lines.count == 2)
    #expect(lines.first?.contains(#""write_error":"No space left on device""#) == true)
    #expect(lines.last?.contains("write_error") == false)
    #expect(rig.directory.text("http/0000000002-0001.response.example.com-a") == "another")
    #expect(rig.factory.firstError?.description == "\(rig.directory.output)/http/\(Self.body): No space left on device")
    #expect(rig.factory.figures.bytes == 7)
  }

  @Test(arguments: [EMFILE, ENFILE, EACCES]) func aFileThatCannotBeMade(code: Int32) throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    calls.namedOpenFault = { isBody($0) ? code : nil }
    exchange(rig.stream(), Array("the body".utf8))
    let line = lines(rig).first ?? ""
    #expect(line.contains(#""write_error":"\#(SystemError(code: code).description)""#))
    #expect(!line.contains(#""file":"#))
    #expect(line.contains(#""length":8"#))
    #expect(rig.factory.firstError != nil)
    #expect(rig.factory.figures.files == 0)
  }

  @Test func aFolderThatCannotBeMade() throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    calls.namedOpenFault = { $0 == Array("http".utf8) + [0] ? EMFILE : nil }
    exchange(rig.stream(), Array("the body".utf8))
    #expect(lines(rig).first?.contains(#""write_error":"Too many open files""#) == true)
    calls.namedOpenFault = { _ in nil }
    exchange(rig.stream(opening(2)), Array("another".utf8))
    #expect(lines(rig).last?.contains("write_error") == false)
    #expect(calls.mostOpen < 16)
  }

  @Test func aFailedClose() throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    calls.namedCloseFault = { isBody($0) ? EIO : nil }
    exchange(rig.stream(), Array("the body".utf8))
    #expect(lines(rig).first?.contains(#""write_error":"Input/output error""#) == true)
    #expect(rig.factory.firstError?.description == "\(rig.directory.output)/http/\(Self.body): Input/output error")
    // The close released the descriptor.
    let before = calls.open
    exchange(rig.stream(opening(2)), Array("another".utf8))
    _ = lines(rig)
    #expect(calls.open <= before)
  }

  /// A long body fails at its second write: nothing is written behind the hole, and the error is said once.
  @Test func aDiskThatFillsUp() throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    var writes = 0
    calls.namedWriteFault = { name in
      guard isBody(name) else { return nil }
      writes += 1
      return writes == 2 ? ENOSPC : nil
    }
    let body = [UInt8](repeating: 0x61, count: 700_000)
    let stream = rig.stream()
    guard let stage = stream.stages?.feed.stage else { return }
    let request = Array("GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n".utf8)
    stage.bytes(request.span, at: 0, stamp: ByteStamp(nanoseconds: 1, packet: 1, acknowledged: 0), from: .originator)
    let response = Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    var position = 0
    while position < response.count {
      let end = min(response.count, position + 1_460)
      let stamp = ByteStamp(nanoseconds: 2, packet: 2, acknowledged: Int64(request.count))
      stage.bytes(response.span.extracting(position..<end), at: Int64(position), stamp: stamp, from: .responder)
      position = end
    }
    let line = lines(rig).first ?? ""
    #expect(writes == 2)
    #expect(line.contains(#""write_error":"No space left on device""#))
    let written = rig.directory.data("http/" + Self.body)?.count ?? 0
    #expect(written > 0 && written < body.count)
    #expect(rig.factory.figures.bytes == UInt64(written))
  }

  /// The disk is full while the body as sent is kept beside a body that does not decode.
  @Test func theRawFile() throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    calls.namedWriteFault = { isBody($0) ? ENOSPC : nil }
    exchange(rig.stream(), Array("no gzip at all".utf8), "Content-Encoding: gzip\r\n")
    let line = lines(rig).first ?? ""
    #expect(line.contains(#""write_error":"No space left on device""#))
    #expect(line.contains(#""coding_failed""#))
  }

  @Test func noThreadAndNoSpaceForLines() throws {
    let calls = FaultyCalls()
    let rig = try rig(calls)
    exchange(rig.stream(), Array("the body".utf8))
    calls.writeFault = { _ in ENOSPC }
    rig.factory.flushBuffers()
    #expect(rig.factory.unfinished.contains("http.ndjson"))
    #expect(throws: OutputError.self) { try rig.finish() }
  }

  /// With `--http-only` the stream is in a file without a name while its connection lives, so that copies can be compared with it.
  @Test func theStreamHasNoName() throws {
    let rig = try rig(FaultyCalls(), only: true)
    let stream = rig.stream()
    let text = "GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1"
    stream.send(text)
    rig.factory.flushBuffers()
    #expect(rig.directory.names() == ["http.ndjson"])
    #expect(stream.again("GET", at: 0) == .compared && stream.again("POT", at: 0) == .compared)
    stream.complete(report(1, half(Int64(text.utf8.count)), half(0)))
    let index = rig.lines().first ?? ""
    #expect(index.contains(#""file":null"#) && !index.contains("write_error"))
    #expect(index.contains(#""conflict_count":"#), "\(index)")
  }

  // If that file cannot be written, the bodies are whole, and the index says why repeated bytes were not compared.
  @Test(arguments: [ENOSPC, EIO]) func theStreamThatIsNotKept(code: Int32) throws {
    let calls = FaultyCalls()
    let rig = try rig(calls, only: true)
    calls.namedWriteFault = { $0 == [0x2e, 0] ? code : nil }
    let stream = rig.stream()
    let text = "GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1"
    stream.send(text)
    #expect(stream.again("GET", at: 0) == .unchecked)
    exchange(stream, Array("the body".utf8))
    stream.complete(report(1, half(Int64(text.utf8.count)), half(0)))
    let index = rig.lines().first ?? ""
    #expect(index.contains(#""file":null"#))
    #expect(index.contains(#""write_error":"\#(SystemError(code: code).description)""#))
    #expect(lines(rig).first?.contains("write_error") == false)
    #expect(rig.directory.text("http/" + Self.body) == "the body")
    #expect(rig.directory.names() == ["http.ndjson", "http/" + Self.body])
    #expect(rig.factory.firstError != nil)
    #expect(calls.open <= 4)
  }
}
