internal import Packets
internal import Paths

/// One input of a run: it is opened when it is due, and has current packets while it is open.
final class CaptureInput {
  @exclusivity(unchecked) private(set) var summary: InputSummary
  let number: UInt32
  private let context: ReadingContext
  @exclusivity(unchecked) private var source: (any PacketSource)?
  /// Streams beneath `source` while the input is open.
  private var bytes: (system: SystemInput, stream: ByteStream)?
  /// Input that is decompressed ahead; nil if it is not.
  private var ahead: ReadAheadInput?
  private var isOver = false
  @exclusivity(unchecked) private var batch: PacketBatch
  /// Time of the first packet, once that was read.
  private var firstTime = Timestamp(nanoseconds: .min)

  private static let bufferSize = 64 << 10
  /// Size in bytes of the buffer if many inputs are open at once.
  private static let smallBufferSize = 8 << 10

  init(path: FilePath, number: UInt32, _ context: ReadingContext) {
    summary = InputSummary(path: path)
    self.number = number
    batch = PacketBatch(input: number)
    self.context = context
  }

  /// Opens the input and reads its header.
  ///
  /// - Returns: whether the input can be closed and opened again without loss.
  /// - Throws: `CaptureError` if the input cannot be opened.
  @discardableResult
  func open() throws(CaptureError) -> Bool {
    do throws(CaptureError) {
      let input = try SystemInput(path: summary.path, budget: context.descriptors, isOver: context.isOver)
      summary.fileSize = input.size
      let outer = try ByteStream(input, capacity: input.isHeld ? Self.bufferSize : Self.smallBufferSize)
      let recognised = try CaptureFormat.recognise(outer, path: summary.path, compression: &summary.compression) { decompressed in
        // A read that waits could not be interrupted by a signal. The held descriptors bound the number of threads.
        guard input.canBeReopened, input.isHeld, context.isOver == nil else { return decompressed }
        let reader = ReadAheadInput(decompressed) { Int64(input.offset) &- Int64(outer.available) }
        ahead = reader
        return reader
      }
      lookForSecrets(input, recognised.format)
      let source: any PacketSource =
        switch recognised.format.container {
        case .pcapng:
          try PcapngReader(
            recognised.stream, recognised.format, context.links, path: summary.path, onSecrets: secretsHandler(), described: described)
        case .erf: try ERFReader(recognised.stream, context.links, path: summary.path, described: described)
        case .pcap, .pcapNanosecond, .pcapModified:
          try PcapReader(recognised.stream, recognised.format, context.links, path: summary.path, described: described)
        }
      self.source = source
      bytes = (input, outer)
      batch.open(capacity: input.isHeld ? PacketBatch.mostPackets : PacketBatch.fewPackets)
      summary.format = recognised.format
      note(source)
      return input.canBeReopened
    } catch {
      isOver = true
      let error = CaptureError(headerReason(of: error), path: error.path, errno: error.errno, detail: error.detail)
      summary.error = error
      throw error
    }
  }

  /// Returns the reason of an error that occurs before a packet can have been read.
  private func headerReason(of error: CaptureError) -> CaptureError.Reason {
    switch (error.reason, summary.compression) {
    case (.truncated, _): .cutHeader
    case (.damaged, let compression?): .undecodable(compression)
    default: error.reason
    }
  }

  /// Reads the first packet to learn its time.
  func lookAtFirstPacket() {
    if refill() { firstTime = batch.current.pointee.info.time }
  }

  /// Time of the current packet, or of the first one while the input is closed.
  var time: Timestamp { batch.isEmpty ? firstTime : batch.current.pointee.info.time }

  /// Whether it is a file of blocks that can be read a second time: a pcapng without compression.
  private(set) var hasBlocksAtHand = false

  /// Whether a key log may stand in what was not read yet, or was not looked through.
  var mayHoldSecrets: Bool { summary.format?.container == .pcapng && (!hasBlocksAtHand || context.isOver != nil) }

  /// Table for the interfaces of the input; nil if nobody wants them.
  private var described: InputInterfaces? { context.interfaces.map { InputInterfaces(table: $0, input: number) } }

  /// Number of key logs that were found when the input was opened for the first time.
  private var keyLogsFound = 0

