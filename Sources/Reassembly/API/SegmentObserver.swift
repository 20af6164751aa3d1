public import Packets

/// Onlooker of the segments of one connection, rejected ones included.
///
/// It sees what a stream does not: flags, windows, acknowledgments, retransmissions, layers.
public protocol SegmentObserver: AnyObject {
  /// Segments that the observer is shown; asked once, when the connection begins. Every segment by default.
  var observedSegments: ObservedSegments { get }

  /// Looks at a segment before it is used.
  ///
  /// Segments that the connection has no part in are not shown: stragglers, and a SYN that may begin the next connection.
  ///
  /// - Parameters:
  ///   - segment: the segment.
  ///   - info: the capture information of its packet.
  ///   - side: the end that sent it.
  func observe(_ segment: TCPSegment, info: CaptureInfo, from side: Side)
}

/// Choice of the segments that an observer is shown.
public enum ObservedSegments: Sendable {
  /// Every segment; the connection then has no fast path.
  case all
  /// Segments in tags and tunnels.
  case encapsulated
}

extension SegmentObserver {
  /// Every segment.
  public var observedSegments: ObservedSegments { .all }
}
