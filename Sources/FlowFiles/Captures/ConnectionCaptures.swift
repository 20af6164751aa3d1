public import Packets
public import Reassembly

/// Capture that was used last, borrowed for each packet like a ``FileReference``.
private struct LastCapture: ~Copyable {
  /// Identifier of the connection; 0 if there is no capture.
  let id: UInt64
  private let capture: ConnectionCapture?

  init() {
    id = 0
    capture = nil
  }

  init(_ id: UInt64, _ capture: ConnectionCapture) {
    self.id = id
    self.capture = capture
  }

  @inline(never)
  borrowing func take(_ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>) { capture?.take(packet, interface, bytes) }
}

/// Captures of all connections of a run, which gets every packet together with what the engine made of it.
///
/// For each packet, ``begin(_:_:_:interface:)`` is called before it is assembled, and
/// ``end(_:_:checkSequence:interface:as:datagrams:)`` afterwards, with the same bytes and interface. Connections that the packet completes are
/// concluded at the end of it, when their files have it.
public final class ConnectionCaptures {
  private let store: FileStore
  private unowned let factory: FlowFileFactory
  private let options: CaptureFileOptions
  /// Spool of the packets that wait.
  let spool: Spool
  /// Captures of the open connections that are written.
  @exclusivity(unchecked) private var open: [UInt64: ConnectionCapture] = [:]
  /// Capture that was used last.
  @exclusivity(unchecked) private var last = LastCapture()
  /// Deferred packets of open connections that are not written, whose next connection may be.
  private var foreign: [UInt64: DeferredPackets] = [:]
  private let fragments: HeldFragments
  /// Number of datagrams that the engine has completed.
  @exclusivity(unchecked) private var datagrams: UInt64 = 0
  /// Whether some connections are not written.
  var mayPassOver = false

  // MARK: the current packet

  @exclusivity(unchecked) private var current: PacketReference?
  /// The same, for the captures.
  private let packet = PacketInProgress()
  /// Whether the packet may have several frames, each with a segment of another connection.
  @exclusivity(unchecked) private(set) var mayAggregate = false
  /// Connections that were shown a segment of the packet, if it came in layers or may aggregate.
  @exclusivity(unchecked) private var touched: [UInt64] = []
  /// Connections that the packet or its time completed.
  @exclusivity(unchecked) private var completed: [(connection: ConnectionStream, capture: ConnectionCapture, report: ConnectionReport)] = []
  @exclusivity(unchecked) private var completedForeign: [UInt64] = []
  /// The last of those; nil between packets.
  @exclusivity(unchecked) private var lastCompleted: Predecessor?
  /// Connections that began with a deferred SYN of another.
  @exclusivity(unchecked)
  private var heirs: [(capture: ConnectionCapture?, id: UInt64, predecessor: Predecessor, inheritance: Inheritance)] = []

  private enum Predecessor {
    case written(ConnectionCapture)
    case foreign(UInt64)
  }

  private static let spoolMemory = 8 << 20
  private static let spoolBlock = 4 << 10

  init(_ factory: FlowFileFactory, _ options: CaptureFileOptions) {
    self.factory = factory
    self.options = options
    let store = factory.store
    self.store = store
    spool = store.directory.makeSpool(memoryLimit: Self.spoolMemory, blockSize: Self.spoolBlock)
    fragments = HeldFragments(spool, timeout: options.fragmentTimeout)
  }

  // MARK: connections

  /// Creates the capture of a connection.
  func makeCapture(_ connection: ConnectionStream, _ opening: ConnectionOpening) -> ConnectionCapture {
    let values = nameValues(opening)
    let isHeir = isHeir(opening)
    let capture = ConnectionCapture(connection, values, number: store.reserveName(values), isHeir: isHeir, packet, store)
    open[opening.id] = capture
    if isHeir { addHeir(capture, opening) }
    return capture
  }

  /// Reserves the name of a connection that is not written, so that names do not depend on the choice of connections.
  func passOver(_ opening: ConnectionOpening) {
    _ = store.reserveName(nameValues(opening))
    if isHeir(opening) { addHeir(nil, opening) }
  }

  private func nameValues(_ opening: ConnectionOpening) -> NameValues {
    var values = NameValues(
      of: .originator, key: opening.key, vlan: opening.layers.isEmpty ? nil : SharedLayers(opening.layers).outermostVLAN,
      count: store.captureCount(for: opening.key), id: opening.id, time: opening.info.time, ethernet: opening.info.ethernet)
    values.isCapture = true
    return values
  }

  /// Whether a connection began with a packet before the current one: a SYN that came on the connection before.
  private func isHeir(_ opening: ConnectionOpening) -> Bool { current.map { $0 != PacketReference(opening.info) } ?? false }

  private func addHeir(_ capture: ConnectionCapture?, _ opening: ConnectionOpening) {
    guard let lastCompleted else { return }
    heirs.append((capture, opening.id, lastCompleted, Inheritance(first: PacketReference(opening.info))))
  }

