import Stages
import TLSConversations
import Testing

@testable import TLS

@Suite struct StageTests {
  /// What the server must have answered.
  static func answer(to text: [UInt8]) -> [UInt8] {
    text.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast().flatMap { $0.reversed() + [0x0a] }
  }

  @Test(arguments: CapturedConversation.answering) func everyByteComesOut(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    #expect(!conversation.connections.isEmpty)
    for segments in conversation.connections {
      var feeding = Feeding(conversation.secrets)
      feeding.feed(segments)
      feeding.end()
      let sent = feeding.recorder.bytes(of: .originator)
      #expect(sent.count > 700)
      #expect(feeding.recorder.bytes(of: .responder) == Self.answer(to: sent))
      #expect(feeding.recorder.gaps == [[], []] && feeding.recorder.disorder.isEmpty)
      #expect(feeding.stage.facts.isClear && feeding.stage.facts.obstacle == nil)
      #expect(feeding.stage.facts.serverName == "fixture.example")
      #expect(feeding.recorder.ends.allSatisfy { $0.count == 1 })
      // The client sends nothing before the handshake has ended.
      let first = try #require(feeding.recorder.pieces[0].first)
      #expect(feeding.recorder.handshakeEnds.count == 1 && feeding.recorder.handshakeEnds.allSatisfy { $0 < first.packet })
    }
  }

