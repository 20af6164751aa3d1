public import Reassembly

/// Factory of streams that are listed, and written nowhere.
public final class ListFactory: StreamFactory {
  /// The list so far.
  public let list: ConnectionList
  private let memory = CopyMemory()
  let readers = ContentReaders()
  private let checksStates: Bool
  private let checksOptions: Bool
  private let observer: (any ConnectionObserver)?
  /// Number of ranges with two versions, in all completed connections.
  public private(set) var conflicts: UInt64 = 0

  /// Creates the factory of a run.
  ///
  /// - Parameters:
  ///   - list: receives the completed connections.
  ///   - checksStates: whether segments that the state of their connection does not allow are rejected.
  ///   - checksOptions: whether segments that contradict the options or the window of the peer are rejected.
  ///   - observer: an object that is notified of every completed connection; nil for none.
  public init(_ list: ConnectionList, checksStates: Bool, checksOptions: Bool, observer: (any ConnectionObserver)?) {
    self.list = list
    self.checksStates = checksStates
    self.checksOptions = checksOptions
    self.observer = observer
  }

  /// Returns the stream of a connection that is listed.
  public func makeStream(for opening: ConnectionOpening) -> any TCPStream {
    ListedStream(self, CopyCheck(memory, listed: 0), Strictness.checking(states: checksStates, options: checksOptions))
  }

  func complete(_ report: ConnectionReport, conflicts: UInt64, content: ListedContent) {
    self.conflicts &+= conflicts
    list.add(ListedConnection(report, conflicts: conflicts, content: content))
    observer?.completed(report, hasSeveralVLANs: false, conflicts: conflicts, files: [])
  }
}

/// Stream of a connection that is listed: it keeps what the line needs and no bytes but the last ones.
private final class ListedStream: TCPStream {
  private let factory: ListFactory
  private let copies: CopyCheck
  private let strictness: Strictness?
  /// Reader of the first bytes; nil before the first one.
  private var reader: ContentReader?

  init(_ factory: ListFactory, _ copies: CopyCheck, _ strictness: Strictness?) {
    self.factory = factory
    self.copies = copies
    self.strictness = strictness
  }

  var segmentFilter: (any SegmentFilter)? { strictness }

  /// Reader of the first bytes, if there is still something to be read.
  private func openReader() -> ContentReader? {
    let reader = reader ?? factory.readers.make()
    self.reader = reader
    return reader.isOver ? nil : reader
  }

  func gap(_ gap: Gap, from side: Side) {
    guard let reader = openReader() else { return }
    reader.gap(gap, from: side)
    factory.readers.used(reader)
  }

  func reassembled(_ data: inout ReassembledData) {
    if data.count > data.keptCount { copies.delivered(data) }
    guard let reader = openReader() else { return }
    reader.reassembled(data)
    factory.readers.used(reader)
  }

  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    copies.repeated(bytes, at: offset, stamp: stamp, from: side)
  }

  func conflict(_ conflict: Conflict, from side: Side) { copies.conflict(conflict, from: side) }

  /// The assembler keeps addresses and ports, as it does in a run that writes files.
  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    if let reader {
      reader.complete(report)
      factory.readers.used(reader)
    }
    factory.complete(report, conflicts: copies.count, content: reader?.content ?? ListedContent())
    return false
  }
}
