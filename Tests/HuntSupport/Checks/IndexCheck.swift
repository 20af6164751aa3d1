internal import Reassembly
internal import TestSupport

/// Holds an index against the laws, the files on the disk, and the wire.
struct IndexCheck {
  let script: HuntScript
  let outcome: HuntOutcome
  let wire: Wire
  private(set) var problems: [String] = []

  init(_ script: HuntScript, _ outcome: HuntOutcome, _ wire: Wire) {
    self.script = script
    self.outcome = outcome
    self.wire = wire
  }

  mutating func check(_ lines: [IndexLine]) {
    var named: Set<String> = []
    for line in lines {
      if line.firstPacket > line.lastPacket || line.firstPacket < 1 || line.lastPacket > script.packets.count {
        problems.append("connection \(line.id): packets \(line.firstPacket) to \(line.lastPacket)")
      }
      for (name, direction) in zip(["client_to_server", "server_to_client"], line.directions) {
        let before = problems.count
        laws(direction)
        gaps(direction)
        file(direction, &named)
        for index in before..<problems.count { problems[index] = "connection \(line.id), \(name): \(problems[index])" }
      }
    }
    for name in outcome.files.keys.sorted() where !named.contains(name) { problems.append("the file \(name) is not in the index") }
    totals(lines)
  }

  private mutating func require(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { problems.append(what()) } }

  private mutating func laws(_ half: IndexLine.Direction) {
    let dropped = half.dropped.values.reduce(0, +)
    require(
      half.length == half.bytes + half.gapBytes + half.truncatedBytes,
      "length \(half.length) is not bytes \(half.bytes), gaps \(half.gapBytes), truncated \(half.truncatedBytes)")
    require(
      half.payloadBytes == half.bytes + half.truncatedBytes + half.repeatedBytes + dropped,
      "payload \(half.payloadBytes) is not bytes \(half.bytes), truncated \(half.truncatedBytes), repeated \(half.repeatedBytes), "
        + "dropped \(dropped)")
    let least = [half.bytes, half.length, half.payloadBytes, half.fileSize, half.truncatedBytes, half.gapCount, half.gapBytes]
    require((least + half.dropped.values).allSatisfy { $0 >= 0 }, "a negative figure")
  }

  private mutating func gaps(_ half: IndexLine.Direction) {
    require(half.gaps.count == min(half.gapCount, 1_000), "gap_count \(half.gapCount), \(half.gaps.count) listed")
    if half.listsAllGaps {
      require(half.gaps.reduce(0) { $0 + $1.length } == half.gapBytes, "gap_bytes \(half.gapBytes) is not the sum of the gaps")
    }
    var (end, placeEnd) = (0, 0)
    for gap in half.gaps {
      require(gap.length > 0 && gap.offset >= end, "a gap at \(gap.offset) of \(gap.length) behind \(end)")
      require(gap.fileOffset >= placeEnd, "a gap lies at \(gap.fileOffset) of the file, behind \(placeEnd)")
      require([0, gap.length].contains(gap.fileLength), "a gap of \(gap.length) takes \(gap.fileLength)")
      // All that a direction holds lies within 2^30.
      require(gap.kind == "jump" || gap.length <= 1 << 30, "a \(gap.kind) gap of \(gap.length) bytes")
      (end, placeEnd) = (gap.offset + gap.length, gap.fileOffset + gap.fileLength)
    }
    // Of a direction that has too few bytes for a file only the gaps count.
    if half.dropped["below_minimum"] == nil { require(end <= half.length, "a gap ends at \(end), the stream at \(half.length)") }
  }

  // MARK: Files

