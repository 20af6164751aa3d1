import Foundation
package import Stages
package import TLS

/// A fixture of TLS: the segments of its connections, and its key log.
///
/// The captures are those of `Tests/TLSFixtures/make.py`: classic pcap, Ethernet, IPv4, every segment once and in order.
package struct CapturedConversation {
  package struct Segment {
    package let sender: Sender
    package let offset: Int64
    package let bytes: [UInt8]
    package let packet: UInt64

    package init(sender: Sender, offset: Int64, bytes: [UInt8], packet: UInt64) {
      (self.sender, self.offset, self.bytes, self.packet) = (sender, offset, bytes, packet)
    }
  }

  package let name: String
  package let connections: [[Segment]]
  package let keys: [UInt8]

  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  /// Fixtures whose server answers each line with the line turned round.
  package static let answering = [
    "tls13", "tls13-chacha20", "tls13-key-update", "tls13-hello-retry", "tls13-padding", "tls13-resumed", "tls12", "tls12-chacha20",
    "tls12-ccm8", "tls12-cbc", "tls12-cbc-mac-outside", "tls12-resumed", "tls12-resumed-ticket", "tls12-renegotiation",
    "tls12-client-certificate", "tls10-cbc",
  ]
  package static let early = ["tls13-early-data", "tls13-early-data-rejected"]
  package static let all = answering + early + ["tls12-refused"]

  package init(_ name: String) throws {
    self.name = name
    let folder = Self.root.appendingPathComponent(name)
    keys = [UInt8](try Data(contentsOf: folder.appendingPathComponent("keys")))
    let capture = [UInt8](try Data(contentsOf: folder.appendingPathComponent("input.pcap")))
    var connections: [UInt16: [Segment]] = [:]
    var place = 24
    var packet: UInt64 = 0
    while place + 16 <= capture.count {
      let length = (0..<4).reduce(0) { $0 | Int(capture[place + 8 + $1]) << (8 * $1) }
      let tcp = place + 16 + 34
      let ports = (UInt16(capture[tcp]) << 8 | UInt16(capture[tcp + 1]), UInt16(capture[tcp + 2]) << 8 | UInt16(capture[tcp + 3]))
      let sequence = capture[(tcp + 4)..<(tcp + 8)].reduce(0) { $0 << 8 | Int64($1) }
      let isClient = ports.1 == 443
      packet += 1
      let bytes = [UInt8](capture[(tcp + 20)..<(place + 16 + length)])
      if !bytes.isEmpty {
        connections[isClient ? ports.0 : ports.1, default: []].append(
          Segment(sender: isClient ? .originator : .responder, offset: sequence - (isClient ? 1000 : 5000), bytes: bytes, packet: packet))
      }
      place += 16 + length
    }
    self.connections = connections.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Secrets of the key log.
  package var secrets: SecretStore {
    let store = SecretStore()
    store.add(log: keys.span)
    return store
  }
}

/// What came out of a connection.
package final class ClearRecorder: ClearReceiver {
  package struct Piece {
    package let offset: Int64
    package let bytes: [UInt8]
    package let packet: UInt64
  }

  package init() {}

  package private(set) var pieces: [[Piece]] = [[], []]
  package private(set) var gaps: [[ClearGap]] = [[], []]
  package private(set) var ends: [[StreamEnd]] = [[], []]
  /// Offset behind what came last of each sender, with what broke the order.
  package private(set) var next: [Int64] = [0, 0]
  package private(set) var disorder: [String] = []

  package func clear(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    let side = Int(sender.rawValue)
    if offset != next[side] { disorder.append("bytes at \(offset) behind \(next[side])") }
    pieces[side].append(Piece(offset: offset, bytes: (0..<bytes.count).map { bytes[$0] }, packet: stamp.packet))
    next[side] = offset + Int64(bytes.count)
  }

  package func clearGap(_ gap: ClearGap, from sender: Sender) {
    let side = Int(sender.rawValue)
    if gap.offset != next[side] || gap.length <= 0 { disorder.append("gap at \(gap.offset) behind \(next[side])") }
    gaps[side].append(gap)
    next[side] = gap.offset + gap.length
  }

  package func clearEnd(_ end: StreamEnd, from sender: Sender) { ends[Int(sender.rawValue)].append(end) }

  /// Numbers of the packets that ended a handshake.
  package private(set) var handshakeEnds: [UInt64] = []

  package func handshakeEnded(at stamp: ByteStamp) { handshakeEnds.append(stamp.packet) }

  package func bytes(of sender: Sender) -> [UInt8] { pieces[Int(sender.rawValue)].flatMap(\.bytes) }
}

/// Feeds a stage with a conversation.
package struct Feeding {
  package let stage: TLSStage
  package let recorder = ClearRecorder()
  private var positions: [Int64] = [0, 0]

  package init(_ secrets: any SecretSource, limit: Int? = nil) {
    stage = TLSStage(secrets: secrets, budget: WaitingBudget(limit: limit), receiver: recorder)
  }

  /// Feeds segments in their order; what is missing between those of a sender is a gap.
  package mutating func feed(_ segments: [CapturedConversation.Segment]) {
    for segment in segments {
      let side = Int(segment.sender.rawValue)
      if segment.offset > positions[side] {
        stage.gap(at: positions[side], length: segment.offset - positions[side], isExact: true, from: segment.sender)
      }
      positions[side] = segment.offset + Int64(segment.bytes.count)
      let stamp = ByteStamp(nanoseconds: 0, packet: segment.packet)
      stage.bytes(segment.bytes.span, at: segment.offset, stamp: stamp, from: segment.sender)
    }
  }

  /// Ends both directions; of a conversation the FINs tell how much is missing before them.
  package func end(of conversation: [CapturedConversation.Segment] = []) {
    for sender in Sender.allCases {
      let position = positions[Int(sender.rawValue)]
      let end = conversation.filter { $0.sender == sender }.map { $0.offset + Int64($0.bytes.count) }.max() ?? 0
      if end > position { stage.gap(at: position, length: end - position, isExact: true, from: sender) }
    }
    stage.end(.finished, from: .originator)
    stage.end(.finished, from: .responder)
  }
}
