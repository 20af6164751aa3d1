import Packets

/// Gaps: holes that are given up by age, by a limit or at completion, and never because of the peer. (gopacket: `skipFlush`.)
///
/// Rules, section 6: Gaps.
extension Assembler {
  /// Gives up the first hole of a direction and delivers what follows it.
  mutating func giveUpGap(_ half: HalfHandle, cause: Gap.Cause) {
    guard half.state.flags.contains(.started) else {
      startMidstream(half)
      return
    }
    skip(half, to: nil, cause: cause)
    deliver(half, live: nil, stamp: .none)
  }

  /// Reports gaps up to the first queued byte, or up to `limit` if no byte is queued.
  mutating func skip(_ half: HalfHandle, to limit: Int64?, cause: Gap.Cause) {
    var builder = GapBuilder(position: half.state.next)
    while case let head = half.state.queue.tree.first(pages), head.exists {
      let position = half.state.position(of: pages[head].start)
      if position > builder.end { extend(&builder, .lost, to: position, half, cause) }
      let content = pages[head].content
      guard content != .bytes else { break }
      extend(&builder, content == .cut ? .cut : .rejected, to: position &+ Int64(pages[head].length), half, cause)
      half.state.queue.detach(head, base: half.state.base, &pages)
      half.state.queue.free(head, &pages)
    }
    if let limit, builder.end < limit { extend(&builder, .lost, to: limit, half, cause) }
    declare(builder, half, cause)
    half.state.next = builder.end
  }

  /// A gap that is built from adjacent missing ranges of one kind.
  struct GapBuilder {
    var start: Int64
    var end: Int64
    var kind = Gap.Kind.lost

    init(position: Int64) {
      start = position
      end = position
    }
  }

  private mutating func extend(_ builder: inout GapBuilder, _ kind: Gap.Kind, to end: Int64, _ half: HalfHandle, _ cause: Gap.Cause) {
    if kind != builder.kind, builder.end > builder.start {
      declare(builder, half, cause)
      builder.start = builder.end
    }
    builder.kind = kind
    builder.end = end
  }

  mutating func declare(_ builder: GapBuilder, _ half: HalfHandle, _ cause: Gap.Cause) {
    let length = builder.end &- builder.start
    guard length > 0 else { return }
    let ledger = ledger(half)
    remember(builder.start..<builder.end, ledger)
    ledger.gapCount &+= 1
    ledger.gapBytes &+= length
    ledger.skippedBytes &+= length
    statistics.gaps &+= 1
    statistics.missedBytes &+= UInt64(length)
    if builder.kind == .cut { statistics.cutBytes &+= UInt64(length) }
    let gap = Gap(
      offset: half.state.offset(of: builder.start), length: length, kind: builder.kind, cause: cause,
      acknowledged: half.other.state.hasAcknowledged(builder.end))
    half.connection.stream.object?.gap(gap, from: half.side)
  }
}