  /// Notes that a connection was shown a segment.
  func observed(_ id: UInt64, _ info: CaptureInfo) {
    let packet = PacketReference(info)
    if packet == current {
      if !touched.contains(id) { touched.append(id) }
    } else if let index = heirs.firstIndex(where: { $0.id == id }) {
      heirs[index].inheritance.add(packet)
    }
  }

  /// Takes a completed connection, which is concluded once its packets are written.
  func complete(_ connection: ConnectionStream, _ capture: ConnectionCapture, _ report: ConnectionReport) {
    if current == nil { return conclude(connection, capture, report) }
    lastCompleted = .written(capture)
    completed.append((connection, capture, report))
  }

  /// Takes a completed connection that is not written.
  func completePassedOver(_ id: UInt64) {
    if current == nil { return removeForeign(id) }
    lastCompleted = .foreign(id)
    if !foreign.isEmpty { completedForeign.append(id) }
  }

  private func removeForeign(_ id: UInt64) { foreign.removeValue(forKey: id)?.lane.release() }

  private func conclude(_ connection: ConnectionStream, _ capture: ConnectionCapture, _ report: ConnectionReport) {
    capture.settle()
    if connection.isWanted { capture.finish() } else { capture.withdraw() }
    open[connection.id] = nil
    if last.id == connection.id { last = LastCapture() }
    factory.complete(connection, report)
  }

  // MARK: packets

  /// Begins a packet, before it is assembled.
  ///
  /// - Parameters:
  ///   - bytes: the captured bytes of the packet, which must stay where they are until the end of it.
  ///   - info: its capture information.
  ///   - linkType: its link type.
  ///   - interface: the interface that captured it.
  public func begin(_ bytes: Span<UInt8>, _ info: CaptureInfo, _ linkType: LinkType, interface: CaptureInterface) {
    let reference = PacketReference(info)
    current = reference
    mayAggregate = Self.wireless.contains(linkType.rawValue)
    // Fragments may be written before the packet that completes their datagram. What an aggregate repeats is compared before it is written.
    if store.retainsStreams, fragments.isEmpty, !mayAggregate { packet.begin(bytes, reference, interface) }
  }

  /// Link types of 802.11, whose frames may hold several others: bare, with the headers of Prism, radiotap and AVS, and PPI.
  private static let wireless: [Int32] = [105, 119, 127, 163, 192]

  /// Ends a packet: it goes to the captures of its connections.
  ///
  /// - Parameters:
  ///   - bytes: the captured bytes of the packet, with its frame check sequence.
  ///   - info: its capture information, as it was read.
  ///   - checkSequence: the length in bytes of the frame check sequence, which `info` leaves out; 0 if there is none.
  ///   - interface: the interface that captured it.
  ///   - disposition: what became of its segment; nil if it holds none.
  ///   - datagrams: the number of datagrams that the engine has completed.
  public func end(
    _ bytes: Span<UInt8>, _ info: CaptureInfo, checkSequence: Int, interface: CaptureInterface, as disposition: Disposition?,
    datagrams: UInt64
  ) {
    let packet = KeptPacket(info, checkSequence: checkSequence)
    if !heirs.isEmpty { settleHeirs() }
    distribute(packet, interface, bytes, info, disposition, completed: datagrams &- self.datagrams)
    self.datagrams = datagrams
    current = nil
    self.packet.end()
    if !touched.isEmpty { touched.removeAll(keepingCapacity: true) }
    if !completed.isEmpty { concludeCompleted() }
    if !completedForeign.isEmpty {
      completedForeign.forEach(removeForeign)
      completedForeign.removeAll()
    }
    lastCompleted = nil
  }

  private func concludeCompleted() {
    for (connection, capture, report) in completed { conclude(connection, capture, report) }
    completed.removeAll()
  }

  /// Gives the deferred packets of completed connections to them and to the next ones.
  private func settleHeirs() {
    for (capture, _, predecessor, inheritance) in heirs {
      switch predecessor {
      case .written(let old): old.settle(capture, inheritance)
      case .foreign(let id):
        guard let deferred = foreign.removeValue(forKey: id) else { continue }
        _ = deferred.settle(inheritance) { packet, interface, bytes, isInherited in
          if isInherited { capture?.write(packet, interface, bytes.span) }
        }
      }
    }
    heirs.removeAll()
  }

  private func distribute(
    _ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>, _ info: CaptureInfo, _ disposition: Disposition?,
    completed: UInt64
  ) {
    var owner: UInt64 = 0
    if let disposition {
      switch disposition.kind {
      case .fragment: return hold(packet, interface, bytes, info, completesDatagram: completed > 0)
      case .straggler, .stray: break
      default: owner = disposition.connection
      }
    }
    var mark: PacketLane.Mark?
    if disposition?.kind == .pendingSYN { mark = PacketLane.Mark(isPending: true, syn: number(bytes, interface.linkType, info)) }
    guard !touched.isEmpty || !fragments.isEmpty else {
      if owner != 0 { deliver(packet, interface, bytes, to: owner, mark) }
      return
    }
    if owner != 0, !touched.contains(owner) { touched.append(owner) }
    if !fragments.isEmpty { releaseFragments(packet, interface, bytes, info, mark, completed: completed) }
    for id in touched { deliver(packet, interface, bytes, to: id, id == owner ? mark : nil) }
  }

