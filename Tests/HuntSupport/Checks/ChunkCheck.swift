internal import TestSupport

/// Holds chunks.ndjson against the index, the files, and the packets that it names.
struct ChunkCheck {
  let script: HuntScript
  let outcome: HuntOutcome
  let wire: Wire

  func problems(_ lines: [IndexLine], _ chunks: [ChunkLine]) -> [String] {
    var problems: [String] = []
    let byConnection = Dictionary(uniqueKeysWithValues: lines.map { ($0.id, $0) })
    var covered: [String: Int] = [:]
    var ends: [String: Int] = [:]
    for chunk in chunks {
      guard let half = byConnection[chunk.connection]?.directions[chunk.isToServer ? 0 : 1], let name = half.file else {
        problems.append("a chunk of connection \(chunk.connection), which has no such file")
        continue
      }
      if chunk.length <= 0 || chunk.fileOffset < ends[name] ?? 0 {
        problems.append("a chunk of \(chunk.length) bytes at \(chunk.fileOffset) of \(name), behind \(ends[name] ?? 0)")
      }
      covered[name, default: 0] += chunk.length
      ends[name] = chunk.fileOffset + chunk.length
      if let words = broken(chunk, half, name) { problems.append(words) }
    }
    for half in lines.flatMap(\.directions) {
      if let name = half.file, half.bytes != covered[name] ?? 0 {
        problems.append("\(name) has \(half.bytes) bytes, its chunks \(covered[name] ?? 0)")
      }
    }
    return problems
  }

  private func broken(_ chunk: ChunkLine, _ half: IndexLine.Direction, _ name: String) -> String? {
    guard let file = outcome.files[name] ?? nil, let first = half.sequence, script.packets.indices.contains(chunk.packet - 1) else {
      return "a chunk of packet \(chunk.packet) in \(name), which is not there"
    }
    if half.listsAllGaps {
      let piece = half.pieces.last { $0.offset <= chunk.offset }
      guard let piece, chunk.offset + chunk.length <= piece.offset + piece.length,
        chunk.fileOffset - piece.place == chunk.offset - piece.offset
      else { return "the chunk at \(chunk.offset) of \(name) lies at \(chunk.fileOffset), where the index has no bytes of it" }
    }
    // What a datagram's last fragment completes came with the others too.
    let packet = script.packets[chunk.packet - 1].fragment == nil ? chunk.packet : nil
    let bytes = file.bytes(chunk.fileOffset..<(chunk.fileOffset + chunk.length))
    let direction = Wire.Direction(source: half.sender, destination: half.receiver)
    let sequence = first &+ UInt32(truncatingIfNeeded: chunk.offset)
    if bytes.count != chunk.length { return "the chunk at \(chunk.fileOffset) of \(name) lies beyond the end" }
    return wire.firstStranger(in: bytes, of: direction, at: sequence, packet: packet)
      .map { "offset \(chunk.offset + $0) of \(name) is not in packet \(chunk.packet)" }
  }
}
