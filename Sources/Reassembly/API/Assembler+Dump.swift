/// Dump: the contents of an assembler as text. (gopacket: `Dump`, `String`.)
extension Assembler {
  /// A text with one line for each open connection, in the order of ids, and one for each direction and its queue.
  ///
  /// The cost is O(everything held).
  public func dump() -> String {
    let open = pool.openConnections()
    var text = "\(open.count) connections, \(pool.count - open.count) remembered, \(pages.used) pages of \(pages.requests) requested\n"
    for handle in open {
      let connection = handle.state
      text += "#\(connection.id) \(connection.originatorKey)\n"
      for side in Side.allCases {
        let half = handle.half(side)
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
