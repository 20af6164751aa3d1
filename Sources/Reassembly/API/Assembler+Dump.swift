/// What an assembler holds, for people. (gopacket: `Dump`, `String`.)
extension Assembler {
  /// Every open connection, in order of id, a line each, with both directions and what they have queued. O(everything held).
  public func dump() -> String {
    let open = pool.openConnections()
    var text = "\(open.count) connections, \(pool.count - open.count) remembered, \(pages.used) pages of \(pages.requests) requested\n"
    for index in open {
      let connection = index.state
      text += "#\(connection.id) \(connection.originatorKey)\n"
      for side in Side.allCases {
        let half = index.half(side)
        text += "  \(connection.direction(from: side)): \(half.state)\(queueDescription(half))\n"
      }
    }
    return text
  }

  /// ` queue=[+20..+1480 p3]`: distances from the expected number, and the packet.
  private func queueDescription(_ half: HalfHandle) -> String {
    let found = half.state.queue.tree.all(pages)
    if found.isEmpty { return "" }
    let base = half.state.base
    let pieces = found.map { piece in
      let start = Int32(bitPattern: pages[piece].start &- base)
      let end = Int32(bitPattern: pages.runEnd(of: piece) &- base)
      let what = pages[piece].content == .bytes ? "p\(pages[piece].stamp.packetNumber)" : "\(pages[piece].content)"
      return "+\(start)..+\(end) \(what)"
    }
    return " queue=[\(pieces.joined(separator: ", "))]"
  }
}
