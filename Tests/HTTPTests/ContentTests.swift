import Stages
import Testing

@testable import HTTP

/// Tests of bodies: codings, parts, types, names.
@Suite struct ContentTests {
  /// "hello hello hello hello" as gzip.
  static let gzip: [UInt8] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0x01, 0xe3, 0x51, 0x3d, 0x8d, 0x17, 0, 0, 0,
  ]
  static let text = Array("hello hello hello hello".utf8)

  private static func answer(_ coding: String, _ body: [UInt8], size: Int = .max) -> (body: Body?, content: [UInt8], notes: [Note]) {
    let talk = Talk(
      [
        .client("GET /a HTTP/1.1\r\n\r\n"),
        .serverBytes(Array("HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body),
      ], size: { size })
    let response = talk.exchanges[0].response
    return (response?.body, (response?.body?.receiver as? Keeper.Kept)?.content ?? [], response?.notes ?? [])
  }

  @Test(arguments: [1, 4, 1_000]) func membersAndWhatFollowsThem(_ size: Int) {
    let two = Self.answer("X-GZip", Self.gzip + Self.gzip, size: size)
    #expect(two.content == Self.text + Self.text && two.body?.decoding == .whole)
    let trailing = Self.answer("gzip", Self.gzip + Array("junk".utf8), size: size)
    #expect(trailing.content == Self.text && trailing.body?.trailing == 4 && trailing.notes == [.trailing])
  }

  @Test(arguments: [1, 1_000]) func whatIsNotCodedStaysAsItIs(_ size: Int) {
    let plain = Self.answer("gzip", Self.text, size: size)
    #expect(plain.content == Self.text && plain.body?.decoding == Decoding.none && plain.notes == [.codingFailed])
    #expect(plain.body?.isComplete == true)
    let unknown = Self.answer("sdch", Self.text, size: size)
    #expect(unknown.content == Self.text && unknown.body?.decoding == Decoding.none && unknown.notes == [.codingUnknown])
    let once = Self.answer("gzip, gzip", Self.gzip, size: size)
    #expect(once.content == Self.text && once.body?.decoding == .whole)
  }

  @Test func tooManyCodings() {
    let talk = Talk([
      .client("GET /a HTTP/1.1\r\n\r\n"),
      .server("HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip\r\nContent-Length: 2\r\n\r\nhi"),
    ])
    #expect(talk.exchanges[0].response?.body?.decoding == Decoding.none && talk.exchanges[0].response?.notes == [.codingUnknown])
    #expect(talk.stage.context.codingsRefused == 1 && talk.stage.context.decodersRefused == 0)
  }

  @Test func aCutStreamGivesItsBeginning() {
    let cut = Self.answer("gzip", Array(Self.gzip.dropLast(9)))
    #expect(cut.body?.decoding == .partial && !cut.content.isEmpty && Self.text.starts(with: cut.content))
  }

  /// The output of the first bytes fills the buffer for decoded bytes exactly.
  @Test(arguments: [1, 1_000]) func outputOfWholeBuffers(_ size: Int) {
    let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3, 0x02, 0x00, 0x10, 0x61, 0x0b, 0x00, 0x00, 0x62]
    let found = Self.answer("zstd", frame, size: size)
    #expect(found.content == [UInt8](repeating: 0x61, count: 131_072) + [0x62] && found.notes == [])
  }

  /// Each body declares a window of 8 MiB and does not end.
  @Test func decodersShareTheirMemory() {
    var options = HTTPOptions()
    options.maxDecoderMemory = 40 << 20
    let context = HTTPContext(options: options)
    let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3, 0x02, 0x00, 0x10, 0x00]
    let head = Array("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 100\r\n\r\n".utf8)
    var stages: [HTTPStage] = []
    let keeper = Keeper()
    for _ in 0..<20 {
      let stage = HTTPStage(context: context, receiver: keeper)
      stage.bytes(
        Array("GET / HTTP/1.1\r\n\r\n".utf8).span, at: 0, stamp: ByteStamp(nanoseconds: 0, packet: 1, acknowledged: 0), from: .originator)
      stage.bytes((head + frame).span, at: 0, stamp: ByteStamp(nanoseconds: 1, packet: 2, acknowledged: 18), from: .responder)
      #expect(context.decoderMemory <= options.maxDecoderMemory)
      stages.append(stage)
    }
    #expect(context.decoderMemory > 30 << 20 && context.decoderMemoryRefused == 16)
    for stage in stages { for sender in [Sender.originator, .responder] { stage.end(.unknown, from: sender) } }
    #expect(context.decoderMemory == 0)
    #expect(keeper.exchanges.filter { $0.response?.body?.why == .limit }.count == 16)
  }

  @Test func aBombEndsAtTheLimit() {
    // The decoded body has 180 KB, and the limit is 100 KB.
    var options = HTTPOptions()
    options.maxBody = 100_000
    let block = [UInt8](repeating: 0, count: 60_000)
    // Stored blocks suffice, because the limit applies to the output.
    let stored: [UInt8] = [0x00, 0x60, 0xea, 0x9f, 0x15] + block
    let body = stored + stored + stored
    let talk = Talk(
      [
        .client("GET /a HTTP/1.1\r\n\r\n"),
        .serverBytes(Array("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body),
        .client("GET /b HTTP/1.1\r\n\r\n"), .server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
      ], options: options)
    #expect(talk.exchanges[0].response?.body?.why == .limit)
    #expect(talk.exchanges[0].response?.body?.length == 100_000)
    #expect(talk.exchanges[1].response?.body?.length == 1)
  }

  @Test(arguments: [1, 2, 7, 1_000]) func partsOfAForm(_ size: Int) throws {
    let form =
      "--b\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\nva\r\n-lue\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; "
      + "filename*=UTF-8''%e2%82%ac.txt\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n-\r\n--b--\r\n"
    let talk = Talk(
      [
        .client("POST /a HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: \(form.utf8.count)\r\n\r\n\(form)"),
        .server("HTTP/1.1 204 No\r\n\r\n"),
      ], size: { size })
    let parts = try #require(talk.exchanges[0].request?.body?.parts)
    #expect(parts.map { String(decoding: $0.name, as: UTF8.self) } == ["t", "f", "e"])
    #expect(parts.map { String(decoding: ($0.receiver as? Keeper.Kept)?.content ?? [], as: UTF8.self) } == ["va\r\n-lue", "", "-"])
    #expect(parts.map(\.range.length) == [8, 0, 1])
    #expect(String(decoding: parts[1].filename, as: UTF8.self) == "€.txt")
    for part in parts {
      let start = form.utf8.index(form.utf8.startIndex, offsetBy: Int(part.range.offset))
      #expect(Array(form.utf8[start...].prefix(Int(part.range.length))) == (part.receiver as? Keeper.Kept)?.content)
    }
  }

  @Test func namesOfFiles() {
    func name(_ value: String) -> String? {
      FieldParameters(Array(value.utf8)).decoded("filename", extended: "filename*").map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(name("attachment; filename=\"a \\\"b\\\".txt\"") == "a \"b\".txt")
    #expect(name("attachment; filename=plain; filename*=UTF-8''%41") == "A")
    #expect(name("attachment; filename*=iso-8859-1'en'%e9") == "é")
    #expect(name("attachment; filename*0=\"a\"; filename*1=\"b\"") == "ab")
    #expect(name("attachment; filename=\"=?UTF-8?B?4oKs?=\"") == "€")
    #expect(name("inline") == nil)
  }

  @Test func rangesOfBytes() {
    func range(_ text: String) -> [Int64?]? { ContentRange(Array(text.utf8)).map { [$0.first, $0.last, $0.total] } }
    #expect(range("bytes 0-9/20") == [0, 9, 20])
    #expect(range("bytes 0-9/*") == [0, 9, nil])
    for wrong in ["bytes 9-0/20", "bytes 0-20/20", "bytes */20", "items 0-9/20", "bytes 0-9", "bytes -1-9/20"] {
      #expect(range(wrong) == nil)
    }
  }

  @Test func typesByFirstBytes() {
    func type(_ bytes: [UInt8]) -> String? { Signature.type(of: bytes)?.description }
    #expect(type([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) == "image/png")
    #expect(type(Array("\u{feff} <!DOCTYPE HTML>".utf8)) == "text/html")
    #expect(type([UInt8](repeating: 0x20, count: 257) + Array("ustar".utf8)) == "application/x-tar")
    #expect(type(Array("MZ".utf8)) == "application/vnd.microsoft.portable-executable")
    #expect(type(Array("plain words".utf8)) == nil && type([]) == nil)
  }
}
