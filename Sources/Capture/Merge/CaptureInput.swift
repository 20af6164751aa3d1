internal import Packets
internal import Paths

/// One input of a run: opened when it is due, with packets at hand while it is open.
final class CaptureInput {
  @exclusivity(unchecked) private(set) var summary: InputSummary
  let number: UInt32
  private let context: ReadingContext
  @exclusivity(unchecked) private var source: (any PacketSource)?
  /// What `source` stands on, while it is open.
  private var bytes: (system: SystemInput, stream: ByteStream)?
  private var isOver = false
  @exclusivity(unchecked) private var batch: PacketBatch
  /// Of the first packet, once it was looked at.
  private var firstTime = Timestamp(nanoseconds: .min)

  private static let bufferSize = 64 << 10
  /// Where many inputs are open at once.
  private static let smallBufferSize = 8 << 10

  init(path: FilePath, number: UInt32, _ context: ReadingContext) {
    summary = InputSummary(path: path)
    self.number = number
    batch = PacketBatch(input: number)
    self.context = context
  }

  /// Opens the input and reads its header.
  ///
  /// - Returns: whether it can be closed and opened again without loss.
  @discardableResult
  func open() throws(CaptureError) -> Bool {
    do throws(CaptureError) {
      let input = try SystemInput(path: summary.path, budget: context.descriptors, isOver: context.isOver)
      summary.fileSize = input.size
      let outer = try ByteStream(input, capacity: input.isHeld ? Self.bufferSize : Self.smallBufferSize)
      let recognised = try CaptureFormat.recognise(outer, path: summary.path, compression: &summary.compression)
      let source: any PacketSource =
        switch recognised.format.container {
        case .pcapng:
          try PcapngReader(recognised.stream, recognised.format, context.links, path: summary.path, onSecrets: context.onSecrets)
        case .erf: try ERFReader(recognised.stream, context.links, path: summary.path)
        case .pcap, .pcapNanosecond, .pcapModified:
          try PcapReader(recognised.stream, recognised.format, context.links, path: summary.path)
        }
      self.source = source
      bytes = (input, outer)
      batch.open(capacity: input.isHeld ? PacketBatch.mostPackets : PacketBatch.fewPackets)
      summary.format = recognised.format
      hasBlocksAtHand = input.canBeReopened && recognised.format.container == .pcapng && summary.compression == nil
      note(source)
      return input.canBeReopened
    } catch {
      isOver = true
      let error = CaptureError(headerReason(of: error), path: error.path, errno: error.errno, detail: error.detail)
      summary.error = error
      throw error
    }
  }

  /// What an error means before a packet can have been read.
  private func headerReason(of error: CaptureError) -> CaptureError.Reason {
    switch (error.reason, summary.compression) {
    case (.truncated, _): .cutHeader
    case (.damaged, let compression?): .undecodable(compression)
    default: error.reason
    }
  }

  /// Reads the first packet, to know its time.
  func lookAtFirstPacket() {
    if refill() { firstTime = batch.current.pointee.info.time }
  }

  /// Of the packet at hand, or of the first one while the input is closed.
  var time: Timestamp { batch.isEmpty ? firstTime : batch.current.pointee.info.time }

  /// Whether it is a file of blocks that can be read a second time: a pcapng without compression.
  private(set) var hasBlocksAtHand = false

  /// Whether a key log may stand in what was not read yet, or was not looked through.
  var mayHoldSecrets: Bool { summary.format?.container == .pcapng && (!hasBlocksAtHand || context.isOver != nil) }

  /// Lets go of everything but the time of the first packet; `prepare` comes back to it.
  func close() {
    source = nil
    bytes = nil
    batch.close()
  }

  /// Nothing of it is wanted.
  func exclude() {
    close()
    isOver = true
  }

  /// Whether a packet is at hand; opens the input where it is due.
  func prepare() -> Bool {
    if !batch.isEmpty { return true }
    if isOver { return false }
    if source == nil {
      do throws(CaptureError) { try open() } catch { return false }
    }
    return refill()
  }

  /// Goes to the next packet; `false` at the end, and where the input cannot be read on.
  @inline(__always)
  func advance() -> Bool { batch.advance() || refill() }

  private func refill() -> Bool {
    guard let source else { return false }
    batch.removeAll()
    do throws(CaptureError) {
      try source.fill(&batch)
      if !batch.isEmpty { return true }
    } catch {
      // Who follows a growing file ends somewhere, and half a packet is no error there.
      let isEndOfFollowing = error.reason == .truncated && context.isOver?() == true
      if !isEndOfFollowing { summary.error = error }
    }
    note(source)
    exclude()
    return false
  }

  /// Bytes of the file that were used so far, all of them once it is over.
  var bytesUsed: Int64 {
    if isOver { return summary.fileSize ?? 0 }
    return bytes.map { Int64($0.system.offset) &- Int64($0.stream.available) } ?? 0
  }

  /// A signal ended its reading.
  var wasInterrupted: Bool { summary.error?.reason == .interrupted }

  /// The packet at hand, which counts from now on as read.
  ///
  /// Valid until the input goes on.
  /// - Precondition: there is one.
  @inline(__always)
  func take() -> UnsafePointer<PacketRecord> {
    let packet = batch.current
    if summary.packets == 0 { summary.first = packet.pointee.info.time }
    summary.packets = packet.pointee.info.packetNumber
    summary.last = packet.pointee.info.time
    return packet
  }

  /// Packets at hand behind this one.
  var following: Int { batch.following }

  /// A packet of the same batch, and those before it, were read without asking.
  func take(upTo packet: UnsafePointer<PacketRecord>) {
    batch.move(to: packet)
    _ = take()
  }

  /// What the input says of itself, up to now.
  var currentSummary: InputSummary {
    if let source { note(source) }
    return summary
  }

  private func note(_ source: any PacketSource) {
    summary.linkTypes = source.linkTypes
    summary.snapshotLength = source.snapshotLength
    summary.drops = source.drops
    summary.damage = source.damage
    // A file that was followed has grown since it was opened.
    if context.isOver != nil, let bytes { summary.fileSize = Int64(bytes.system.offset) }
  }
}

/// What the inputs of a run share.
struct ReadingContext {
  var links: LinkTable
  var descriptors = DescriptorBudget()
  /// Given, the inputs may still grow, until it answers `true`.
  var isOver: (() -> Bool)?
  /// Takes the key logs that captures hold.
  var onSecrets: (([UInt8]) -> Void)?
}