  private mutating func file(_ half: IndexLine.Direction, _ named: inout Set<String>) {
    guard let name = half.file else {
      require(half.bytes == 0 && half.fileSize == 0, "\(half.bytes) bytes and no file")
      require(half.sha256 == nil, "a hash and no file")
      return
    }
    require(named.insert(name).inserted, "another direction has the file \(name) too")
    guard let file = outcome.files[name] ?? nil else {
      problems.append("the file \(name) is not there")
      return
    }
    require(file.size == half.fileSize, "\(name) has \(file.size) bytes, the index \(half.fileSize)")
    if script.options.hashes {
      let sum = SHA256.hexadecimal(of: file)
      require(half.sha256 == sum, "sha256 \(half.sha256 ?? "absent"), \(name) has \(sum)")
    } else {
      require(half.sha256 == nil, "a hash that nobody asked for")
    }
    if let least = script.options.minBytes { require(half.bytes + half.truncatedBytes >= least, "\(half.bytes) bytes and a file") }
    if let most = script.options.maxBytes { require(file.size <= most, "\(file.size) bytes in a file") }
    guard half.listsAllGaps else { return }
    for gap in half.gaps where gap.fileLength > 0 {
      require(file.isZero(gap.fileOffset..<(gap.fileOffset + gap.fileLength)), "the gap at \(gap.fileOffset) of \(name) is not zero")
    }
    require(half.pieces.reduce(0) { $0 + $1.length } == half.bytes, "\(name) has room for other than \(half.bytes) bytes")
    strangers(half, file, name)
  }

  /// Bytes that no packet of the direction has at their place.
  private mutating func strangers(_ half: IndexLine.Direction, _ file: SparseFile, _ name: String) {
    guard let first = half.sequence else {
      require(half.bytes == 0, "\(half.bytes) bytes and no sequence number")
      return
    }
    let direction = Wire.Direction(source: half.sender, destination: half.receiver)
    for piece in half.pieces {
      let bytes = file.bytes(piece.place..<(piece.place + piece.length))
      let sequence = first &+ UInt32(truncatingIfNeeded: piece.offset)
      if let index = wire.firstStranger(in: bytes, of: direction, at: sequence) {
        problems.append("offset \(piece.offset + index) of \(name) is not on the wire")
        return
      }
    }
  }

  // MARK: All connections

  /// No captured byte is without account.
  private mutating func totals(_ lines: [IndexLine]) {
    let all = outcome.statistics
    let inIndex = lines.flatMap(\.directions).reduce(0) { $0 + $1.payloadBytes }
    let others = Int(all.strayPayloadBytes + all.stragglerPayloadBytes)
    require(
      Int(all.payloadBytes) == inIndex + others, "\(all.payloadBytes) payload bytes, \(inIndex) in the index, \(others) of no connection")
    let halves = lines.flatMap(\.directions)
    let withheld = halves.reduce(0) { $0 + ($1.dropped["below_minimum"] ?? 0) }
    let bytes = halves.reduce(withheld) { $0 + $1.bytes + $1.truncatedBytes }
    require(Int(all.reassembledBytes) == bytes, "\(all.reassembledBytes) bytes reassembled, \(bytes) in the index")
    let (gapBytes, gapCount) = (halves.reduce(0) { $0 + $1.gapBytes }, halves.reduce(0) { $0 + $1.gapCount })
    require(Int(all.missedBytes) == gapBytes, "\(all.missedBytes) bytes missed, \(gapBytes) in the index")
    require(Int(all.gaps) == gapCount, "\(all.gaps) gaps, \(gapCount) in the index")
    for reason in DropReason.allCases {
      let sum = halves.reduce(0) { $0 + ($1.dropped[reason.name] ?? 0) }
      require(Int(all.dropped[reason]) == sum, "\(all.dropped[reason]) bytes \(reason.name), \(sum) in the index")
    }
    for anomaly in Anomaly.allCases {
      let sum = halves.reduce(0) { $0 + ($1.anomalies[anomaly.name] ?? 0) }
      let count = Int(all.anomalies[anomaly])
      // Control bits that contradict one another may belong to no connection.
      require(count == sum || (anomaly == .synWithFinOrRst && count > sum), "\(count) packets \(anomaly.name), \(sum) in the index")
    }
    require(Int(all.connections) == lines.count, "\(all.connections) connections, \(lines.count) lines")
    if !script.hasFragments {
      let captured = wire.payloadBytes
      require(Int(all.payloadBytes) == captured, "\(all.payloadBytes) payload bytes, \(captured) on the wire")
    }
  }
}
