internal import Packets
internal import Reassembly

/// A packet, identified by its number and its input.
struct PacketReference: Equatable {
  var number: UInt64
  var input: UInt32

  init(number: UInt64, input: UInt32) {
    self.number = number
    self.input = input
  }

  init(_ stamp: PacketStamp) { self.init(number: stamp.packetNumber, input: stamp.input) }
  init(_ info: CaptureInfo) { self.init(number: info.packetNumber, input: info.input) }
}

/// A range of a stream with two captured versions.
struct ListedConflict {
  var offset: Int64
  var length: Int64
  /// Packet of the version that is kept, if it is still known.
  var keptBy: PacketReference?
  var kept: [UInt8]
  var otherBy: PacketReference
  var other: [UInt8]

  /// Adds a byte of both versions.
  mutating func append(_ keptByte: UInt8, _ otherByte: UInt8) {
    length &+= 1
    guard kept.count < Differences.shownBytes else { return }
    kept.append(keptByte)
    other.append(otherByte)
  }
}

/// A gap with its place in the file.
struct ListedGap {
  var gap: Gap
  var fileOffset: Int64
  var fileLength: Int64
}

/// Gaps and conflicts of one direction, which most flows lack.
///
/// The gaps and conflicts for the index line are stored in a spool, so that their memory is bounded by that of the spool, however many
/// connections are open.
final class FlowNotes {
  static let maxListedGaps = 1_000
  static let maxListedConflicts = 100

  private let lane: SpoolLane
  private(set) var listedGaps = 0
  private(set) var listedConflicts = 0
  private(set) var conflictCount: UInt64 = 0
  private(set) var map = StreamMap()
  /// Whether gaps that the snap length made were added, and whether others were.
  private(set) var gapKinds = (hasCut: false, hasOther: false)
  /// Whether bytes stand before and behind a gap.
  private(set) var hasInnerGap = false
  /// Gaps behind the last byte, merged into one range: they get their room in the file only when bytes follow.
  private var pending: (start: Int64, end: Int64, room: Int64)?
  /// Number of pending gaps among the listed ones, of which they are the last.
  private var pendingListed = 0
  /// Number of pending gaps for which no room was left.
  private(set) var pendingRefusals: UInt64 = 0
  /// Index of the first listed gap without room in the file, which ends at `droppedAt`.
  private var droppedFrom = Int.max
  private var droppedAt: Int64 = 0
  private var hasNoPlaces = false

  init(_ spool: Spool) { lane = SpoolLane(spool) }

  deinit { lane.release() }

  var hasPending: Bool { pending != nil }
  /// Number of bytes that the pending gaps will occupy in the file.
  var pendingRoom: Int64 { pending?.room ?? 0 }

  /// Adds a gap behind all others, with `room` bytes in the file, which ends at `fileEnd`.
  func add(_ gap: Gap, fileEnd: Int64, room: Int64, wasRefused: Bool = false) {
    if wasRefused { pendingRefusals &+= 1 }
    if gap.kind == .cut { gapKinds.hasCut = true } else { gapKinds.hasOther = true }
    let before = pending ?? (gap.offset, gap.offset, 0)
    pending = (before.start, gap.offset &+ gap.length, before.room &+ room)
    guard listedGaps < Self.maxListedGaps else { return }
    lane.append(ListedGap(gap: gap, fileOffset: fileEnd &+ before.room, fileLength: room))
    listedGaps += 1
    pendingListed += 1
  }

  /// Records that bytes follow the pending gaps.
  ///
  /// - Parameter isFirst: whether they are the first bytes of the stream.
  func bytesFollow(isFirst: Bool) { if !isFirst { hasInnerGap = true } }

  /// Assigns the pending gaps their room in the file, because bytes follow.
  ///
  /// - Parameters:
  ///   - fileEnd: the length of the file.
  ///   - mapped: the greatest number of gaps that the map may remember.
  /// - Returns: the new ends of stream and file; nil if no gap was pending.
  func place(from fileEnd: Int64, mapped: Int = StreamMap.capacity) -> (streamEnd: Int64, fileEnd: Int64)? {
    guard let placed = pending else { return nil }
    pending = nil
    pendingListed = 0
    pendingRefusals = 0
    let end = fileEnd &+ placed.room
    map.add(from: placed.start, to: placed.end, fileEnd: end, capacity: mapped)
    return (placed.end, end)
  }

  /// Drops the pending gaps from the file, because no byte follows them.
  func dropPending(fileEnd: Int64) {
    droppedFrom = listedGaps - pendingListed
    droppedAt = fileEnd
    pending = nil
    pendingListed = 0
  }

  /// Removes the places of all gaps, because there is no file.
  func removePlaces() { hasNoPlaces = true }

  /// Adds a conflict, and returns whether the index will list it.
  func add(_ conflict: ListedConflict) -> Bool {
    conflictCount &+= 1
    guard listedConflicts < Self.maxListedConflicts else { return false }
    lane.append(conflict)
    listedConflicts += 1
    return true
  }

  /// Counts conflicts beyond those listed.
  func countConflicts(_ more: UInt64) { conflictCount &+= more }

  /// Returns all gaps and conflicts for the index line; fewer than were counted if the spool lost some.
  func listed() -> (gaps: [ListedGap], conflicts: [ListedConflict]) {
    var (gaps, conflicts) = lane.readNotes()
    for index in gaps.indices {
      if index >= droppedFrom { (gaps[index].fileOffset, gaps[index].fileLength) = (droppedAt, 0) }
      if hasNoPlaces { (gaps[index].fileOffset, gaps[index].fileLength) = (0, 0) }
    }
    return (gaps, conflicts)
  }
}
