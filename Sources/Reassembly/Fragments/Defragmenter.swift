import Packets

/// Defragmenter: reassembles IP fragments, bounded in memory and time. (RFC 791, section 3.2; RFC 8200, section 4.5; RFC 5722.)
///
/// Digests of the fragments of a complete datagram stay for a while, so that a late copy of one is recognised and does not begin the next
/// datagram with the same identification.
struct Defragmenter {
  /// Key of a datagram: addresses, identification, the protocol for IPv4, and the scope if connections have one.
  struct Key: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    var scope: UInt32
    var protocolNumber: UInt8

    init(_ fragment: borrowing IPFragment, scope: UInt32) {
      source = fragment.source
      destination = fragment.destination
      identification = fragment.identification
      self.scope = scope
      protocolNumber = fragment.source.family == .v4 ? fragment.protocolNumber : 0
    }
  }

  private(set) var statistics = FragmentStatistics()
  private var datagrams: [Key: Datagram] = [:]
  /// Oldest datagram in a list by the time of the first fragment.
  private var oldest: Datagram?
  private var newest: Datagram?
  /// Memory of all datagrams, in bytes.
  private(set) var bytes = 0
  private let timeout: PacketDuration?
  private let limit: Int?
  private let policy: FragmentPolicy

  init(_ options: AssemblerOptions) {
    timeout = options.fragmentTimeout
    limit = options.fragmentMemory
    policy = options.fragmentPolicy
  }

  /// Complete datagram, as a packet of `LinkType.raw`.
  struct Whole {
    var packet: [UInt8]
    /// Length on the wire in bytes; more than `packet` holds if the capture cut the last fragment.
    var originalLength: Int
    var layers: LayerPath
  }

  /// Inserts a fragment at a time on the clock, and returns the datagram that it completes, if any.
  mutating func insert(_ fragment: borrowing IPFragment, scope: UInt32 = 0, at now: Int64) -> Whole? {
    statistics.fragments &+= 1
    expire(now)
    let isIPv6 = fragment.source.family == .v6
    var length = fragment.payload.count &+ fragment.missingLength
    if fragment.moreFragments, length & 7 != 0 {
      // The fragment ends inside an 8-byte unit: IPv6 forbids it, IPv4 stacks round it down.
      statistics.malformed &+= 1
      if isIPv6 { return nil }
      length &= ~7
    }
    guard length > 0 else {
      statistics.malformed &+= 1
      return nil
    }
    let key = Key(fragment, scope: scope)
    guard fragment.offset &+ length &+ fragment.unfragmentableHeader.count &- (isIPv6 ? 40 : 0) <= 0xffff else {
      statistics.oversized &+= 1
      if let datagram = datagrams[key], datagram.state == .open { discard(datagram) }
      return nil
    }
    var copy: [UInt8] = []
    let captured = min(length, fragment.payload.count)
    copy.reserveCapacity(captured)
    for index in 0..<captured { copy.append(fragment.payload[index]) }
    let range = fragment.offset..<fragment.offset &+ length
    if let known = datagrams[key], known.state == .whole {
      if known.knows(copy, range) {
        statistics.duplicates &+= 1
        return nil
      }
      remove(known)
    }
    return add(copy, range, fragment, to: datagrams[key] ?? begin(key, at: now))
  }

  private mutating func add(_ copy: [UInt8], _ range: Range<Int>, _ fragment: borrowing IPFragment, to datagram: Datagram) -> Whole? {
    guard datagram.state == .open else { return nil }
    let before = datagram.cost
    let outcome = datagram.insert(copy, range, isLast: !fragment.moreFragments, policy: fragment.source.family == .v6 ? nil : policy)
    bytes &+= datagram.cost &- before
    switch outcome {
    case .stored: break
    case .duplicate: statistics.duplicates &+= 1
    case .overlapped: statistics.overlapping &+= 1
    case .malformed:
      statistics.malformed &+= 1
      return nil
    case .forbidden:
      statistics.overlapping &+= 1
      discard(datagram)
      return nil
    }
    if fragment.offset == 0, datagram.header == nil {
      datagram.header = DatagramHeader(copy fragment)
      datagram.layers = fragment.layers
    }
    let collected = datagram.cost
    let assembly = datagram.assemble()
    bytes &+= datagram.cost &- collected
    defer { enforceLimit() }
    switch assembly {
    case .incomplete: return nil
    case .oversized:
      statistics.oversized &+= 1
      discard(datagram)
      return nil
    case .whole(let whole):
      statistics.datagrams &+= 1
      return whole
    }
  }

  /// Frees the bytes of a datagram and gives it up.
  private mutating func discard(_ datagram: Datagram) {
    bytes &-= datagram.cost
    datagram.discard()
    bytes &+= datagram.cost
  }

  /// Gives up every incomplete datagram, because the input has ended.
  mutating func discardAll() {
    while let datagram = oldest {
      if datagram.state == .open { statistics.incomplete &+= 1 }
      remove(datagram)
    }
  }

  // MARK: time and memory

  private mutating func expire(_ now: Int64) {
    guard let timeout else { return }
    while let datagram = oldest, now &- datagram.created >= timeout.nanoseconds {
      if datagram.state == .open { statistics.timedOut &+= 1 }
      remove(datagram)
    }
  }

  /// Removes the oldest datagrams while the memory limit is exceeded.
  private mutating func enforceLimit() {
    while let limit, bytes > limit, let datagram = oldest {
      if datagram.state == .open { statistics.evicted &+= 1 }
      remove(datagram)
    }
  }

  // MARK: the table and the order

  private mutating func begin(_ key: Key, at now: Int64) -> Datagram {
    let datagram = Datagram(key: key, created: now)
    datagrams[key] = datagram
    datagram.older = newest
    if let newest { newest.newer = datagram } else { oldest = datagram }
    newest = datagram
    bytes &+= datagram.cost
    return datagram
  }

  private mutating func remove(_ datagram: Datagram) {
    datagrams[datagram.key] = nil
    bytes &-= datagram.cost
    let older = datagram.older
    let newer = datagram.newer
    if let older { older.newer = newer } else { oldest = newer }
    if let newer { newer.older = older } else { newest = older }
    datagram.older = nil
    datagram.newer = nil
  }
}
