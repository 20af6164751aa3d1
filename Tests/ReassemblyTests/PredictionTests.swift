import Foundation
import Packets
import Reassembly
import TestSupport
import Testing

/// Segments that are predicted come to the same as if they went through every step.
@Suite struct PredictionTests {
  /// Runs a script twice, predicting and not, and answers where the two differ.
  private static func differences(_ packets: [ScriptedPacket]) -> [String] {
    var options = AssemblerOptions()
    options.measuresTiming = true
    let predicting = EngineRun(options: options)
    let careful = EngineRun(options: options)
    careful.recorder.judgesAll = true
    predicting.feed(packets)
    careful.feed(packets)
    var found = predicting.finish() + careful.finish()
    for (number, pair) in zip(predicting.dispositions, careful.dispositions).enumerated() where pair.0 != pair.1 {
      found.append("packet \(number + 1): \(pair.0.kind), unpredicted \(pair.1.kind)")
    }
    for (stream, other) in zip(predicting.recorder.streams, careful.recorder.streams) {
      let reports = (String(describing: stream.report), String(describing: other.report))
      if reports.0 != reports.1 {
        let common = max(0, reports.0.commonPrefix(with: reports.1).count - 60)
        let (first, second) = (reports.0.dropFirst(common).prefix(120), reports.1.dropFirst(common).prefix(120))
        found.append("report of connection \(stream.opening.id): \(first), unpredicted \(second)")
      }
      for side in Side.allCases where stream.bytes(side) != other.bytes(side) { found.append("bytes of connection \(stream.opening.id)") }
    }
    if String(describing: predicting.assembler.statistics) != String(describing: careful.assembler.statistics) {
      found.append("statistics")
    }
    return found
  }

  @Test(arguments: [false, true])
  func randomScripts(loses: Bool) {
    for seed in RandomScriptTests.seeds {
      let found = Self.differences(RandomScript(seed: seed, loses: loses).packets)
      #expect(found == [], "REASM_SEED=\(seed)")
      if !found.isEmpty { return }
    }
  }

  /// Flags, windows, lengths and places that an established connection may show, each at random in the middle of an ordered stream.
  @Test func disturbedStreams() {
    for seed in RandomScriptTests.seeds {
      var random = SplitMix64(seed: seed &* 31)
      var talk = Conversation()
      talk.handshake()
      for _ in 0..<40 {
        talk.send(random.oneIn(2) ? .client : .server, random.bytes(Int.random(in: 1...40, using: &random)))
      }
      var packets = talk.packets
      for index in packets.indices.dropFirst(3) where random.oneIn(4) {
        switch Int.random(in: 0..<9, using: &random) {
        case 0: packets[index].segment.flags.insert(.urg)
        case 1: packets[index].segment.flags.insert(.rst)
        case 2: packets[index].segment.flags.insert(.fin)
        case 3: packets[index].segment.flags.insert(.syn)
        case 4: packets[index].segment.flags.remove(.ack)
        case 5: packets[index].segment.window = 0
        case 6: packets[index].segment.cut = packets[index].segment.payload.count / 2
        case 7: packets[index].segment.sequence &+= UInt32.random(in: 0...60, using: &random)
        default: packets[index].segment.payload = []
        }
      }
      let found = Self.differences(packets)
      #expect(found == [], "REASM_SEED=\(seed)")
      if !found.isEmpty { return }
    }
  }

  /// A FIN out of the window is measured although nothing of it is kept, so what comes at the expected number lies below it.
  @Test(arguments: [TCPFlags.ack, [.fin, .ack]], ["", "more", "much more"])
  func behindAFINOutOfTheWindow(flags: TCPFlags, text: String) {
    for far in [(1 << 30) - 1, 1 << 30, (1 << 30) + 60, Int(Int32.max) - 5] {
      for acknowledged in [7, 11, far, far + 1] {
        var talk = Conversation()
        talk.handshake()
        talk.segment(from: .client, offset: 0, "first", flags: [.ack])
        talk.segment(from: .client, offset: far, "", flags: [.fin, .ack])
        talk.segment(from: .client, offset: 5, text, flags: flags)
        talk.segment(from: .server, offset: 0, "", flags: [.ack], acknowledging: acknowledged)
        #expect(Self.differences(talk.packets) == [], "\(far) acknowledged \(acknowledged)")
      }
    }
  }

