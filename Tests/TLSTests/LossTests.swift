import Stages
import TLSConversations
import Testing

@testable import TLS

/// Every clear byte that comes out behind a loss is right, and what is missing is said.
@Suite struct LossTests {
  /// The clear records of a conversation from which nothing is missing.
  private static func truth(_ conversation: CapturedConversation, _ connection: Int) -> ClearRecorder {
    var feeding = Feeding(conversation.secrets)
    feeding.feed(conversation.connections[connection])
    feeding.end()
    return feeding.recorder
  }

  /// Checks what came out against the truth: each piece is one of its records, in order; a gap states at least what lies between.
  private func check(_ recorder: ClearRecorder, against truth: ClearRecorder, _ note: String) {
    #expect(recorder.disorder.isEmpty, "\(note)")
    for sender in Sender.allCases {
      let side = Int(sender.rawValue)
      // Where it is not known whether the server took early data, that is dropped, and offsets count from behind it.
      let mayLackEarlyData = note.hasPrefix("tls13-early") && sender == .originator
      var record = 0
      for piece in recorder.pieces[side] {
        let found = truth.pieces[side][record...].firstIndex { $0.bytes == piece.bytes && $0.packet == piece.packet }
        guard let found else {
          Issue.record("\(note): \(piece.bytes.count) bytes at \(piece.offset) are no record of \(sender)")
          return
        }
        record = found + 1
        // Lengths of gaps are upper bounds, so offsets are never too small.
        if !mayLackEarlyData { #expect(piece.offset >= truth.pieces[side][found].offset, "\(note)") }
      }
      // What was lost at the end is stated too.
      if !recorder.pieces[side].isEmpty, !mayLackEarlyData { #expect(recorder.next[side] >= truth.next[side], "\(note)") }
    }
  }

  /// Each segment behind the hellos is lost once: all records that arrived whole come out.
  @Test(arguments: CapturedConversation.answering) func oneSegmentIsLost(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    // The vector of a record of TLS 1.0 is the end of the one before, and a renegotiation may be lost with its hellos.
    let mayLoseMore = name == "tls10-cbc" || name == "tls12-renegotiation"
    for connection in conversation.connections.indices {
      let segments = conversation.connections[connection]
      let truth = Self.truth(conversation, connection)
      for lost in segments.indices where segments[lost].offset > 0 {
        var feeding = Feeding(conversation.secrets)
        feeding.feed(segments.enumerated().filter { $0.offset != lost }.map(\.element))
        feeding.end(of: segments)
        let sender = segments[lost].sender
        check(feeding.recorder, against: truth, "\(name) without packet \(segments[lost].packet)")
        guard !mayLoseMore else { continue }
        let touched = Set(truth.pieces[Int(sender.rawValue)].filter { $0.packet >= segments[lost].packet }.prefix(2).map(\.packet))
        let came = Set(feeding.recorder.pieces[Int(sender.rawValue)].map(\.packet))
        for piece in truth.pieces[Int(sender.rawValue)] where !touched.contains(piece.packet) {
          #expect(came.contains(piece.packet), "\(name) without packet \(segments[lost].packet): the record of packet \(piece.packet)")
        }
      }
    }
  }

  /// Random segments are lost, hellos among them.
  @Test(arguments: CapturedConversation.all) func manySegmentsAreLost(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    var random = SplitMix(state: 7)
    for connection in conversation.connections.indices {
      let truth = Self.truth(conversation, connection)
      for part in [UInt64(3), 10, 30, 60] {
        for _ in 0..<20 {
          var feeding = Feeding(conversation.secrets)
          feeding.feed(conversation.connections[connection].filter { _ in random.next() % 100 >= part })
          feeding.end(of: conversation.connections[connection])
          check(feeding.recorder, against: truth, "\(name), \(part) in 100 lost")
        }
      }
    }
  }

  /// Bytes that were changed on the way never come out.
  @Test(arguments: CapturedConversation.answering) func aChangedByteIsRejected(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    var random = SplitMix(state: 11)
    let truth = Self.truth(conversation, 0)
    for _ in 0..<40 {
      let victim = Int(random.next() % UInt64(conversation.connections[0].count))
      let segments = conversation.connections[0].enumerated().map { index, segment in
        var bytes = segment.bytes
        if index == victim { bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 + random.next() % 255) }
        return CapturedConversation.Segment(sender: segment.sender, offset: segment.offset, bytes: bytes, packet: segment.packet)
      }
      var feeding = Feeding(conversation.secrets)
      feeding.feed(segments)
      feeding.end()
      for sender in Sender.allCases {
        let whole = truth.bytes(of: sender)
        for piece in feeding.recorder.pieces[Int(sender.rawValue)] {
          #expect(truth.pieces[Int(sender.rawValue)].contains { $0.bytes == piece.bytes }, "\(name): \(whole.count)")
        }
      }
    }
  }

  @Test(arguments: ["tls13", "tls13-chacha20", "tls13-padding"]) func aLostServerHelloIsMadeUpFor(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    let truth = Self.truth(conversation, 0)
    var feeding = Feeding(conversation.secrets)
    feeding.feed(conversation.connections[0].filter { $0.sender == .originator || $0.offset > 0 })
    feeding.end()
    #expect(feeding.recorder.bytes(of: .originator) == truth.bytes(of: .originator))
    #expect(!feeding.recorder.bytes(of: .responder).isEmpty)
    check(feeding.recorder, against: truth, name)
  }

  @Test(arguments: ["tls13", "tls12", "tls12-cbc"]) func aLostClientHelloIsMadeUpFor(_ name: String) throws {
    let conversation = try CapturedConversation(name)
    let truth = Self.truth(conversation, 0)
    var feeding = Feeding(conversation.secrets)
    feeding.feed(conversation.connections[0].filter { $0.sender == .responder || $0.offset > 0 })
    feeding.end()
    #expect(feeding.recorder.bytes(of: .responder) == truth.bytes(of: .responder))
    #expect(!feeding.recorder.bytes(of: .originator).isEmpty)
    check(feeding.recorder, against: truth, name)
  }

  @Test func aCaptureMayBeginMidway() throws {
    for (name, comesOut) in [("tls13", true), ("tls12", false)] {
      let conversation = try CapturedConversation(name)
      let truth = Self.truth(conversation, 0)
      let rest = conversation.connections[0].suffix(20)
      let feeding = Feeding(conversation.secrets)
      for sender in Sender.allCases { feeding.stage.beginsMidstream(from: sender) }
      for segment in rest {
        let stamp = ByteStamp(nanoseconds: 0, packet: segment.packet)
        feeding.stage.bytes(segment.bytes.span, at: segment.offset, stamp: stamp, from: segment.sender)
      }
      feeding.end()
      #expect(feeding.stage.facts.isClear == comesOut)
      #expect(feeding.stage.facts.obstacle == (comesOut ? nil : .midstream))
      for sender in Sender.allCases {
        let bytes = feeding.recorder.bytes(of: sender)
        #expect(bytes == truth.bytes(of: sender).suffix(bytes.count))
        #expect(bytes.isEmpty != comesOut)
      }
    }
  }

  /// A hole begins in the first record of early data and ends before any later record of the client.
  @Test func aHoleFromEarlyDataOnIsStated() throws {
    let conversation = try CapturedConversation("tls13-early-data")
    var count = 0
    for connection in conversation.connections {
      var truth = Feeding(conversation.secrets)
      truth.feed(connection)
      truth.end()
      let stream = connection.filter { $0.sender == .originator }.flatMap(\.bytes)
      var records: [Int] = []
      var place = 0
      while place + 5 <= stream.count {
        if stream[place] == 23 { records.append(place) }
        place += 5 + Int(stream[place + 3]) << 8 + Int(stream[place + 4])
      }
      guard let first = records.first else { continue }
      for end in records.dropFirst() {
        let hole = (first + 10)..<end
        let segments = connection.flatMap { segment -> [CapturedConversation.Segment] in
          guard segment.sender == .originator else { return [segment] }
          let start = Int(segment.offset)
          let range = start..<(start + segment.bytes.count)
          return [range.clamped(to: 0..<hole.lowerBound), range.clamped(to: hole.upperBound..<stream.count)].filter { !$0.isEmpty }.map {
            CapturedConversation.Segment(
              sender: .originator, offset: Int64($0.lowerBound), bytes: Array(stream[$0]), packet: segment.packet)
          }
        }
        var feeding = Feeding(conversation.secrets)
        feeding.feed(segments)
        feeding.end(of: connection)
        #expect(feeding.recorder.next[0] >= truth.recorder.next[0], "\(hole)")
        count += 1
      }
    }
    #expect(count > 1)
  }

  @Test func aLostServerHelloOfTLS12IsTheEnd() throws {
    let conversation = try CapturedConversation("tls12")
    var feeding = Feeding(conversation.secrets)
    feeding.feed(conversation.connections[0].filter { $0.sender == .originator || $0.offset > 0 })
    feeding.end()
    #expect(feeding.stage.facts.obstacle == .lostHello && feeding.recorder.next == [0, 0])
  }
}

/// Numbers that are the same in every run.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
