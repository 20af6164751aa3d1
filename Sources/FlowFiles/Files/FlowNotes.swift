internal import Packets
internal import Reassembly

/// A packet by its number, and the input it came from.
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

/// A range of a stream of which two versions were captured.
struct ListedConflict {
  var offset: Int64
  var length: Int64
  /// The packet of the version that stays, where it is still known.
  var keptBy: PacketReference?
  var kept: [UInt8]
  var otherBy: PacketReference
  var other: [UInt8]

  /// One byte more, in both versions.
  mutating func append(_ keptByte: UInt8, _ otherByte: UInt8) {
    length &+= 1
    guard kept.count < Differences.shownBytes else { return }
    kept.append(keptByte)
    other.append(otherByte)
  }
}

/// A gap and the place it has in the file.
struct ListedGap {
  var gap: Gap
  var fileOffset: Int64
  var fileLength: Int64
}

/// What most flows do not need: gaps and conflicts of one direction.
final class FlowNotes {
  static let maxListedGaps = 1_000
  static let maxListedConflicts = 100

  private(set) var gaps: [ListedGap] = []
  private(set) var conflicts: [ListedConflict] = []
  private(set) var conflictCount: UInt64 = 0
  var map = StreamMap()
  /// The gaps behind the last byte, taken together: they get their room in the file only once bytes follow.
  private var pending: (start: Int64, end: Int64, room: Int64)?
  /// How many of the last listed gaps are pending.
  private var pendingListed = 0
  /// How many of the pending gaps found no room left.
  private(set) var pendingRefusals: UInt64 = 0

  var hasPending: Bool { pending != nil }
  /// What they will take in the file.
  var pendingRoom: Int64 { pending?.room ?? 0 }

  /// Takes a gap that lies behind everything taken so far and would have `room` bytes in the file, which ends at `fileEnd`.
  func add(_ gap: Gap, fileEnd: Int64, room: Int64, wasRefused: Bool = false) {
    if wasRefused { pendingRefusals &+= 1 }
    let before = pending ?? (gap.offset, gap.offset, 0)
    pending = (before.start, gap.offset &+ gap.length, before.room &+ room)
    guard gaps.count < Self.maxListedGaps else { return }
    gaps.append(ListedGap(gap: gap, fileOffset: fileEnd &+ before.room, fileLength: room))
    pendingListed += 1
  }

  /// Bytes follow: the pending gaps get their room.
  ///
  /// Answers where stream and file go on; nil where nothing was pending.
  func place(from fileEnd: Int64) -> (streamEnd: Int64, fileEnd: Int64)? {
    guard let placed = pending else { return nil }
    pending = nil
    pendingListed = 0
    pendingRefusals = 0
    let end = fileEnd &+ placed.room
    map.add(from: placed.start, to: placed.end, fileEnd: end)
    return (placed.end, end)
  }

  /// No byte follows: the pending gaps take no room.
  func dropPending(fileEnd: Int64) {
    for index in (gaps.count - pendingListed)..<gaps.count {
      gaps[index].fileOffset = fileEnd
      gaps[index].fileLength = 0
    }
    pending = nil
    pendingListed = 0
  }

  /// There is no file: no gap has a place in it.
  func removePlaces() {
    for index in gaps.indices { (gaps[index].fileOffset, gaps[index].fileLength) = (0, 0) }
  }

  func add(_ conflict: ListedConflict) {
    conflictCount &+= 1
    if conflicts.count < Self.maxListedConflicts { conflicts.append(conflict) }
  }

  /// Conflicts beyond those listed.
  func countConflicts(_ more: UInt64) { conflictCount &+= more }
}