  /// The three segments that resynchronise a stream may come from anywhere, so the highest number before them says nothing any more.
  @Test(arguments: [(1 << 30) + 1, (1 << 31) - 30, 1 << 31, (1 << 31) + 30, 3 << 30])
  func behindAResynchronisation(distance: Int) {
    for (length, repeated) in [(2, 8), (2, 40), (40, 8), (1, 1)] {
      var talk = Conversation()
      talk.handshake()
      talk.segment(from: .client, offset: 0, "first", flags: [.ack])
      talk.segment(from: .client, offset: 5, [UInt8](repeating: 65, count: length), flags: [.ack])
      for part in 0..<3 { talk.segment(from: .client, offset: distance + 4 * part, "tail", flags: [.ack]) }
      talk.segment(from: .client, offset: distance + 4, [UInt8](repeating: 65, count: repeated), flags: [.ack])
      for acknowledged in [7, 7, distance + 6, distance + 12] {
        talk.segment(from: .server, offset: 0, "", flags: [.ack], acknowledging: acknowledged)
      }
      talk.segment(from: .client, offset: distance + 12, "more", flags: [.ack])
      talk.segment(from: .server, offset: 0, "", flags: [.ack], acknowledging: distance + 12)
      #expect(Self.differences(talk.packets) == [], "\(length) \(repeated)")
    }
  }

  /// Only a FIN that was taken can be sent again.
  @Test func aFINOutOfTheWindowIsNotRepeated() throws {
    var talk = Conversation()
    talk.handshake()
    talk.segment(from: .client, offset: 0, "first", flags: [.ack])
    talk.segment(from: .client, offset: (1 << 30) + 60, "", flags: [.fin, .ack])
    talk.segment(from: .client, offset: 5, "", flags: [.fin, .ack])
    var options = AssemblerOptions()
    options.measuresTiming = true
    for judgesAll in [false, true] {
      let run = EngineRun(options: options)
      run.recorder.judgesAll = judgesAll
      run.feed(talk.packets)
      #expect(run.finish() == [])
      #expect(run.recorder.streams.first?.report?.originator.timing?.retransmittedSegments == 0)
    }
  }

  /// A filter and an observer of all segments see every segment; an observer of encapsulated segments sees those; a stream with
  /// neither is not asked.
  @Test func onlookers() {
    for onlooker in AskedStream.Onlooker.allCases {
      for isTagged in [false, true] {
        let stream = AskedStream(onlooker)
        var assembler = Assembler(factory: stream)
        var talk = Conversation()
        talk.handshake()
        for _ in 0..<5 { talk.send(.client, [1, 2, 3]) }
        for (number, packet) in talk.packets.enumerated() {
          var layers = LayerPath()
          if isTagged { layers.append(.vlan, 7) }
          let stated = packet.segment
          let segment = TCPSegment(
            key: stated.key, sequence: SequenceNumber(stated.sequence), acknowledgment: SequenceNumber(stated.acknowledgment),
            flags: stated.flags, window: stated.window, options: Span(), payload: stated.payload.span, layers: layers)
          let info = CaptureInfo(
            time: Timestamp(nanoseconds: packet.time), capturedLength: 60, originalLength: 60, packetNumber: UInt64(number + 1))
          assembler.assemble(segment, info: info)
        }
        let sees = onlooker == .filter || onlooker == .observer || (onlooker == .observerOfLayers && isTagged)
        #expect(stream.asked == (sees ? talk.packets.count : 0), "\(onlooker), tagged: \(isTagged)")
        #expect(stream.bytes == 15)
      }
    }
  }
}

/// A stream that counts how often its filter or observer is asked.
private final class AskedStream: TCPStream, StreamFactory, SegmentFilter, SegmentObserver {
  enum Onlooker: CaseIterable {
    case none, filter, observer, observerOfLayers
  }

  private let onlooker: Onlooker
  private(set) var asked = 0
  private(set) var bytes = 0

  init(_ onlooker: Onlooker) { self.onlooker = onlooker }

  var segmentFilter: (any SegmentFilter)? { onlooker == .filter ? self : nil }
  var segmentObserver: (any SegmentObserver)? { onlooker == .observer || onlooker == .observerOfLayers ? self : nil }
  var observedSegments: ObservedSegments { onlooker == .observer ? .all : .encapsulated }

  func makeStream(for opening: ConnectionOpening) -> any TCPStream { self }
  func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    asked += 1
    return .accept
  }
  func observe(_ segment: TCPSegment, info: CaptureInfo, from side: Side) { asked += 1 }
  func reassembled(_ data: inout ReassembledData) { bytes += data.count }
  func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
}
