internal import Packets
public import Paths

/// The captures of a run, merged by packet time into one sequence.
///
/// The current packets of each open input are kept. An input that is out of order keeps its own order, and inputs with equal times are
/// ordered by their number. If there are many inputs, each is opened for the time of its first packet, closed, and opened again when it is
/// due.
public struct CaptureSet: ~Copyable {
  private let inputs: [CaptureInput]
  private let links: LinkTable
  private var heap = MergeHeap()
  private var current: CaptureInput?
  /// Packet that was returned last; `following` is the number of packets behind it in its batch.
  ///
  /// Those are returned by incrementing. `following` is 0 while another input is open.
  @usableFromInline var record: UnsafePointer<PacketRecord>?
  @usableFromInline var following = 0
  /// Number of files in folders that are no captures.
  public let filesPassedOver: Int

  /// Number of inputs above which they are not kept open before they are due.
  private static let mostHeldOpen = 8

  /// Opens captures: files, folders of them, `-` for standard input, `tcp://host:port`.
  ///
  /// A folder stands for the captures among its regular files, by name. An input that cannot be opened has its error in `summary(_:)` and
  /// counts as an input without packets.
  ///
  /// - Parameters:
  ///   - paths: what to read, in any order.
  ///   - filter: compiled for each link type that occurs.
  ///   - isOver: given, the inputs may still grow, until it answers `true`.
  ///   - interfaces: the table that takes the interfaces of the inputs; nil if nobody wants them.
  ///   - onSecrets: called once with each key log of TLS in a pcapng, at the latest when the packets behind it are read. Those of files that
  ///     are not compressed are read at once, so that secrets behind the packets are known before them.
  /// - Throws: `CaptureError` for a filter that does not compile, a folder without captures, and an interruption.
  public init(
    paths: [FilePath], filter: String? = nil, isOver: (() -> Bool)? = nil, interfaces: CaptureInterfaces? = nil,
    onSecrets: (([UInt8]) -> Void)? = nil
  ) throws(CaptureError) {
    let context = ReadingContext(links: LinkTable(filter: filter), isOver: isOver, onSecrets: onSecrets, interfaces: interfaces)
    let candidates = try InputList(paths)
    let isMerge = candidates.entries.count > 1
    let holdsOpen = candidates.entries.count <= Self.mostHeldOpen
    var inputs: [CaptureInput] = []
    var passedOver = 0
    for entry in candidates.entries {
      let input = CaptureInput(path: entry.path, number: UInt32(inputs.count), context)
      do throws(CaptureError) {
        let canBeReopened = try input.open()
        if isMerge {
          input.lookAtFirstPacket()
          if canBeReopened && !holdsOpen { input.close() }
        }
      } catch {
        switch error.reason {
        case .filter, .interrupted: throw error
        case .notACapture where entry.isFound, .empty where entry.isFound:
          passedOver += 1
          continue
        default: break
        }
      }
      inputs.append(input)
    }
    if inputs.isEmpty { throw CaptureError(.noCaptures, path: paths.first ?? "") }
    for input in inputs { heap.insert(MergeHeap.Entry(time: input.time.nanoseconds, input: input.number)) }
    self.inputs = inputs
    links = context.links
    filesPassedOver = passedOver
  }

  /// Opens captures whose paths are UTF-8.
  ///
  /// - Parameters:
  ///   - paths: the paths and addresses, in any order.
  ///   - filter: a libpcap filter, which is compiled for each link type that occurs; nil to read every packet.
  /// - Throws: `CaptureError` if the filter does not compile, a folder contains no captures, or a signal interrupts.
  public init(paths: [String], filter: String? = nil) throws(CaptureError) {
    try self.init(paths: paths.map { FilePath($0) }, filter: filter)
  }

  /// Whether a key log may come with what is still to be read: from a pcapng that grows, is compressed, or comes through a pipe.
  public var mayHoldSecrets: Bool { inputs.contains { $0.mayHoldSecrets } }

  /// Number of inputs.
  public var count: Int { inputs.count }

  /// Number of packets so far that the filter rejects and that it accepts behind their VLAN tag: `vlan and (FILTER)` passes them.
  public var packetsBehindTags: UInt64 { links.packetsBehindTags }

