import Packets

/// Index of a queued segment in the page cache; `.none` is no segment.
struct QueuedIndex: Hashable {
  var rawValue: UInt32
  static let none = QueuedIndex(rawValue: .max)
  var exists: Bool { rawValue != .max }
}

/// Queued segment: a range of bytes that one segment brought and one page holds, or a placeholder.
///
/// A placeholder stands for bytes that were on the wire and are not available. A queued segment takes 64 bytes, so a segment of one byte
/// costs 65.
///
/// The queued segments of one direction form a treap by `start` (`left`, `right`), and those with bytes also a list by arrival (`older`,
/// `newer`). Adjacent small segments may be coalesced into a cluster: the first is in the treap, the others are linked to it by
/// `lastOfCluster` and `right`.
struct QueuedSegment {
  /// Content of a queued segment.
  enum Content: UInt32 {
    case bytes = 0
    /// The snap length cut these bytes off.
    case cut = 1
    /// These bytes were captured and rejected.
    case rejected = 2
  }

  /// Capture time of the packet, in nanoseconds.
  var time: Int64 = 0
  /// Packet number in bits 0 to 47, input in bits 48 to 63.
  private var numberAndInput: UInt64 = 0
  /// Bits 0 to 19: distance from the start of the whole segment that came to `start`.
  ///
  /// Bits 20 to 39: length of that whole segment. Bits 40 to 63: high part of the arrival.
  private var extents: UInt64 = 0
  private var arrivalLow: UInt32 = 0
  /// Sequence number of the first byte.
  var start: UInt32 = 0
  private var acknowledgmentNumber: UInt32 = 0
  /// Bits 0 to 11: offset in the page.
  ///
  /// Bits 12 to 24: length. Bit 25: whether there is an acknowledgment. Bits 26 and 27: content. Bit 28: whether the snap length cut the
  /// segment that came.
  private var place: UInt32 = 0
  /// Page of the bytes; for a placeholder its length.
  private var pageOrLength: UInt32 = .max
  /// Last segment of the cluster that this one is the head of; `.none` without a cluster.
  var lastOfCluster = QueuedIndex.none
  var left = QueuedIndex.none
  var right = QueuedIndex.none
  var older = QueuedIndex.none
  var newer = QueuedIndex.none

  /// Memory of a queued segment, in bytes.
  static let cost = 64
  /// Greatest length of a placeholder, so that lengths stay far from the sequence window.
  static let maximumPlaceholderLength: UInt32 = 1 << 29

  init() {}

  @inline(__always) var content: Content { Content(rawValue: (place >> 26) & 3) ?? .bytes }

  var length: UInt32 {
    @inline(__always) get { content == .bytes ? (place >> 12) & 0x1fff : pageOrLength }
    set {
      if content == .bytes {
        place = (place & ~(0x1fff << 12)) | ((newValue & 0x1fff) << 12)
      } else {
        pageOrLength = newValue
      }
    }
  }

  @inline(__always) var end: UInt32 { start &+ length }
  /// Position of a segment that the stream keeps.
  ///
  /// It may lie any number of gaps after the expected offset, so 32 bits do not determine it. The upper half is stored in `older`, which a
  /// kept segment does not need.
  var keptPosition: Int64 {
    get { Int64(older.rawValue) << 32 | Int64(start) }
    set {
      start = UInt32(truncatingIfNeeded: newValue)
      older.rawValue = UInt32(truncatingIfNeeded: newValue >> 32)
    }
  }

  @inline(__always) var page: UInt32 { pageOrLength }
  @inline(__always) var pageOffset: UInt32 { place & 0xfff }

  mutating func setBytes(page: UInt32, offset: UInt32, length: UInt32) {
    place = (place & ~0x0dff_ffff) | (offset & 0xfff) | ((length & 0x1fff) << 12)
    pageOrLength = page
  }

  mutating func setPlaceholder(_ content: Content, length: UInt32) {
    place = (place & (1 << 25)) | (content.rawValue << 26)
    pageOrLength = length
  }

  /// Extent of the segment that brought the bytes, before anything was trimmed.
  ///
  /// It is set after `start`, and after the place of the bytes.
  var owner: SegmentExtent {
    @inline(__always) get {
      let lead = UInt32(truncatingIfNeeded: extents & 0xf_ffff)
      let length = UInt32(truncatingIfNeeded: (extents >> 20) & 0xf_ffff)
      return SegmentExtent(start: start &- lead, length: length, isCut: place & (1 << 28) != 0)
    }
    set {
      let lead = UInt64(min(start &- newValue.start, 0xf_ffff))
      extents = (extents & 0xffff_ff00_0000_0000) | lead | UInt64(min(newValue.length, 0xf_ffff)) << 20
      place = newValue.isCut ? place | (1 << 28) : place & ~(1 << 28)
    }
  }

  /// Time on the clock at which the bytes came, in units of 64 ns: 56 bits hold all that the clock reaches.
  var arrival: UInt64 {
    get { (extents >> 40) << 32 | UInt64(arrivalLow) }
    set {
      arrivalLow = UInt32(truncatingIfNeeded: newValue)
      extents = (extents & 0xff_ffff_ffff) | (newValue >> 32) << 40
    }
  }

  var stamp: PacketStamp {
    get {
      PacketStamp(
        time: Timestamp(nanoseconds: time), packetNumber: numberAndInput & 0xffff_ffff_ffff,
        input: UInt32(truncatingIfNeeded: numberAndInput >> 48),
        acknowledgment: place & (1 << 25) != 0 ? SequenceNumber(acknowledgmentNumber) : nil)
    }
    set {
      time = newValue.time.nanoseconds
      numberAndInput = (newValue.packetNumber & 0xffff_ffff_ffff) | UInt64(min(newValue.input, 0xffff)) << 48
      acknowledgmentNumber = newValue.acknowledgment?.rawValue ?? 0
      place = newValue.acknowledgment == nil ? place & ~(1 << 25) : place | (1 << 25)
    }
  }

  /// Drops `count` bytes at the front; `count` is below `length`.
  mutating func trimFront(_ count: UInt32) {
    let extent = owner
    let remaining = length &- count
    start = start &+ count
    if content == .bytes {
      setBytes(page: page, offset: pageOffset &+ count, length: remaining)
    } else {
      length = remaining
    }
    owner = extent
  }
}
