internal import Packets
internal import Reassembly

/// IP fragments that wait until the datagram that they are part of tells their connection.
///
/// The engine reassembles the datagrams; this table holds the packets that the fragments came in. It is bounded: the number of datagrams is
/// limited, and their packets lie in a spool. The fragments of a complete datagram stay known by their hashes, so that a late copy goes to
/// the connection of the first one.
final class HeldFragments {
  /// What the fragments of one datagram have in common.
  struct Key: Hashable {
    private let source: IPAddress
    private let destination: IPAddress
    private let identification: UInt32
    private let protocolNumber: UInt8
    private let scope: LayerPath
    private let interface: UInt64

    init(_ fragment: borrowing IPFragment, _ packet: KeptPacket, interface: UInt32, _ scopes: KeyScopes) {
      source = fragment.source
      destination = fragment.destination
      identification = fragment.identification
      protocolNumber = fragment.source.family == .v4 ? fragment.protocolNumber : 0
      scope = scopes.layers(of: fragment.layers)
      self.interface = scopes.contains(.interface) ? UInt64(packet.reference.input) << 32 | UInt64(interface) : 0
    }
  }

  /// Fragments of one datagram.
  final class Group {
    let key: Key
    let lane: PacketLane
    /// Time of the first fragment, and its input.
    let created: Timestamp
    let input: UInt32
    /// Number of its interface in the input.
    let interface: UInt32
    /// Whether the fragments lie in the fragments of other datagrams.
    var isNested = false
    /// Hashes of the fragments.
    var seen: Set<Int> = []
    /// Connections of the complete datagram; nil while it is incomplete.
    var owners: [UInt64]?

    init(_ key: Key, _ packet: KeptPacket, interface: UInt32, _ spool: Spool) {
      self.key = key
      self.interface = interface
      lane = PacketLane(spool)
      created = packet.time
      input = packet.reference.input
    }
  }

  /// Greatest number of datagrams, which is more than the engine reassembles at once with its standard memory.
  private static let mostGroups = 32_768
  /// Greatest number of fragments of a datagram whose hashes are kept.
  static let mostSeen = 8_192

  private let spool: Spool
  private let timeout: PacketDuration?
  private var groups: [Key: Group] = [:]
  /// Groups from the oldest on, some of which are gone; those before `first` are.
  private var order: [Group?] = []
  private var first = 0

  init(_ spool: Spool, timeout: PacketDuration?) {
    self.spool = spool
    self.timeout = timeout
  }

  var isEmpty: Bool { groups.isEmpty }

  /// The fragments of a datagram; nil if there are none, or they are too old.
  func group(_ key: Key, _ packet: KeptPacket) -> Group? {
    guard let group = groups[key] else { return nil }
    // The times of two inputs may come from two clocks.
    if let timeout, group.input == packet.reference.input,
      packet.time.nanoseconds &- group.created.nanoseconds >= timeout.nanoseconds
    {
      remove(group)
      return nil
    }
    return group
  }

  /// Holds a packet with a fragment.
  ///
  /// - Parameters:
  ///   - packet: the packet.
  ///   - interface: its interface.
  ///   - bytes: its bytes.
  ///   - number: the number of the interface in its input.
  ///   - hash: the hash of the fragment.
  ///   - key: what the fragments of the datagram have in common.
  /// - Returns: the group of its datagram.
  func hold(
    _ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>, number: UInt32, _ hash: Int, in key: Key
  ) -> Group {
    let group = groups[key] ?? begin(Group(key, packet, interface: number, spool))
    if group.seen.count < Self.mostSeen { group.seen.insert(hash) }
    group.lane.append(packet, interface, bytes)
    return group
  }

  private func begin(_ group: Group) -> Group {
    groups[group.key] = group
    order.append(group)
    if groups.count > Self.mostGroups { removeOldest() }
    if order.count > 2 * Self.mostGroups {
      order.removeAll { $0.map { groups[$0.key] !== $0 } ?? true }
      first = 0
    }
    return group
  }

  /// Notes that the datagram of a group is complete, and releases its packets.
  ///
  /// - Parameters:
  ///   - group: the group.
  ///   - owners: the connections of the datagram; none if it belongs to none.
  func close(_ group: Group, owners: [UInt64]) {
    group.lane.release()
    if owners.isEmpty { remove(group) } else { group.owners = owners }
  }

  func remove(_ group: Group) {
    group.lane.release()
    if groups[group.key] === group { groups[group.key] = nil }
  }

  private func removeOldest() {
    while first < order.count {
      let oldest = order[first]
      order[first] = nil
      first += 1
      if let oldest, groups[oldest.key] === oldest {
        remove(oldest)
        break
      }
    }
    guard first > order.count / 2 else { return }
    order.removeFirst(first)
    first = 0
  }

  /// Hash of a fragment, with a seed of the process.
  static func hash(_ fragment: borrowing IPFragment) -> Int {
    var hasher = Hasher()
    hasher.combine(fragment.offset)
    hasher.combine(fragment.moreFragments)
    fragment.payload.withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }
}

extension HeldFragments {
  /// Greatest number of bytes that a datagram has.
  private static let longestDatagram = 0xffff

  /// The key of the fragment that a complete datagram holds, as a fragmented tunnel does whose content was fragmented before.
  ///
  /// - Parameters:
  ///   - group: the fragments of the datagram.
  ///   - completing: the packet that completes it, if it is not in the group.
  ///   - decodeAs: the user-defined encapsulations.
  ///   - scopes: the layers that tell connections apart.
  /// - Returns: the key and the hash of the inner fragment; nil if the datagram holds none.
  func innerKey(
    of group: Group, completedBy completing: (packet: KeptPacket, interface: CaptureInterface, bytes: [UInt8])? = nil, _ decodeAs: DecodeAs,
    _ scopes: KeyScopes
  ) -> (key: Key, hash: Int)? {
    var payload = [UInt8](repeating: 0, count: Self.longestDatagram)
    var end = 0
    var header: DatagramHeader?
    var layers = LayerPath()
    var last: KeptPacket?
    func add(_ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: [UInt8]) {
      do throws(DecodeError) {
        let fragment = try IPFragment(
          decoding: bytes.span, linkType: interface.linkType, originalLength: packet.originalLength &- packet.checkSequence,
          decodeAs: decodeAs)
        let count = min(fragment.payload.count, max(0, payload.count - fragment.offset))
        for index in 0..<count { payload[fragment.offset + index] = fragment.payload[index] }
        end = max(end, fragment.offset + count)
        if fragment.offset == 0, header == nil {
          header = DatagramHeader(fragment)
          layers = fragment.layers
        }
        last = packet
      } catch {}
    }
    _ = group.lane.forEach { packet, interface, bytes, _ in add(packet, interface, bytes) }
    if let completing { add(completing.packet, completing.interface, completing.bytes) }
    var packet: [UInt8] = []
    guard !group.isNested, let last, let header, header.append(forPayloadLength: end, to: &packet) else { return nil }
    packet += payload[..<end]
    do throws(DecodeError) {
      let inner = try IPFragment(
        decoding: packet.span, linkType: .raw, originalLength: packet.count, layers: layers, decodeAs: decodeAs)
      return (Key(inner, last, interface: group.interface, scopes), Self.hash(inner))
    } catch {
      return nil
    }
  }
}
