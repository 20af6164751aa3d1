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
}
