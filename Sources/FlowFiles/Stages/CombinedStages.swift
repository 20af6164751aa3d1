internal import Packets
internal import Reassembly
internal import Stages

/// Stages of two kinds that read the same stream side by side.
final class CombinedStages: ConnectionStages {
  let feed: StageFeed
  private let parts: [any ConnectionStages]

  init(_ first: any ConnectionStages, _ second: any ConnectionStages) {
    parts = [first, second]
    feed = StageFeed(Fork(first.feed.stage, second.feed.stage))
  }

  var lastJob: UInt64 { parts.map(\.lastJob).max() ?? 0 }

  var isEncrypted: Bool { parts.contains { $0.isEncrypted } }

  var tls: ConnectionTLS? { parts.lazy.compactMap(\.tls).first }

  var exchanges: UInt64? { parts.lazy.compactMap(\.exchanges).first }

  var hasFailed: Bool { parts.contains { $0.hasFailed } }

  /// Stage above TLS of the parts that have one, created at the first use.
  private(set) lazy var stageAboveTLS: (any Stage)? = {
    let stages = parts.compactMap(\.stageAboveTLS)
    guard let first = stages.first, let last = stages.last, stages.count > 1 else { return stages.first }
    return Fork(first, last)
  }()

  var observesSegments: Bool { parts.contains { $0.observesSegments } }

  func observe(_ segment: TCPSegment, _ info: CaptureInfo, from side: Side) {
    for part in parts { part.observe(segment, info, from: side) }
  }

  func handshakeEnded(at time: Int64) { for part in parts { part.handshakeEnded(at: time) } }

  var members: IndexMembers { parts.reduce([]) { $0.union($1.members) } }

  func finish(_ report: ConnectionReport) { for part in parts { part.finish(report) } }

  func conclude(_ report: ConnectionReport, in chunks: ChunkFile?) { for part in parts { part.conclude(report, in: chunks) } }

  var isWanted: Bool { parts.allSatisfy(\.isWanted) }

  func withdraw() { for part in parts { part.withdraw() } }

  func write(to json: inout JSONWriter, _ report: ConnectionReport) { for part in parts { part.write(to: &json, report) } }

  func write(_ side: Side, to json: inout JSONWriter) { for part in parts { part.write(side, to: &json) } }
}

/// Stage that passes everything to two others.
private final class Fork: Stage {
  private let first: any Stage
  private let second: any Stage

  init(_ first: any Stage, _ second: any Stage) {
    self.first = first
    self.second = second
  }

  func needsOnlyCount(from sender: Sender) -> Bool { first.needsOnlyCount(from: sender) && second.needsOnlyCount(from: sender) }

  func passed(_ count: Int64, at offset: Int64, from sender: Sender) {
    first.passed(count, at: offset, from: sender)
    second.passed(count, at: offset, from: sender)
  }

  func beginsMidstream(from sender: Sender) {
    first.beginsMidstream(from: sender)
    second.beginsMidstream(from: sender)
  }

  func bytes(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender) {
    first.bytes(bytes, at: offset, stamp: stamp, from: sender)
    second.bytes(bytes, at: offset, stamp: stamp, from: sender)
  }

  func gap(at offset: Int64, length: Int64, isExact: Bool, from sender: Sender) {
    first.gap(at: offset, length: length, isExact: isExact, from: sender)
    second.gap(at: offset, length: length, isExact: isExact, from: sender)
  }

  func disputed(at offset: Int64, length: Int64, from sender: Sender) {
    first.disputed(at: offset, length: length, from: sender)
    second.disputed(at: offset, length: length, from: sender)
  }

  func end(_ end: StreamEnd, from sender: Sender) {
    first.end(end, from: sender)
    second.end(end, from: sender)
  }
}
