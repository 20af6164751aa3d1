internal import Packets
internal import Reassembly

/// Packets of a connection from a SYN on that may begin the next connection of the same addresses and ports.
///
/// What is behind such a SYN waits too, so that the packets of both connections keep their order. The engine decides with a later packet, or
/// at the end of the connection.
final class DeferredPackets {
  let lane: PacketLane

  init(_ spool: Spool) { lane = PacketLane(spool) }

  /// Passes on every packet, and releases them.
  ///
  /// - Parameters:
  ///   - inheritance: the packets that belong to the next connection; nil if there are none.
  ///   - body: receives the packets, their interfaces, their bytes, and whether the next connection has them.
  /// - Returns: the number of packets that were lost.
  func settle(_ inheritance: Inheritance?, _ body: (KeptPacket, CaptureInterface, [UInt8], Bool) -> Void) -> UInt64 {
    var inheritance = inheritance
    let lost = lane.forEach { packet, interface, bytes, mark in
      body(packet, interface, bytes, mark.isPending && inheritance?.takes(packet, mark) == true)
    }
    lane.release()
    return lost
  }
}

/// Which of the deferred packets belong to the next connection.
///
/// The engine shows the next connection the first copy of each: of its SYN, and of the answer if there was one. The other copies have the
/// same number and come later.
struct Inheritance {
  /// Packets that the engine named.
  private var named: [PacketReference]
  /// Numbers of those that were found so far.
  private var numbers: [PendingNumber] = []

  init(first: PacketReference) { named = [first] }

  mutating func add(_ packet: PacketReference) { if !named.contains(packet) { named.append(packet) } }

  /// Whether a deferred packet belongs to the next connection; the packets must be asked for in order.
  fileprivate mutating func takes(_ packet: KeptPacket, _ mark: PacketLane.Mark) -> Bool {
    if named.contains(mark.whole ?? packet.reference) {
      if let number = mark.syn, !numbers.contains(number) { numbers.append(number) }
      return true
    }
    return mark.syn.map(numbers.contains) ?? false
  }
}
