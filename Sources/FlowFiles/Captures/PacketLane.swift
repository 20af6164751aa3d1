internal import Packets

/// Packets that wait until it is known to which capture they belong, in order, in a spool.
final class PacketLane {
  /// What is known of a waiting packet besides its facts.
  struct Mark {
    /// Whether it may be the SYN of the next connection, or the answer to it.
    var isPending = false
    /// The SYN's sequence number, and whether its sender is the source of the canonical key and it acknowledges; nil if it is not known.
    var syn: PendingNumber?
    /// Packet that completed the datagram of a fragment; nil for a packet that is none.
    var whole: PacketReference?
  }

  private let lane: SpoolLane
  private var interfaces: [CaptureInterface] = []
  /// Number of packets.
  private(set) var count: UInt64 = 0

  private static let words = 9

  init(_ spool: Spool) { lane = SpoolLane(spool) }

  /// Number of bytes that the packets take.
  var size: Int { lane.count }

  func append(_ packet: KeptPacket, _ description: CaptureInterface, _ bytes: Span<UInt8>, _ mark: Mark = Mark()) {
    let interface = interfaces.lastIndex(of: description) ?? interfaces.count
    if interface == interfaces.count { interfaces.append(description) }
    count &+= 1
    let syn = mark.syn
    let flags: UInt64 =
      (mark.isPending ? 1 : 0) | (syn == nil ? 0 : 2) | (syn?.isCanonical == true ? 4 : 0) | (syn?.acknowledges == true ? 8 : 0)
    lane.append(
      [
        UInt64(bitPattern: packet.time.nanoseconds), packet.reference.number, UInt64(packet.reference.input) << 32 | UInt64(interface),
        UInt64(bytes.count), UInt64(packet.originalLength), UInt64(packet.checkSequence), flags << 32 | UInt64(syn?.sequence ?? 0),
        mark.whole?.number ?? 0, UInt64(mark.whole?.input ?? 0),
      ], bytes)
  }

  /// Calls `body` with every packet, in order.
  ///
  /// - Parameter body: receives the facts, the interface, the bytes and the mark of a packet.
  /// - Returns: the number of packets that were lost, because the spool could not be written or read.
  func forEach(_ body: (KeptPacket, CaptureInterface, [UInt8], Mark) -> Void) -> UInt64 {
    var reader = SpoolReader(lane)
    var head: [UInt8] = []
    var bytes: [UInt8] = []
    var done: UInt64 = 0
    while reader.read(Self.words * 8, into: &head) {
      guard reader.read(Int(clamping: head.word(3)), into: &bytes) else { break }
      let interface = Int(head.word(2) & 0xffff_ffff)
      guard interface < interfaces.count else { break }
      let flags = head.word(6) >> 32
      let packet = KeptPacket(
        time: Timestamp(nanoseconds: Int64(bitPattern: head.word(0))),
        reference: PacketReference(number: head.word(1), input: UInt32(truncatingIfNeeded: head.word(2) >> 32)),
        originalLength: Int(clamping: head.word(4)),
        checkSequence: Int(clamping: head.word(5)))
      let number = PendingNumber(
        sequence: UInt32(truncatingIfNeeded: head.word(6)), isCanonical: flags & 4 != 0, acknowledges: flags & 8 != 0)
      let whole = PacketReference(number: head.word(7), input: UInt32(truncatingIfNeeded: head.word(8)))
      let mark = Mark(isPending: flags & 1 != 0, syn: flags & 2 == 0 ? nil : number, whole: whole.number == 0 ? nil : whole)
      body(packet, interfaces[interface], bytes, mark)
      done &+= 1
    }
    return count &- done
  }

  /// Releases the packets.
  ///
  /// It must be called, because the spool retains every lane that has bytes in memory.
  func release() { lane.release() }
}

/// Number that identifies the copies of one SYN or SYN-ACK on a connection.
struct PendingNumber: Equatable {
  var sequence: UInt32
  /// Whether the key of the segment is canonical, which tells its direction.
  var isCanonical: Bool
  var acknowledges: Bool

  init(sequence: UInt32, isCanonical: Bool, acknowledges: Bool) {
    self.sequence = sequence
    self.isCanonical = isCanonical
    self.acknowledges = acknowledges
  }

  init(_ segment: borrowing TCPSegment) {
    sequence = segment.sequence.rawValue
    isCanonical = segment.key.isCanonical
    acknowledges = segment.flags.contains(.ack)
  }
}