  /// Bytes one at a time, and both directions in whatever order, give the same.
  @Test(arguments: CapturedConversation.answering + CapturedConversation.early) func piecesDoNotMatter(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    for segments in conversation.connections {
      var whole = Feeding(conversation.secrets)
      whole.feed(segments)
      whole.end()
      let bytes = segments.flatMap { segment in
        segment.bytes.enumerated().map {
          CapturedConversation.Segment(
            sender: segment.sender, offset: segment.offset + Int64($0.offset), bytes: [$0.element], packet: segment.packet)
        }
      }
      for order in [bytes, bytes.filter { $0.sender == .responder } + bytes.filter { $0.sender == .originator }] {
        var cut = Feeding(conversation.secrets)
        cut.feed(order)
        cut.end()
        for sender in Sender.allCases { #expect(cut.recorder.bytes(of: sender) == whole.recorder.bytes(of: sender)) }
        #expect(cut.recorder.gaps == whole.recorder.gaps)
        #expect(cut.recorder.handshakeEnds == whole.recorder.handshakeEnds)
        #expect(cut.stage.figures(of: .originator).droppedEarlyData == whole.stage.figures(of: .originator).droppedEarlyData)
      }
    }
  }

  @Test func withoutKeysNothingComesOut() throws {
    for name in CapturedConversation.answering {
      let conversation = try CapturedConversation(name)
      var feeding = Feeding(SecretStore())
      feeding.feed(conversation.connections[0])
      feeding.end()
      #expect(feeding.recorder.next == [0, 0])
      #expect(feeding.stage.facts.obstacle == .key && !feeding.stage.facts.isClear, "\(name)")
    }
  }

  @Test func aWrongKeyIsNoKey() throws {
    for name in CapturedConversation.answering {
      let conversation = try CapturedConversation(name)
      var text = String(decoding: conversation.keys, as: UTF8.self)
      text = text.split(separator: "\n").map { line in
        var words = line.split(separator: " ")
        guard words.count == 3, let last = words[2].last else { return String(line) }
        words[2] = words[2].dropLast() + (last == "0" ? "1" : "0")
        return words.joined(separator: " ")
      }.joined(separator: "\n")
      let store = SecretStore()
      store.add(log: Array(text.utf8).span)
      var feeding = Feeding(store)
      feeding.feed(conversation.connections[0])
      feeding.end()
      #expect(feeding.recorder.next == [0, 0])
      #expect(feeding.stage.facts.obstacle == .key, "\(name)")
    }
  }

  @Test func aSuiteIsRefusedByName() throws {
    let conversation = try CapturedConversation("tls12-refused")
    for secrets in [conversation.secrets, SecretStore()] {
      var feeding = Feeding(secrets)
      feeding.feed(conversation.connections[0])
      feeding.end()
      #expect(feeding.stage.facts.suite == "TLS_RSA_WITH_ARIA_128_GCM_SHA256")
      #expect(feeding.stage.facts.obstacle == .suite)
      #expect(feeding.recorder.next == [0, 0])
    }
  }

  /// Ciphertext waits for a key that comes later, within the budget.
  @Test(arguments: CapturedConversation.answering) func ciphertextWaitsForItsKey(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    for segments in conversation.connections {
      let store = SecretStore(mayGrow: true)
      var feeding = Feeding(store)
      feeding.feed(segments)
      #expect(feeding.recorder.next == [0, 0] && feeding.stage.isWaiting)
      store.add(log: conversation.keys.span)
      feeding.stage.secretsChanged()
      let sent = feeding.recorder.bytes(of: .originator)
      #expect(sent.count > 700 && feeding.recorder.bytes(of: .responder) == Self.answer(to: sent))
      feeding.end()
      #expect(feeding.recorder.gaps == [[], []])

      var small = Feeding(SecretStore(mayGrow: true), limit: 1_000)
      small.feed(segments)
      small.end()
      #expect(small.stage.facts.obstacle == .waitingLimit)
    }
  }

  @Test func acceptedEarlyDataBelongsToTheStream() throws {
    let conversation = try CapturedConversation("tls13-early-data")
    var feeding = Feeding(conversation.secrets)
    feeding.feed(conversation.connections[1])
    feeding.end()
    #expect(feeding.recorder.bytes(of: .originator).starts(with: Array("sent early\n".utf8)))
    #expect(feeding.stage.figures(of: .originator).droppedEarlyData == 0)
  }

  /// Without its key it is a gap of at most its length and that of the message that ends it.
  @Test func earlyDataWithoutItsKeyIsAGap() throws {
    let conversation = try CapturedConversation("tls13-early-data")
    let text = String(decoding: conversation.keys, as: UTF8.self)
    let store = SecretStore()
    store.add(log: Array(text.split(separator: "\n").filter { !$0.hasPrefix("CLIENT_EARLY") }.joined(separator: "\n").utf8).span)
    var feeding = Feeding(store)
    feeding.feed(conversation.connections[1])
    feeding.end()
    #expect(feeding.recorder.gaps[0] == [ClearGap(offset: 0, length: 11 + 4, isExact: false, kind: .key, cause: .key)])
    #expect(feeding.recorder.bytes(of: .originator).starts(with: Array("the quick".utf8)))
  }

  @Test func rejectedEarlyDataIsDropped() throws {
    let conversation = try CapturedConversation("tls13-early-data-rejected")
    var feeding = Feeding(conversation.secrets)
    feeding.feed(conversation.connections[2])
    feeding.end()
    #expect(feeding.recorder.bytes(of: .originator).starts(with: Array("the quick".utf8)))
    #expect(feeding.stage.figures(of: .originator).droppedEarlyData == 11)
    #expect(feeding.recorder.gaps == [[], []])
  }

  /// Offset 0 is the first byte of application data, not what stood before TLS.
  @Test func textBeforeTLSIsNotPartOfIt() throws {
    let conversation = try CapturedConversation("tls13")
    let before = Array("220 ready\r\nSTARTTLS\r\n".utf8)
    var feeding = Feeding(conversation.secrets)
    feeding.feed(
      Sender.allCases.map { CapturedConversation.Segment(sender: $0, offset: 0, bytes: before, packet: 1) }
        + conversation.connections[0].map {
          CapturedConversation.Segment(sender: $0.sender, offset: $0.offset + Int64(before.count), bytes: $0.bytes, packet: $0.packet)
        })
    feeding.end()
    let sent = feeding.recorder.bytes(of: .originator)
    #expect(sent.starts(with: Array("the quick".utf8)))
    #expect(feeding.recorder.bytes(of: .responder) == Self.answer(to: sent))
  }

  @Test func whatIsNoTLSIsLeftAlone() {
    var feeding = Feeding(SecretStore())
    for number in 0..<100 {
      let text = Array("line \(number) of plain text, with \u{16}\u{03}\u{01} in it\r\n".utf8)
      feeding.feed([CapturedConversation.Segment(sender: .originator, offset: Int64(number * 1_000), bytes: text, packet: 1)])
    }
    feeding.end()
    #expect(!feeding.stage.isTLS && feeding.recorder.next == [0, 0])
  }

  @Test func aSessionResumesTheOther() throws {
    for name in ["tls12-resumed", "tls12-resumed-ticket", "tls13-resumed"] {
      let conversation = try CapturedConversation(name)
      let resumed = conversation.connections.map { segments in
        var feeding = Feeding(conversation.secrets)
        feeding.feed(segments)
        feeding.end()
        return feeding.stage.facts.isResumed
      }
      #expect(resumed == [false, true], "\(name)")
    }
  }
}
