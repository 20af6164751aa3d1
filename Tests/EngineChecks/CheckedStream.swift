package import Packets
package import Reassembly

/// Makes checked streams, and gathers what they found wrong.
package final class CheckedFactory: StreamFactory {
  package private(set) var streams: [CheckedStream] = []
  package var problems: [String] = []
  /// Answers `SegmentFilter.accept`, by the number of the packet; nil where every packet is taken.
  package var accepts: ((UInt64) -> Bool)?
  /// Streams are asked about every packet, also where every packet is taken.
  package var judgesAll = false
  /// From the count of a delivery: where to keep from, or nil.
  package var keeps: (Int) -> Int? = { _ in nil }
  package var forgetsAtOnce = false

  package func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    let stream = CheckedStream(opening, factory: self)
    streams.append(stream)
    return stream
  }
}

/// Holds every call of the engine against the contract of `TCPStream`.
package final class CheckedStream: TCPStream, SegmentFilter {
  /// Bytes of one packet, as they were handed over.
  package struct Piece: Equatable {
    package var offset: Int64
    package var bytes: [UInt8]
    package var packet: UInt64
  }

  package struct Half {
    package var pieces: [Piece] = []
    package var gaps: [Range<Int64>] = []
    package var position: Int64 = 0
    var skipped: Int64 = 0
    var deliveries = 0
    var isEnded = false
    package var conflicts: Set<Int> = []
    /// Bytes that come again, with their offsets.
    var kept: [(offset: Int64, value: UInt8)] = []

    package var bytes: [UInt8] { pieces.flatMap(\.bytes) }
  }

  package let opening: ConnectionOpening
  package private(set) var halves = [Half(), Half()]
  package private(set) var report: ConnectionReport?
  private unowned let factory: CheckedFactory

  init(_ opening: ConnectionOpening, factory: CheckedFactory) {
    self.opening = opening
    self.factory = factory
  }

  /// The same bytes from the same packets, the same gaps, and the same report.
  package func hasSameOutcome(as other: CheckedStream) -> Bool {
    zip(halves, other.halves).allSatisfy { $0.pieces == $1.pieces && $0.gaps == $1.gaps && $0.conflicts == $1.conflicts }
      && String(describing: report) == String(describing: other.report)
  }

  private func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { factory.problems.append("connection \(opening.id): \(what())") }
  }

  package func accept(_ segment: TCPSegment, info: CaptureInfo, from side: Side, next: SequenceNumber?, start: inout Bool) -> Verdict {
    require(report == nil, "accept after completion")
    return factory.accepts?(info.packetNumber) ?? true ? .accept : .reject(.other)
  }

  package var segmentFilter: (any SegmentFilter)? { factory.judgesAll || factory.accepts != nil ? self : nil }

  package func gap(_ gap: Gap, from side: Side) {
    let index = Int(side.rawValue)
    require(report == nil, "gap after completion")
    require(!halves[index].isEnded, "gap after the end")
    require(gap.length > 0, "a gap of \(gap.length) bytes")
    require(gap.offset == halves[index].position, "gap at \(gap.offset), expected at \(halves[index].position)")
    halves[index].position = gap.offset &+ gap.length
    halves[index].skipped &+= gap.length
    if let last = halves[index].gaps.last, last.upperBound == gap.offset {
      halves[index].gaps[halves[index].gaps.count - 1] = last.lowerBound..<halves[index].position
    } else {
      halves[index].gaps.append(gap.offset..<halves[index].position)
    }
  }

  package func reassembled(_ data: inout ReassembledData) {
    let index = Int(data.side.rawValue)
    require(report == nil, "data after completion")
    require(!halves[index].isEnded, "data after the end")
    let kept = halves[index].kept
    require(data.keptCount == kept.count, "\(data.keptCount) saved bytes, kept \(kept.count)")
    require(data.count > data.keptCount || data.isEnd, "nothing new and no end")
    require(data.offset == kept.first?.offset ?? halves[index].position, "data at \(data.offset)")
    require(data.skipped == halves[index].skipped || (data.skipped == nil && halves[index].deliveries == 0), "skipped")
    require(data.isStart == (halves[index].deliveries == 0), "start \(data.isStart) at delivery \(halves[index].deliveries)")
    var all: [(offset: Int64, value: UInt8)] = []
    for number in 0..<data.chunkCount {
      require(data.chunkStart(at: number) == all.count, "chunk \(number) at \(data.chunkStart(at: number))")
      take(data.chunk(at: number), of: data.captureInfo(ofChunk: number).packetNumber, kept: kept, index, &all)
    }
    require(all.count == data.count, "chunks hold \(all.count) bytes of \(data.count)")
    halves[index].skipped = 0
    halves[index].deliveries += 1
    halves[index].isEnded = data.isEnd
    halves[index].kept = []
    if let place = factory.keeps(data.count) {
      data.keep(from: place)
      if !data.isEnd { halves[index].kept = Array(all[min(place, all.count)...]) }
    }
  }

  /// A chunk: kept bytes that must be what they were, then new ones.
  private func take(
    _ chunk: Span<UInt8>, of packet: UInt64, kept: [(offset: Int64, value: UInt8)], _ index: Int,
    _ all: inout [(offset: Int64, value: UInt8)]
  ) {
    require(!chunk.isEmpty, "an empty chunk")
    var fresh: [UInt8] = []
    for place in chunk.indices {
      if all.count < kept.count {
        require(kept[all.count].value == chunk[place], "the kept byte at \(kept[all.count].offset) changed")
        all.append(kept[all.count])
      } else {
        all.append((halves[index].position &+ Int64(fresh.count), chunk[place]))
        fresh.append(chunk[place])
      }
    }
    guard !fresh.isEmpty else { return }
    halves[index].pieces.append(Piece(offset: halves[index].position, bytes: fresh, packet: packet))
    halves[index].position &+= Int64(fresh.count)
  }

  package func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    require(report == nil, "repetition after completion")
    require(!bytes.isEmpty, "an empty repetition")
    let half = halves[Int(side.rawValue)]
    require(offset >= 0 && offset &+ Int64(bytes.count) <= half.position, "a repetition of what was not handed over")
    let end = offset &+ Int64(bytes.count)
    for gap in half.gaps where gap.lowerBound < end && offset < gap.upperBound { require(false, "a repetition of a gap, at \(offset)") }
    return .compared
  }

  package func conflict(_ conflict: Conflict, from side: Side) {
    require(report == nil, "conflict after completion")
    require(conflict.kept.count == conflict.other.count && !conflict.kept.isEmpty, "versions of different lengths")
    for index in conflict.kept.indices where conflict.kept[index] == conflict.other[index] { require(false, "a conflict of equal bytes") }
    for index in conflict.kept.indices { halves[Int(side.rawValue)].conflicts.insert(Int(conflict.offset) &+ index) }
  }

  package func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    require(self.report == nil, "completed twice")
    require(report.id == opening.id, "the report is of connection \(report.id)")
    self.report = report
    return factory.forgetsAtOnce
  }
}