  /// Returns the facts about an input, as far as it was read.
  ///
  /// - Parameter index: the index of the input.
  /// - Returns: the facts.
  public func summary(_ index: Int) -> InputSummary {
    if let current, current === inputs[index] { noteGiven() }
    return inputs[index].currentSummary
  }

  /// Share of all bytes on disk that was used, from 0 to 1; nil if an input has no size.
  ///
  /// O(number of inputs).
  public var shareRead: Double? {
    var (used, size): (Int64, Int64) = (0, 0)
    for input in inputs {
      guard let fileSize = input.summary.fileSize else { return nil }
      used &+= min(fileSize, input.bytesUsed)
      size &+= fileSize
    }
    return size == 0 ? nil : Double(used) / Double(size)
  }

  /// Excludes an input from now on.
  public mutating func exclude(_ index: Int) {
    if let current, current === inputs[index] { letGo() }
    inputs[index].exclude()
  }

  /// Returns the next packet by time.
  ///
  /// O(log of the open inputs). If an input cannot be read on, the others continue, and `summary(_:)` has the error.
  ///
  /// - Returns: a view of the packet, valid until the next call; nil at the end of all inputs, and if a signal interrupted reading.
  @_lifetime(&self)
  @inlinable
  public mutating func next() -> CapturedPacket? {
    guard let record = nextRecord() else { return nil }
    // Sound: the input keeps the bytes and their description until it advances, which only `next` and `exclude` do, and the result borrows
    // `self`.
    return _overrideLifetime(CapturedPacket(record), mutating: &self)
  }

  /// Returns the next packets of one input, as many as its buffer holds.
  ///
  /// O(log of the open inputs). While several inputs are open, a batch has one packet.
  ///
  /// - Parameter most: the greatest number of packets to return, at least 1; ``summary(_:)`` counts those returned.
  /// - Returns: a view of the packets, valid until the next call; nil if ``next()`` has no packet.
  @_lifetime(&self)
  @inlinable
  public mutating func nextBatch(atMost most: Int = .max) -> CapturedBatch? {
    guard let first = nextRecord() else { return nil }
    let others = min(following, max(0, most - 1))
    following &-= others
    record = first + others
    // Sound: as in `next`; `following` packets lie behind the first in the same batch.
    return _overrideLifetime(CapturedBatch(first, count: 1 + others), mutating: &self)
  }

  @inlinable @inline(__always)
  mutating func nextRecord() -> UnsafePointer<PacketRecord>? {
    guard following > 0, let last = record else { return chooseRecord() }
    following &-= 1
    record = last + 1
    return record
  }

  @usableFromInline
  mutating func chooseRecord() -> UnsafePointer<PacketRecord>? {
    letGo()
    guard moveOn(), let current else { return nil }
    let packet = current.take()
    record = packet
    if heap.top == nil { following = current.following }
    return packet
  }

  /// Reports to the current input which of its packets was returned last.
  private func noteGiven() {
    if let record { current?.take(upTo: record) }
  }

  private mutating func letGo() {
    noteGiven()
    record = nil
    following = 0
  }

  /// Makes the input with the earliest current packet the current one.
  ///
  /// - Returns: false if there is none.
  @inline(__always)
  private mutating func moveOn() -> Bool {
    let hasPacket = current?.advance() ?? false
    if hasPacket && heap.top == nil { return true }
    return choose(hasPacket)
  }

  private mutating func choose(_ currentHasPacket: Bool) -> Bool {
    var candidate = current
    var hasPacket = currentHasPacket
    while true {
      if let candidate, hasPacket {
        let entry = MergeHeap.Entry(time: candidate.time.nanoseconds, input: candidate.number)
        guard let top = heap.top, top < entry else {
          current = candidate
          return true
        }
        _ = heap.replaceTop(with: entry)
        self.current = inputs[Int(top.input)]
      } else {
        if let candidate, candidate.wasInterrupted { return false }
        guard let top = heap.removeTop() else {
          current = nil
          return false
        }
        self.current = inputs[Int(top.input)]
      }
      candidate = current
      hasPacket = candidate?.prepare() ?? false
    }
  }
}
