import Foundation
import Packets
import TestSupport
import Testing

/// http.har: the messages of WebSockets, and the times of connections.
@Suite struct HAROutputTests {
  /// Frame without a mask.
  private static func frame(_ opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let count = payload.count
    return [0x80 | opcode] + (count < 126 ? [UInt8(count)] : [126, UInt8(count >> 8), UInt8(count & 255)]) + payload
  }

  /// Begins a WebSocket.
  private static func open(_ c: inout Conversation) {
    c.handshake()
    c.send(.client, "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    c.send(.server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
  }

  private static func entries(_ command: Command, _ folder: String = "out") throws -> [[String: Any]] {
    let text = try #require(command.contents("\(folder)/http.har"))
    let archive = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return try #require((archive["log"] as? [String: Any])?["entries"] as? [[String: Any]])
  }

  /// The form is that of Chrome: without control frames, text as it is, other bytes in base64, seconds since 1970.
  @Test func messagesAsChromeWritesThem() throws {
    var c = Conversation(client: Endpoint("10.0.0.1", 40_000))
    Self.open(&c)
    let long = [UInt8](repeating: 0x6c, count: 5_000)
    c.send(.client, Self.frame(1, Array("h\"é".utf8)))
    c.send(.server, Self.frame(9, []) + Self.frame(2, [0xff, 0]) + Self.frame(1, long) + Self.frame(1, [0xe9]))
    c.send(.client, Self.frame(8, []))
    c.close()
    let command = try Command(["a.pcap": RunFolderTests.merged(c.packets)])
    for (folder, options) in [("out", []), ("short", ["--har-text", "4500"])] {
      #expect(try command.run(["-r", "a.pcap", "-o", folder, "-q", "--http", "--har"] + options).errors == "")
      let entries = try Self.entries(command, folder)
      #expect(entries.count == 1 && entries.first?["_resourceType"] as? String == "websocket")
      let messages = try #require(entries.first?["_webSocketMessages"] as? [[String: Any]])
      #expect(messages.map { $0["type"] as? String } == ["send", "receive", "receive", "receive"])
      #expect(messages.map { $0["opcode"] as? Int } == [1, 2, 1, 1])
      let isShort = !options.isEmpty
      #expect(messages.map { $0["data"] as? String } == ["h\"é", "/wA=", isShort ? "" : String(decoding: long, as: UTF8.self), "é"])
      #expect(messages.map { $0["_length"] as? Int } == [nil, nil, isShort ? 5_000 : nil, nil])
      let start = Double(Conversation.epoch / 1_000_000_000)
      #expect(messages.allSatisfy { ($0["time"] as? Double).map { $0 >= start && $0 < start + 10 } == true })
      #expect(entries.first?["_webSocketMessagesNotListed"] == nil)
    }
  }

  /// A message with a hole has no data, and says so.
  @Test func anIncompleteMessage() throws {
    var c = Conversation(client: Endpoint("10.0.0.1", 40_000))
    Self.open(&c)
    c.send(.server, [0x81, 9, 0x61, 0x62])
    c.send(.server, "cde")
    c.loseLast()
    c.send(.server, Array("fghi".utf8))
    c.close()
    let command = try Command(["a.pcap": RunFolderTests.merged(c.packets)])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--http", "--har"]).status == 0)
    let message = try #require((try Self.entries(command).first?["_webSocketMessages"] as? [[String: Any]])?.first)
    #expect(message["data"] as? String == "" && message["_length"] as? Int == 9 && message["_complete"] as? Bool == false)
    let line = try #require(command.contents("out/websocket.ndjson"))
    let gap = #""why":"gap","gap_count":1,"gap_bytes":3,"gaps":[{"offset":2,"length":3}],"file":"http/"#
    #expect(line.contains(#""length":9,"complete":false,"# + gap), "\(line)")
  }

  /// The messages of three open WebSockets take 24 MB in http.har: more than is kept in memory, and more than their entries have room for.
  @Test func moreMessagesThanAnEntryHolds() throws {
    var conversations = (0..<3).map { Conversation(client: Endpoint("10.0.0.1", UInt16(40_000 + $0))) }
    let count = 400
    for index in conversations.indices { Self.open(&conversations[index]) }
    for _ in 0..<count {
      for index in conversations.indices { conversations[index].send(.server, Self.frame(1, [UInt8](repeating: 0, count: 4_000))) }
    }
    let command = try Command(["a.pcap": RunFolderTests.merged(conversations.flatMap(\.packets))])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--http", "--har"]).errors == "")
    let entries = try Self.entries(command)
    #expect(entries.count == 3)
    for entry in entries {
      let listed = (entry["_webSocketMessages"] as? [Any])?.count ?? 0
      #expect(listed > 300 && listed + (entry["_webSocketMessagesNotListed"] as? Int ?? 0) == count)
    }
    #expect((command.names(in: "out") ?? []).filter { $0.hasPrefix(".") } == [])
  }

  // MARK: times

  /// Times in milliseconds of all entries, in order, each `connect ssl` behind the number of its connection.
  private static func connecting(_ command: Command) throws -> [String] {
    try entries(command).map { entry in
      let timings = try #require(entry["timings"] as? [String: Double])
      let spent = ["connect", "send", "wait", "receive"].reduce(0) { $0 + max(0, timings[$1] ?? 0) }
      // The time of TLS is part of the time of the connection and is not added twice.
      #expect(entry["time"] as? Double == (spent * 1e6).rounded() / 1e6)
      func text(_ name: String) -> String { timings[name].map { String(format: "%g", $0) } ?? "none" }
      return "\(entry["connection"] as? String ?? ""): \(text("connect")) \(text("ssl"))"
    }
  }

  private static func connecting(_ packets: [ScriptedPacket]) throws -> [String] {
    let command = try Command(["a.pcap": RunFolderTests.merged(packets)])
    #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--http", "--har"]).errors == "")
    return try connecting(command)
  }

  private static func exchange(_ c: inout Conversation) {
    c.send(.client, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    c.send(.server, "HTTP/1.1 204 No Content\r\n\r\n")
  }

  /// What is between the handshake of TCP and the first request belongs to neither, and later requests find the connection open.
  @Test func aConnectionIsThereAfterItsHandshake() throws {
    var c = Conversation()
    c.handshake()
    c.wait(seconds: 5)
    Self.exchange(&c)
    Self.exchange(&c)
    #expect(try Self.connecting(c.packets) == ["1: 2 -1", "1: -1 -1"])
  }

  /// The first segment of the client that acknowledges something ends the handshake, whatever it holds.
  @Test func handshakesWithoutABareAcknowledgment() throws {
    var lost = Conversation(client: Endpoint("10.0.0.1", 40_000))
    lost.handshake()
    lost.loseLast()
    lost.wait(seconds: 1)
    Self.exchange(&lost)
    // The server does not get the first SYN.
    var repeated = Conversation(client: Endpoint("10.0.0.1", 40_001), start: Conversation.epoch + 100)
    repeated.syn()
    repeated.wait(seconds: 3)
    repeated.again()
    repeated.synAck()
    repeated.ack()
    Self.exchange(&repeated)
    // The request is in the SYN.
    var fast = Conversation(client: Endpoint("10.0.0.1", 40_002), start: Conversation.epoch + 200)
    fast.syn("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    fast.synAck()
    fast.ack()
    fast.send(.server, "HTTP/1.1 204 No Content\r\n\r\n")
    // The beginning of the connection was not captured.
    var midstream = Conversation(client: Endpoint("10.0.0.1", 40_003), start: Conversation.epoch + 300)
    midstream.handshake()
    midstream.loseLast()
    midstream.loseLast()
    midstream.loseLast()
    Self.exchange(&midstream)
    var answered = Conversation(client: Endpoint("10.0.0.1", 40_004), start: Conversation.epoch + 400)
    answered.syn()
    answered.loseLast()
    answered.synAck()
    answered.ack()
    Self.exchange(&answered)
    let packets = [lost, repeated, fast, midstream, answered].flatMap(\.packets)
    #expect(try Self.connecting(packets).sorted() == ["1: 1003 -1", "2: 3003 -1", "3: 0 -1", "4: -1 -1", "5: -1 -1"])
  }

  /// The SYN of the next connection of the same ports may be the first packet of it although it came on the one before.
  @Test func theNextConnectionOfThePorts() throws {
    var c = Conversation()
    c.handshake()
    Self.exchange(&c)
    c.renew(clientISN: 3_000_000_000, serverISN: 2_000_000_000)
    c.handshake()
    c.wait(seconds: 1)
    Self.exchange(&c)
    #expect(try Self.connecting(c.packets) == ["1: 2 -1", "2: 2 -1"])
  }

  /// The handshake of TLS ends with the Finished message of the end that sends it last.
  @Test(arguments: [
    ("http-tls13", ["1: 5 3"]), ("http-tls12-resumed", ["1: 5.999 3.999", "2: 5 3"]), ("http-connect-tls", ["1: 2 -1", "1: 2.999 2.999"]),
  ])
  func theHandshakeOfTLS(_ name: String, _ expected: [String]) throws {
    let command = try TLSOutputTests.command(name)
    let outcome = try command.run(["-r", "a.pcap", "--keylog", "keys", "-o", "out", "-q", "--http", "--har"])
    #expect(outcome.errors == "" && outcome.status == 0)
    #expect(try Self.connecting(command).sorted() == expected)
  }

  /// The packet with the last Finished message was lost: the handshake had ended when the first request came.
  @Test func anEndOfTheHandshakeThatWasLost() throws {
    let command = try TLSOutputTests.command("http-tls12-resumed", without: 7)
    #expect(try command.run(["-r", "a.pcap", "--keylog", "keys", "-o", "out", "-q", "--http", "--har"]).status == 0)
    #expect(try Self.connecting(command).sorted() == ["1: 6.999 4.999", "2: 5 3"])
  }

  // MARK: form

  private enum Kind { case text, number, list, object }

  /// Members that HAR 1.2 demands, by object.
  private static let demanded: [String: [String: Kind]] = [
    "log": ["version": .text, "creator": .object, "entries": .list], "creator": ["name": .text, "version": .text],
    "entry": [
      "startedDateTime": .text, "time": .number, "request": .object, "response": .object, "cache": .object, "timings": .object,
    ],
    "request": [
      "method": .text, "url": .text, "httpVersion": .text, "cookies": .list, "headers": .list, "queryString": .list,
      "headersSize": .number, "bodySize": .number,
    ],
    "response": [
      "status": .number, "statusText": .text, "httpVersion": .text, "cookies": .list, "headers": .list, "content": .object,
      "redirectURL": .text, "headersSize": .number, "bodySize": .number,
    ],
    "content": ["size": .number, "mimeType": .text], "timings": ["send": .number, "wait": .number, "receive": .number],
    "pair": ["name": .text, "value": .text], "postData": ["mimeType": .text, "text": .text],
  ]

  /// Checks the members of an object, and returns it.
  private static func check(_ value: Any?, _ kind: String) throws -> [String: Any] {
    let object = try #require(value as? [String: Any], "\(kind)")
    for (name, member) in try #require(demanded[kind]) {
      let isRight =
        switch member {
        case .text: object[name] is String
        case .number: object[name] is NSNumber
        case .list: object[name] is [Any]
        case .object: object[name] is [String: Any]
        }
      #expect(isRight, "\(kind).\(name) is \(String(describing: object[name]))")
    }
    return object
  }

  /// Every fixture of HTTP makes an archive with all that HAR 1.2 demands.
  @Test func membersThatTheFormatDemands() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: TLSOutputTests.fixtures.path).filter { $0.hasPrefix("http") }
    var count = 0
    for name in folders.sorted() {
      let folder = TLSOutputTests.fixtures.appendingPathComponent(name)
      let keys = try? Data(contentsOf: folder.appendingPathComponent("keys"))
      let command = try Command([
        "a.pcap": [UInt8](try Data(contentsOf: folder.appendingPathComponent("input.pcap"))), "keys": [UInt8](keys ?? Data()),
      ])
      let options = keys == nil ? [] : ["--keylog", "keys"]
      #expect(try command.run(["-r", "a.pcap", "-o", "out", "-q", "--http", "--har"] + options).status == 0)
      let whole = try JSONSerialization.jsonObject(with: Data(try #require(command.contents("out/http.har")).utf8)) as? [String: Any]
      let log = try Self.check(whole?["log"], "log")
      _ = try Self.check(log["creator"], "creator")
      for entry in try #require(log["entries"] as? [Any]) {
        count += 1
        let entry = try Self.check(entry, "entry")
        let request = try Self.check(entry["request"], "request")
        let response = try Self.check(entry["response"], "response")
        _ = try Self.check(response["content"], "content")
        if let data = request["postData"] { _ = try Self.check(data, "postData") }
        let timings = try Self.check(entry["timings"], "timings")
        #expect(timings.values.allSatisfy { ($0 as? Double).map { $0 >= 0 || $0 == -1 } == true }, "\(timings)")
        for list in ["headers", "cookies"].flatMap({ [request[$0], response[$0]] }) + [request["queryString"]] {
          for pair in list as? [Any] ?? [] { _ = try Self.check(pair, "pair") }
        }
      }
    }
    #expect(folders.count > 20 && count > 40)
  }
}
