internal import Glibc
internal import Packets
public import Reassembly

/// Factory that makes the streams of selected connections with one factory and those of the others with another.
///
/// All connections are reassembled, so that numbers do not depend on the selection.
public final class ConnectionSelection: StreamFactory {
  private let selected: any StreamFactory
  private let others: any StreamFactory
  private let patterns: [ConnectionPattern]
  /// Whether each pattern matched a connection.
  private var hasMatched: [Bool]
  // Places in `patterns`: single numbers, ends and Community IDs are looked up, ranges are gone through.
  private var ids: [UInt64: Int] = [:]
  private var ranges: [(ids: ClosedRange<UInt64>, place: Int)] = []
  private var ends: [Endpoint: Int] = [:]
  private var communities: [[UInt8]: Int] = [:]
  private var communityID: CommunityID
  /// Number of connections that were selected.
  public private(set) var selectedCount: UInt64 = 0
  /// Number of connections that were not.
  public private(set) var passedOver: UInt64 = 0

  /// Creates the selection of a run.
  ///
  /// - Parameters:
  ///   - patterns: descriptions of the selected connections; one must match.
  ///   - selected: the factory for selected connections.
  ///   - others: the factory for the others.
  /// - Throws: `OutputError` if libcrypto has no SHA-1.
  public init(_ patterns: [ConnectionPattern], selected: any StreamFactory, others: any StreamFactory) throws(OutputError) {
    communityID = try CommunityID()
    self.selected = selected
    self.others = others
    var known: Set<ConnectionPattern> = []
    self.patterns = patterns.filter { known.insert($0).inserted }
    hasMatched = self.patterns.map { _ in false }
    for (place, pattern) in self.patterns.enumerated() {
      switch pattern {
      case .ids(let range): if range.count == 1 { ids[range.lowerBound] = place } else { ranges.append((range, place)) }
      case .end(let end): ends[end] = place
      case .communityID(let text): communities[Array(text.utf8)] = place
      }
    }
  }

  /// Patterns that no connection matched.
  public var unmatched: [ConnectionPattern] { zip(patterns, hasMatched).filter { !$0.1 }.map(\.0) }

  /// Returns the stream of a connection, from the factory that it is for.
  public func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    guard selects(opening) else {
      passedOver &+= 1
      return others.makeStream(for: opening)
    }
    selectedCount &+= 1
    return selected.makeStream(for: opening)
  }

  private func selects(_ opening: ConnectionOpening) -> Bool {
    var isSelected = false
    func match(_ place: Int?) {
      guard let place else { return }
      hasMatched[place] = true
      isSelected = true
    }
    match(ids[opening.id])
    for range in ranges where range.ids.contains(opening.id) { match(range.place) }
    if !ends.isEmpty {
      match(ends[opening.key.sourceEndpoint])
      match(ends[opening.key.destinationEndpoint])
    }
    if !communities.isEmpty {
      var text: [UInt8] = []
      communityID.append(opening.key, to: &text)
      match(communities[text])
    }
    return isSelected
  }
}

/// Factory of streams that nothing is written of.
public final class PassedOverFactory: StreamFactory {
  private let files: FlowFileFactory?
  private let checksStates: Bool
  private let checksOptions: Bool

  /// Creates the factory of a run.
  ///
  /// - Parameters:
  ///   - files: the factory of the selected connections that are written to files: it names files as if the others were written too; nil
  ///     without files.
  ///   - checksStates: whether segments that the state of their connection does not allow are rejected.
  ///   - checksOptions: whether segments that contradict the options or the window of the peer are rejected.
  public init(files: FlowFileFactory?, checksStates: Bool, checksOptions: Bool) {
    self.files = files
    files?.captures?.mayPassOver = true
    self.checksStates = checksStates
    self.checksOptions = checksOptions
  }

  /// Returns a stream that nothing is written of.
  public func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    let strictness = Strictness.checking(states: checksStates, options: checksOptions)
    files?.captures?.passOver(opening)
    return PassedOverStream(strictness, names: files.flatMap { PassedOverNames(opening, $0) }, captures: files?.captures)
  }
}

/// Names that a connection would give to its files, which later files must not get.
private struct PassedOverNames {
  private let store: FileStore
  private let key: FlowKey
  private let id: UInt64
  private let start: Timestamp
  private let vlan: UInt32?
  private let ethernet: EthernetAddresses?
  private var count: UInt32?
  private var isNamed = [false, false]

  /// Returns nil if no later name depends on those of the connection.
  init?(_ opening: ConnectionOpening, _ files: FlowFileFactory) {
    store = files.store
    guard store.mayNamesBeEqual else { return nil }
    key = opening.key
    id = opening.id
    start = opening.info.time
    vlan = opening.layers.isEmpty ? nil : SharedLayers(opening.layers).outermostVLAN
    ethernet = opening.info.ethernet
  }

  /// Takes the name that a direction gets with its first byte.
  mutating func take(_ side: Side) {
    guard !isNamed[Int(side.rawValue)] else { return }
    isNamed[Int(side.rawValue)] = true
    let earlier = count ?? store.connectionCount(for: key)
    count = earlier
    _ = store.reserveName(NameValues(of: side, key: key, vlan: vlan, count: earlier, id: id, time: start, ethernet: ethernet))
  }

  /// Takes the names of directions without a byte, which have files too if empty ones are written.
  mutating func complete() {
    guard store.options.writesEmpty else { return }
    for side in Side.allCases { take(side) }
  }
}

/// Stream of a connection that nothing is written of.
private final class PassedOverStream: TCPStream {
  private let strictness: Strictness?
  private var names: PassedOverNames?
  private let captures: ConnectionCaptures?

  init(_ strictness: Strictness?, names: PassedOverNames?, captures: ConnectionCaptures?) {
    self.strictness = strictness
    self.names = names
    self.captures = captures
  }

  /// The filter of a run that writes everything: what it rejects decides on the numbers of later connections.
  var segmentFilter: (any SegmentFilter)? { strictness }

  func reassembled(_ data: inout ReassembledData) { if data.count > data.keptCount { names?.take(data.side) } }

  /// Nothing is written that a copy could contradict, so nothing is left unchecked.
  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison { .compared }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    names?.complete()
    captures?.completePassedOver(report.id)
    return false
  }
}
