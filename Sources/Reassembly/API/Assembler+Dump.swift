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
    let segments = found.map { queued in
      let start = Int32(bitPattern: pages[queued].start &- base)
      let end = Int32(bitPattern: pages.clusterEnd(of: queued) &- base)
      let what = pages[queued].content == .bytes ? "p\(pages[queued].stamp.packetNumber)" : "\(pages[queued].content)"
      return "+\(start)..+\(end) \(what)"
    }
    return " queue=[\(segments.joined(separator: ", "))]"
  }
}
