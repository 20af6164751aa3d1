internal import Packets
public import Reassembly

/// Two captured copies of a range of stream bytes that differ in every byte.
public struct DifferingCopies: Equatable, Sendable {
  /// End that sent the bytes.
  public var side: Side
  /// Stream offset of the first differing byte.
  public var offset: Int64
  /// Number of bytes that differ.
  public var length: Int64
  /// Beginning of the copy that is part of the stream, 64 bytes at most.
  public var kept: [UInt8]
  /// Packet that brought the kept copy; nil if it is not known.
  public var keptPacket: UInt64?
  /// Beginning of the other copy.
  public var other: [UInt8]
  /// Packet that brought the other copy.
  public var otherPacket: UInt64
}

/// Comparison of later copies of a connection's bytes with those that were delivered, if no file holds them.
///
/// It remembers the last bytes of each direction. Copies of earlier bytes stay unchecked.
public final class CopyCheck {
  private let memory: CopyMemory
  private let listed: Int
  private var originator = RecentBytes()
  private var responder = RecentBytes()
  /// Index in the list of `memory`; below 0 while no bytes are remembered.
  var slot: Int32 = -1
  /// Number of ranges with two versions.
  public private(set) var count: UInt64 = 0
  /// First ranges, as many as the creator asked for, in the order in which they were found.
  public private(set) var found: [DifferingCopies] = []

  /// Creates the comparison of a connection.
  ///
  /// - Parameters:
  ///   - memory: the memory that the connections of the run share.
  ///   - listed: the number of ranges to keep in `found`.
  public init(_ memory: CopyMemory, listed: Int) {
    self.memory = memory
    self.listed = listed
  }

  deinit { memory.release(slot, originator.bytes.count + responder.bytes.count) }

  /// Remembers the new bytes of a delivery.
  ///
  /// O(bytes) on average.
  ///
  /// - Parameter data: the delivery.
  public func delivered(_ data: borrowing ReassembledData) {
    for index in data.newChunks {
      remember(
        data.chunk(at: index), at: data.offset(ofNewChunk: index), packet: data.captureInfo(ofChunk: index).packetNumber, from: data.side)
    }
  }

  func remember(_ bytes: Span<UInt8>, at offset: Int64, packet: UInt64, from side: Side) {
    let before = originator.bytes.count + responder.bytes.count
    if side == .originator {
      originator.append(bytes, at: offset, packet: packet)
    } else {
      responder.append(bytes, at: offset, packet: packet)
    }
    memory.changed(self, by: originator.bytes.count + responder.bytes.count - before)
  }

  /// Compares a further copy of delivered bytes.
  ///
  /// O(bytes + log ranges).
  ///
  /// - Parameters:
  ///   - bytes: the copy.
  ///   - offset: the stream offset of its first byte.
  ///   - stamp: the packet that brought it.
  ///   - side: the end that sent it.
  /// - Returns: whether all of it could be compared.
  public func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    var differences = Differences(base: offset, other: PacketReference(stamp), listLimit: max(0, listed - found.count))
    let result =
      side == .originator
      ? originator.compare(bytes, at: offset, into: &differences) : responder.compare(bytes, at: offset, into: &differences)
    count &+= differences.count
    for conflict in differences.found {
      found.append(
        DifferingCopies(
          side: side, offset: conflict.offset, length: conflict.length, kept: conflict.kept,
          keptPacket: (side == .originator ? originator : responder).packet(at: conflict.offset), other: conflict.other,
          otherPacket: stamp.packetNumber))
    }
    return result
  }

  /// Records two versions of bytes that were not delivered yet.
  ///
  /// - Parameters:
  ///   - conflict: the two versions.
  ///   - side: the end that sent them.
  public func conflict(_ conflict: Conflict, from side: Side) {
    count &+= 1
    guard found.count < listed else { return }
    func beginning(_ bytes: Span<UInt8>) -> [UInt8] { (0..<min(bytes.count, Differences.shownBytes)).map { bytes[$0] } }
    found.append(
      DifferingCopies(
        side: side, offset: conflict.offset, length: Int64(conflict.kept.count), kept: beginning(conflict.kept),
        keptPacket: conflict.keptInfo.packetNumber, other: beginning(conflict.other), otherPacket: conflict.otherInfo.packetNumber))
  }

  /// Forgets the bytes, because others need the memory, and returns their number.
  func forget() -> Int {
    let count = originator.bytes.count + responder.bytes.count
    (originator, responder) = (RecentBytes(hasForgotten: true), RecentBytes(hasForgotten: true))
    return count
  }
}

/// Memory for the last bytes of all open connections.
///
/// Beyond the limit, the connection that was least recently added to forgets its bytes.
public final class CopyMemory {
  private let limit: Int
  /// Number of bytes that are remembered.
  private(set) var used = 0
  private var connections = RecencyList<WeakCheck>()

  /// Reference that does not keep a connection alive.
  private final class WeakCheck {
    unowned let check: CopyCheck
    init(_ check: CopyCheck) { self.check = check }
  }

  /// Creates the memory of a run.
  ///
  /// - Parameter limit: the greatest number of bytes that are remembered.
  public init(limit: Int = 64 << 20) { self.limit = limit }

  /// Records that a connection remembers `count` more bytes, or fewer.
  func changed(_ check: CopyCheck, by count: Int) {
    used += count
    if check.slot < 0 { check.slot = connections.insert(WeakCheck(check)) } else { connections.touch(check.slot) }
    while used > limit, let oldest = connections.oldest?.check, oldest !== check {
      used -= oldest.forget()
      connections.remove(oldest.slot)
      oldest.slot = -1
    }
  }

  /// Removes a connection that remembers `count` bytes.
  func release(_ slot: Int32, _ count: Int) {
    used -= count
    if slot >= 0 { connections.remove(slot) }
  }
}
