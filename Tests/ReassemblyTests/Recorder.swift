import Packets
import Reassembly

/// Makes recording streams and keeps them in the order in which they were made.
final class Recorder: StreamFactory {
  /// What `SegmentFilter.accept` is asked.
  struct Judged {
    var packet: UInt64
    var side: Side
    var next: SequenceNumber?
  }

  private(set) var streams: [RecordingStream] = []
  var completions = 0
  /// Every piece's packet and the acknowledgment number stated for it.
  var acknowledgments: [(packet: UInt64, acknowledgment: UInt32?)] = []
  /// Answers `SegmentFilter.accept` and may set its `start`.
  var judge: ((Judged, inout Bool) -> Verdict)?
  /// Streams are asked about every packet, even if there is no judge.
  var judgesAll = false
  /// From the count of a delivery: where to keep from, or nil.
  var keep: ((Int) -> Int?)?
  var forgetsAtOnce = false

  func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    let stream = RecordingStream(opening: opening, recorder: self)
    streams.append(stream)
    return stream
  }
}