  /// Reads the key logs of a file of blocks when it is opened for the first time.
  private func lookForSecrets(_ input: SystemInput, _ format: CaptureFormat) {
    guard !hasBlocksAtHand, input.canBeReopened, format.container == .pcapng, summary.compression == nil else { return }
    hasBlocksAtHand = true
    guard let onSecrets = context.onSecrets else { return }
    SecretsBlock.forEach(in: summary.path) { log in
      keyLogsFound += 1
      onSecrets(log)
    }
  }

  /// Returns the handler of key logs that are read with the packets: it ignores those that were found before.
  private func secretsHandler() -> (([UInt8]) -> Void)? {
    guard let onSecrets = context.onSecrets else { return nil }
    var known = keyLogsFound
    return { log in
      if known > 0 {
        known -= 1
      } else {
        onSecrets(log)
      }
    }
  }

  /// Closes the input, keeping only the time of its first packet; `prepare` opens it again.
  func close() {
    source = nil
    bytes = nil
    ahead = nil
    batch.close()
  }

  /// Excludes the input: no packet of it is used.
  func exclude() {
    close()
    isOver = true
  }

  /// Opens the input if it is due, and returns whether it has a current packet.
  func prepare() -> Bool {
    if !batch.isEmpty { return true }
    if isOver { return false }
    if source == nil {
      do throws(CaptureError) { try open() } catch { return false }
    }
    return refill()
  }

  /// Advances to the next packet.
  ///
  /// - Returns: false at the end, and if the input cannot be read on.
  @inline(__always)
  func advance() -> Bool { batch.advance() || refill() }

  private func refill() -> Bool {
    guard let source else { return false }
    batch.removeAll()
    do throws(CaptureError) {
      try source.fill(&batch)
      if !batch.isEmpty { return true }
    } catch {
      // Following a growing file ends at an arbitrary place, so half a packet is no error there.
      let isEndOfFollowing = error.reason == .truncated && context.isOver?() == true
      if !isEndOfFollowing { summary.error = error }
    }
    note(source)
    exclude()
    return false
  }

  /// Number of bytes of the file that were used so far, all of them once it is finished.
  var bytesUsed: Int64 {
    if isOver { return summary.fileSize ?? 0 }
    if let ahead { return ahead.bytesUsed }
    return bytes.map { Int64($0.system.offset) &- Int64($0.stream.available) } ?? 0
  }

  /// Whether a signal ended the reading of the input.
  var wasInterrupted: Bool { summary.error?.reason == .interrupted }

  /// Returns the current packet, which counts as read from now on.
  ///
  /// The pointer is valid until the input advances.
  ///
  /// - Returns: the packet.
  /// - Precondition: there is a current packet.
  @inline(__always)
  func take() -> UnsafePointer<PacketRecord> {
    let packet = batch.current
    if summary.packets == 0 { summary.first = packet.pointee.info.time }
    summary.packets = packet.pointee.info.packetNumber
    summary.last = packet.pointee.info.time
    return packet
  }

  /// Number of packets behind the current one.
  var following: Int { batch.following }

  /// Counts a packet of the current batch, and those before it, as read.
  func take(upTo packet: UnsafePointer<PacketRecord>) {
    batch.move(to: packet)
    _ = take()
  }

  /// Facts about the input, as far as it was read.
  var currentSummary: InputSummary {
    if let source { note(source) }
    return summary
  }

  private func note(_ source: any PacketSource) {
    summary.linkTypes = source.linkTypes
    summary.snapshotLength = source.snapshotLength
    summary.drops = source.drops
    summary.damage = source.damage
    // A file that is followed may have grown since it was opened.
    if context.isOver != nil, let bytes { summary.fileSize = Int64(bytes.system.offset) }
  }
}

/// State that the inputs of a run share.
struct ReadingContext {
  var links: LinkTable
  var descriptors = DescriptorBudget()
  /// If given, the inputs may still grow until this returns true.
  var isOver: (() -> Bool)?
  /// Takes the key logs that captures hold.
  var onSecrets: (([UInt8]) -> Void)?
  /// Takes the interfaces that captures describe.
  var interfaces: CaptureInterfaces?
}
