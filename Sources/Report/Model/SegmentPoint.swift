/// Mark in the time-sequence graph of one direction: a range of stream offsets at a time.
///
/// Offsets count from the first byte of the direction. They may lie below 0, because a capture can begin in the middle of a connection.
public struct SegmentPoint: Equatable, Sendable {
  /// Meaning of the range.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// Payload that extends the stream.
    case segment
    /// The same in a segment with PSH.
    case pushed
    /// Payload that fills a hole below the highest byte so far.
    case outOfOrder
    /// Payload of which at least one byte was captured before.
    case repeated
    /// Acknowledged offset (`low`) and end of the receiver's window (`high`), sent by the peer.
    case acknowledgment
    /// Range that the peer acknowledged selectively.
    case selective
    /// SYN.
    case syn
    /// FIN.
    case fin
    /// Reset.
    case rst
    /// The peer closed its window at `low`.
    case zeroWindow

    /// Whether the point stands for payload.
    public var isPayload: Bool { rawValue <= Kind.repeated.rawValue }
    /// Whether the point has a letter in the graph, and is never merged with others.
    public var isLetter: Bool { rawValue >= Kind.syn.rawValue }
  }

  /// Capture time in nanoseconds.
  public var time: Int64
  /// Lowest offset.
  public var low: Int64
  /// Offset behind the highest one.
  public var high: Int64
  /// Number of payload bytes; several segments may share a point.
  public var bytes: UInt64
  /// Meaning of the range.
  public var kind: Kind
  /// Direction whose offsets are meant: 0 for the bytes of the originator, 1 for those of the responder.
  public var direction: UInt8
  /// Number of the packet in its input.
  public var packet: UInt64

  /// Creates a point.
  public init(time: Int64, low: Int64, high: Int64, bytes: UInt64 = 0, kind: Kind, direction: UInt8, packet: UInt64) {
    self.time = time
    self.low = low
    self.high = high
    self.bytes = bytes
    self.kind = kind
    self.direction = direction
    self.packet = packet
  }
}

extension [SegmentPoint] {
  /// Returns the points of one direction with at most `limit` marks of payload, as many of acknowledgments and of selective ones.
  ///
  /// If there are more, time is divided into columns. The marks of a kind in a column become one mark from their lowest to their highest
  /// offset. Letters are kept, the first `limit` of them. O(n).
  ///
  /// - Parameters:
  ///   - direction: the direction.
  ///   - limit: the greatest number of marks of payload.
  /// - Returns: the marks, ordered by time where `self` is.
  public func reduced(direction: UInt8, to limit: Int) -> [SegmentPoint] {
    let all = filter { $0.direction == direction }
    guard let first = all.first else { return [] }
    let (from, to) = all.reduce((first.time, first.time)) { (Swift.min($0.0, $1.time), Swift.max($0.1, $1.time)) }
    var result: [SegmentPoint] = []
    result += all.merged(from, to, classes: [[.segment, .pushed], [.outOfOrder], [.repeated]], limit)
    result += all.merged(from, to, classes: [[.acknowledgment]], limit)
    result += all.merged(from, to, classes: [[.selective]], limit)
    result += all.filter(\.kind.isLetter).prefix(limit)
    // Equal times keep the order of capture, so that the same points give the same graph.
    return result.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  private func merged(_ from: Int64, _ to: Int64, classes: [[SegmentPoint.Kind]], _ limit: Int) -> [SegmentPoint] {
    let groups = classes.map { kinds in filter { kinds.contains($0.kind) } }
    guard groups.reduce(0, { $0 + $1.count }) > limit else { return groups.flatMap(\.self) }
    let columns = Swift.max(1, limit / classes.count)
    let scale = Scale(from: from, to: to, units: columns)
    return groups.flatMap { group in
      var result: [SegmentPoint] = []
      var column = -1
      for point in group {
        let place = scale.unit(of: point.time)
        if place == column, let last = result.last {
          result[result.count - 1] = last.merged(with: point)
        } else if place > column || result.count < columns {
          column = place
          result.append(point)
        } else if let last = result.last {
          // The clock went back, and every column has its mark.
          result[result.count - 1] = last.merged(with: point)
        }
      }
      return result
    }
  }
}

extension SegmentPoint {
  /// Returns one mark for this one and a later one of its class.
  fileprivate func merged(with later: SegmentPoint) -> SegmentPoint {
    var both = self
    both.bytes &+= later.bytes
    if kind == .acknowledgment {
      // The line goes on from the last acknowledgment; a window that closed has a mark of its own.
      (both.low, both.high) = (Swift.max(low, later.low), Swift.max(high, later.high))
    } else {
      (both.low, both.high) = (Swift.min(low, later.low), Swift.max(high, later.high))
    }
    if later.kind == .pushed { both.kind = .pushed }
    return both
  }
}
