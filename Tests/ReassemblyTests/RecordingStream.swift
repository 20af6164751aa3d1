import Packets
import Reassembly

/// Takes down everything the assembler says of one connection, and what it should not have said.
final class RecordingStream: TCPStream, SegmentFilter {
  /// One direction as it was handed over.
  struct Half {
    enum Piece {
      case bytes([UInt8])
      case gap(Gap)
    }
    var pieces: [Piece] = []
    /// By offset: the byte and the number of the packet that brought it.
    var content: [Int64: (value: UInt8, packet: UInt64)] = [:]
    var position: Int64 = 0
    var deliveries = 0
    var isEnded = false
    var gapBefore: Int64 = 0
    /// Bytes that come again, with their offsets.
    var kept: [(offset: Int64, value: UInt8)] = []
    var directions: [FlowDirection] = []
  }

  let opening: ConnectionOpening
  /// The place among all completions, from 1; 0 while open.
  private(set) var completion = 0
  private(set) var halves = [Half(), Half()]
  private(set) var conflicts: [Side: [String]] = [.originator: [], .responder: []]
  /// Offsets at which two copies differed.
  private(set) var conflictOffsets: [Side: Set<Int>] = [.originator: [], .responder: []]
  private(set) var report: ConnectionReport?
  private(set) var violations: [String] = []
  private unowned let recorder: Recorder

  init(opening: ConnectionOpening, recorder: Recorder) {
    self.opening = opening
    self.recorder = recorder
  }

