import Packets

/// Pending SYN: a SYN on an open connection that may be the first packet of the next one, or the SYN-ACK that answers it.
///
/// Either the SYN has another initial sequence number than the open connection, and may be forged, or it repeats the number after payload.
final class PendingSYN {
  /// Copy of the SYN.
  struct Copy {
    let info: CaptureInfo
    /// Data on the SYN; empty if it was not kept.
    let payload: [UInt8]
    let missingLength: Int
  }

  /// Number of copies that are kept because their data differs from that of all before.
  private static let maximumCopies = 4
  /// Number of SYN-ACKs that are kept after a repetition.
  private static let maximumAnswers = 4

  /// Whether the number is that of the open connection.
  let isRepetition: Bool
  /// SYN-ACKs after a repetition whose number is not that of the open connection.
  private(set) var answers: [PendingSYN] = []
  let side: Side
  let sequence: UInt32
  let acknowledgment: UInt32?
  let window: UInt16
  let layers: LayerPath
  /// The first copy, and those with other data.
  private(set) var copies: [Copy] = []
  /// Number of copies.
  private(set) var packets: UInt64 = 0
  /// Number of payload bytes of all copies.
  private(set) var payloadBytes: Int64 = 0
  /// Number of payload bytes that repeat an earlier copy.
  private(set) var repeatedBytes: Int64 = 0
  private(set) var repeatedPackets: UInt64 = 0
  /// Number of data bytes kept.
  private(set) var keptBytes = 0
  /// Number of data bytes of the longest copy, as it was on the wire.
  private(set) var wireLength = 0

  /// Creates a pending SYN from its first copy.
  ///
  /// Data of more than `room` bytes is not kept and counts as missing.
  init(_ segment: borrowing TCPSegment, side: Side, isRepetition: Bool = false, info: CaptureInfo, room: Int) {
    self.side = side
    self.isRepetition = isRepetition
    sequence = segment.sequence.rawValue
    acknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment.rawValue : nil
    window = segment.window
    layers = segment.layers
    let isKept = segment.payload.count <= room
    keep(segment, info, missing: segment.missingLength &+ (isKept ? 0 : segment.payload.count), isKept: isKept)
    count(segment)
  }

  /// Adds a copy.
  ///
  /// Its data is kept if it differs and there is room. O(payload x copies kept).
  func add(_ segment: borrowing TCPSegment, info: CaptureInfo, room: Int) {
    count(segment)
    guard segment.payload.count > 0 else { return }
    if copies.contains(where: { Self.has($0.payload, segment.payload) }) {
      repeatedBytes &+= Int64(segment.payload.count)
      repeatedPackets &+= 1
    } else if copies.count < Self.maximumCopies, segment.payload.count <= room {
      keep(segment, info, missing: segment.missingLength, isKept: true)
    }
  }

  /// Adds a SYN-ACK, or a copy of one.
  ///
  /// - Returns: whether there was room for it.
  func add(answer segment: borrowing TCPSegment, side: Side, info: CaptureInfo, room: Int) -> Bool {
    let sequence = segment.sequence.rawValue
    if let known = answers.first(where: { $0.sequence == sequence }) {
      known.add(segment, info: info, room: room)
    } else {
      guard answers.count < Self.maximumAnswers else { return false }
      answers.append(PendingSYN(segment, side: side, info: info, room: room))
    }
    return true
  }

  /// Memory in bytes for the data of the SYN and of its answers.
  var allKeptBytes: Int { answers.reduce(keptBytes) { $0 &+ $1.keptBytes } }

  private func count(_ segment: borrowing TCPSegment) {
    packets &+= 1
    payloadBytes &+= Int64(segment.payload.count)
    wireLength = max(wireLength, segment.payload.count &+ segment.missingLength)
  }

  private func keep(_ segment: borrowing TCPSegment, _ info: CaptureInfo, missing: Int, isKept: Bool) {
    var payload: [UInt8] = []
    if isKept {
      payload.reserveCapacity(segment.payload.count)
      for index in segment.payload.indices { payload.append(segment.payload[index]) }
    }
    keptBytes &+= payload.count
    copies.append(Copy(info: info, payload: payload, missingLength: missing))
  }

  /// Whether `kept` begins with `bytes`.
  private static func has(_ kept: [UInt8], _ bytes: Span<UInt8>) -> Bool {
    guard bytes.count <= kept.count else { return false }
    for index in bytes.indices where kept[index] != bytes[index] { return false }
    return true
  }

  /// The number that an answer acknowledges.
  var next: UInt32 { sequence &+ 1 }
}