  /// Passes a packet to a connection; `mark` if it may belong to the next one.
  private func deliver(
    _ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>, to id: UInt64, _ mark: PacketLane.Mark?
  ) {
    if mark == nil, last.id == id { return last.take(packet, interface, bytes) }
    if let capture = open[id] {
      last = LastCapture(id, capture)
      if let mark { capture.take(pending: packet, interface, bytes, mark, spool) } else { capture.take(packet, interface, bytes) }
    } else if let mark, mayPassOver {
      // The next connection may be one of those that are written.
      let deferred = foreign[id] ?? DeferredPackets(spool)
      foreign[id] = deferred
      deferred.lane.append(packet, interface, bytes, mark)
    }
  }

  /// Number of the SYN in a packet; nil if the packet is a fragment.
  private func number(_ bytes: Span<UInt8>, _ linkType: LinkType, _ info: CaptureInfo) -> PendingNumber? {
    do throws(DecodeError) {
      return PendingNumber(
        try TCPSegment(
          decoding: bytes.extracting(first: info.capturedLength), linkType: linkType, originalLength: info.originalLength,
          decodeAs: options.decodeAs))
    } catch {
      return nil
    }
  }
}

// MARK: Fragments

extension ConnectionCaptures {
  /// Holds a packet with a fragment whose datagram is incomplete; a late copy of a fragment goes to the connection of the first one.
  private func hold(
    _ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>, _ info: CaptureInfo, completesDatagram: Bool
  ) {
    do throws(DecodeError) {
      let fragment = try self.fragment(bytes, interface.linkType, info)
      let key = HeldFragments.Key(fragment, packet, interface: info.interface, store.options.keyScopes)
      let hash = HeldFragments.hash(fragment)
      if let known = fragments.group(key, packet), let owners = known.owners {
        if known.seen.contains(hash) {
          for id in owners { deliver(packet, interface, bytes, to: id, nil) }
          return
        }
        fragments.remove(known)
      }
      let group = fragments.hold(packet, interface, bytes, number: info.interface, hash, in: key)
      if completesDatagram { nest(group) }
    } catch {}
  }

  /// Moves the packets of a complete datagram that holds a fragment to the datagram of that.
  private func nest(_ group: HeldFragments.Group) {
    guard let (key, hash) = fragments.innerKey(of: group, options.decodeAs, store.options.keyScopes) else { return }
    var inner: HeldFragments.Group?
    _ = group.lane.forEach { packet, interface, bytes, _ in
      inner = fragments.hold(packet, interface, bytes.span, number: group.interface, hash, in: key)
    }
    inner?.isNested = true
    fragments.remove(group)
  }

  /// Releases the packets of the datagram that a packet completed: they go to the connections of the packet, before it.
  ///
  /// - Parameters:
  ///   - packet: the packet.
  ///   - interface: its interface.
  ///   - bytes: its bytes.
  ///   - info: its capture information.
  ///   - mark: the mark of the packet if it may belong to the next connection.
  ///   - completed: the number of datagrams that it completed.
  private func releaseFragments(
    _ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>, _ info: CaptureInfo, _ mark: PacketLane.Mark?,
    completed: UInt64
  ) {
    do throws(DecodeError) {
      let fragment = try self.fragment(bytes, interface.linkType, info)
      let scopes = store.options.keyScopes
      let key = HeldFragments.Key(fragment, packet, interface: info.interface, scopes)
      guard let group = fragments.group(key, packet), group.owners == nil else { return }
      if completed > 1 {
        // It completed the fragment of an inner datagram, and with that the inner datagram.
        let copy = (0..<bytes.count).map { bytes[$0] }
        if let inner = fragments.innerKey(of: group, completedBy: (packet, interface, copy), options.decodeAs, scopes),
          let outer = fragments.group(inner.key, packet), outer.owners == nil
        {
          release(outer, mark)
        }
      }
      if group.seen.count < HeldFragments.mostSeen { group.seen.insert(HeldFragments.hash(fragment)) }
      release(group, mark)
    } catch {}
  }

  private func release(_ group: HeldFragments.Group, _ mark: PacketLane.Mark?) {
    let owners = touched
    if !owners.isEmpty {
      let mark = mark.map { _ in PacketLane.Mark(isPending: true, whole: current) }
      _ = group.lane.forEach { packet, interface, bytes, _ in
        for id in owners { deliver(packet, interface, bytes.span, to: id, mark) }
      }
    }
    fragments.close(group, owners: owners)
  }

  @_lifetime(copy bytes)
  private func fragment(_ bytes: Span<UInt8>, _ linkType: LinkType, _ info: CaptureInfo) throws(DecodeError) -> IPFragment {
    try IPFragment(
      decoding: bytes.extracting(first: info.capturedLength), linkType: linkType, originalLength: info.originalLength,
      decodeAs: options.decodeAs)
  }
}