  private func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { violations.append("connection \(opening.id): \(what())") }
  }

  func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    require(report == nil, "accept after completion")
    guard let judge = recorder.judge else { return .accept }
    return judge(Recorder.Judged(packet: info.packetNumber, side: side, next: next), &start)
  }

  var segmentFilter: (any SegmentFilter)? { recorder.judgesAll || recorder.judge != nil ? self : nil }

  func gap(_ gap: Gap, from side: Side) {
    let index = Int(side.rawValue)
    require(report == nil, "gap after completion")
    require(gap.length > 0, "a gap of \(gap.length) bytes")
    require(gap.offset == halves[index].position, "gap at \(gap.offset), expected at \(halves[index].position)")
    halves[index].pieces.append(.gap(gap))
    halves[index].position = gap.offset + gap.length
    halves[index].gapBefore += gap.length
  }

  func reassembled(_ data: inout ReassembledData) {
    let index = Int(data.side.rawValue)
    var half = halves[index]
    require(report == nil, "data after completion")
    require(!half.isEnded, "data after the end of its direction")
    require(data.keptCount == half.kept.count, "\(data.keptCount) saved bytes, kept \(half.kept.count)")
    require(data.count >= data.keptCount, "fewer bytes than saved ones")
    half.directions.append(data.direction)
    let (bytes, packets) = flatten(&data)
    let fresh = bytes.count - half.kept.count
    guard fresh >= 0 else { return }
    for (kept, byte) in zip(half.kept, bytes) where kept.value != byte { require(false, "kept byte at \(kept.offset) changed") }
    let offsets = half.kept.map(\.offset) + (0..<fresh).map { half.position + Int64($0) }
    for chunk in data.newChunks {
      let (offset, expected) = (data.offset(ofNewChunk: chunk), offsets[data.chunkStart(at: chunk)])
      require(offset == expected, "chunk \(chunk) at \(offset), expected at \(expected)")
    }
    require(data.offset == offsets.first ?? half.position, "data at \(data.offset), expected at \(offsets.first ?? half.position)")
    if let skipped = data.skipped {
      require(skipped == half.gapBefore, "skipped \(skipped), gap before \(half.gapBefore)")
    } else {
      require(half.deliveries == 0, "an unknown gap in the middle")
    }
    require(!data.isStart || half.deliveries == 0, "a second start")
    require(data.isStart || half.deliveries > 0 || half.gapBefore > 0 || bytes.isEmpty, "first bytes without start")
    for place in bytes.indices.dropFirst(half.kept.count) { half.content[offsets[place]] = (bytes[place], packets[place]) }
    if fresh > 0 { half.pieces.append(.bytes(Array(bytes.suffix(fresh)))) }
    half.position += Int64(fresh)
    half.gapBefore = 0
    half.deliveries += 1
    half.isEnded = data.isEnd
    half.kept = []
    if let place = recorder.keep?(data.count) {
      data.keep(from: place)
      half.kept = (place..<bytes.count).map { (offsets[$0], bytes[$0]) }
    }
    halves[index] = half
  }

  /// All bytes and their packets, by pieces and byte by byte, which must agree.
  private func flatten(_ data: inout ReassembledData) -> ([UInt8], [UInt64]) {
    var bytes: [UInt8] = []
    var packets: [UInt64] = []
    for index in 0..<data.chunkCount {
      require(data.chunkStart(at: index) == bytes.count, "chunk \(index) at \(data.chunkStart(at: index)), expected \(bytes.count)")
      let info = data.captureInfo(ofChunk: index)
      let chunk = data.chunk(at: index)
      require(!chunk.isEmpty, "an empty chunk")
      recorder.acknowledgments.append((info.packetNumber, info.acknowledgment?.rawValue))
      for place in chunk.indices {
        bytes.append(chunk[place])
        packets.append(info.packetNumber)
      }
    }
    require(bytes.count == data.count, "chunks hold \(bytes.count) bytes of \(data.count)")
    for place in bytes.indices {
      require(data.captureInfo(at: place).packetNumber == packets[place], "byte \(place) and its chunk come from different packets")
    }
    return (bytes, packets)
  }

  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    require(report == nil, "repetition after completion")
    require(!bytes.isEmpty, "an empty repetition")
    var run: (offset: Int64, kept: [UInt8], other: [UInt8], packet: UInt64)?
    func close() {
      guard let found = run else { return }
      conflicts[side, default: []].append(describe(found.offset, found.kept, found.packet, found.other, stamp.packetNumber))
      run = nil
    }
    for index in bytes.indices {
      let place = offset + Int64(index)
      guard let (value, packet) = halves[Int(side.rawValue)].content[place] else {
        require(false, "a repetition of a byte that was never handed over, at \(place)")
        continue
      }
      if value == bytes[index] || run.map({ $0.packet != packet }) ?? false { close() }
      guard value != bytes[index] else { continue }
      conflictOffsets[side, default: []].insert(Int(place))
      let found = run ?? (place, [], [], packet)
      run = (found.offset, found.kept + [value], found.other + [bytes[index]], packet)
    }
    close()
    return .compared
  }

  func conflict(_ conflict: Conflict, from side: Side) {
    require(report == nil, "conflict after completion")
    require(conflict.kept.count == conflict.other.count && !conflict.kept.isEmpty, "versions of different lengths")
    let kept = conflict.kept.indices.map { conflict.kept[$0] }
    let other = conflict.other.indices.map { conflict.other[$0] }
    for (a, b) in zip(kept, other) where a == b { require(false, "a conflict of equal bytes") }
    conflictOffsets[side, default: []].formUnion(kept.indices.map { Int(conflict.offset) + $0 })
    conflicts[side, default: []].append(
      describe(conflict.offset, kept, conflict.keptInfo.packetNumber, other, conflict.otherInfo.packetNumber))
  }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    require(self.report == nil, "completed twice")
    require(report.id == opening.id, "the report is of connection \(report.id)")
    self.report = report
    recorder.completions += 1
    completion = recorder.completions
    return recorder.forgetsAtOnce
  }

  private func describe(_ offset: Int64, _ kept: [UInt8], _ keptPacket: UInt64, _ other: [UInt8], _ otherPacket: UInt64) -> String {
    "\(offset): \(text(kept)) #\(keptPacket), not \(text(other)) #\(otherPacket)"
  }
}

/// Bytes as text: printable ASCII as it is, the rest as `\xNN`.
func text(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { (32..<127).contains($0) ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
}
