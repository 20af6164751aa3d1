internal import Packets
internal import Reassembly
internal import TLS

/// File of a capture, borrowed for each packet like a ``FileReference``.
private struct CaptureFile: ~Copyable {
  /// The file; nil while it rests.
  var file: FlowFile?

  /// Writes a packet to the buffer of the file, and returns false if it has none with that much room.
  @inline(never)
  borrowing func append(_ block: PacketBlock, _ bytes: Span<UInt8>) -> Bool {
    file?.appendInPlace(block.length) { block.write(bytes, to: &$0) } ?? false
  }
}

/// Capture of one connection: its packets, as they were captured, in a file of its own.
final class ConnectionCapture {
  private unowned let connection: ConnectionStream
  private let store: FileStore
  /// Values of the tokens in its name.
  let nameValues: NameValues
  @exclusivity(unchecked) private var current = CaptureFile()
  private var resting = RestingFile.none
  /// Interfaces of its packets, in the order of their descriptions in the file.
  @exclusivity(unchecked) private var interfaces: [CaptureInterface] = []
  /// Interface of the last packet, and its identity: comparing that counts no reference.
  @exclusivity(unchecked) private var lastInterface: (block: PacketBlock.Interface, identity: ObjectIdentifier)?
  /// Secrets of TLS of the connection; nil if TLS is not read.
  private let secrets: RecordedSecrets?
  /// Packets from a SYN on that may begin the next connection; nil while there is none.
  private(set) var deferred: DeferredPackets?
  /// Whether the connection began with a SYN that came on the one before.
  let isHeir: Bool
  /// Packet in progress.
  private let packet: PacketInProgress
  /// Packet whose bytes were given places in the file before it was written, and the place of its block; nil if there is none.
  @exclusivity(unchecked) private var promised: (packet: PacketReference, place: Int64)?
  /// Whether every such packet was written where it was to be.
  private var keptPromises = true
  /// Number of packets of the connection that are not in the file.
  private(set) var missing: UInt64 = 0

  /// Creates the capture of a connection.
  ///
  /// - Parameters:
  ///   - connection: the stream of the connection.
  ///   - values: the values of the tokens in its name.
  ///   - number: its number among equal names.
  ///   - isHeir: whether the connection began with a SYN that came on the one before.
  ///   - packet: the packet in progress, of whichever connection.
  ///   - store: the store of the files.
  init(_ connection: ConnectionStream, _ values: NameValues, number: UInt32, isHeir: Bool, _ packet: PacketInProgress, _ store: FileStore) {
    self.connection = connection
    self.packet = packet
    self.store = store
    self.isHeir = isHeir
    secrets = connection.stages?.tls?.secrets
    nameValues = values
    let file = FlowFile(conversation: connection, side: .originator, store: store, isCapture: true)
    file.nameNumber = number
    current.file = file
  }

  private func activeFile() -> FlowFile {
    if let file = current.file { return file }
    let woken = resting.woken(conversation: connection, side: .originator, store: store, isCapture: true)
    resting = .none
    current.file = woken
    return woken
  }

  /// Replaces the file by the state that is needed to continue it, if that state is small.
  func rest(_ file: FlowFile) {
    guard file === current.file, let state = RestingFile(file) else { return }
    current.file = nil
    resting = state
  }

  /// Number of the last job of a writer for the file.
  var lastJob: UInt64 { current.file?.lastJob ?? 0 }

  /// Whether the file lacks packets.
  var isIncomplete: Bool { missing > 0 || current.file?.failure != nil }

  /// Path below the output directory; nil if there is no file.
  var path: [UInt8]? {
    let file = activeFile()
    return file.isCreated ? file.path : nil
  }
}

// MARK: Packets

extension ConnectionCapture {
  /// Takes a packet of the connection.
  func take(_ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>) {
    if let deferred {
      deferred.lane.append(packet, interface, bytes)
    } else {
      write(packet, interface, bytes)
    }
  }

  /// Takes a SYN that may begin the next connection, or the answer to it: this packet and those behind it wait.
  func take(
    pending packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>, _ mark: PacketLane.Mark, _ spool: Spool
  ) {
    let deferred = deferred ?? DeferredPackets(spool)
    self.deferred = deferred
    deferred.lane.append(packet, interface, bytes, mark)
  }

  /// Writes the packets that wait, but for those that the next connection has.
  ///
  /// - Parameters:
  ///   - heir: the capture of the next connection; nil if no packet belongs to it, or it has none.
  ///   - inheritance: the packets of the next connection; nil if there are none.
  func settle(_ heir: ConnectionCapture? = nil, _ inheritance: Inheritance? = nil) {
    guard let deferred else { return }
    self.deferred = nil
    missing &+= deferred.settle(inheritance) { packet, interface, bytes, isInherited in
      if isInherited { heir?.write(packet, interface, bytes.span) } else { self.write(packet, interface, bytes.span) }
    }
  }

  /// Writes a packet.
  func write(_ packet: KeptPacket, _ interface: CaptureInterface, _ bytes: Span<UInt8>) {
    if promised != nil { settlePromise(packet) }
    // Most packets fit into the buffer as they are.
    if let lastInterface, lastInterface.identity == ObjectIdentifier(interface), secrets?.hasLines != true,
      current.append(PacketBlock(packet, captured: bytes.count, lastInterface.block), bytes)
    {
      return
    }
    let file = activeFile()
    guard file.failure == nil else {
      missing &+= 1
      return
    }
    if let secrets, secrets.hasLines { write(secrets, to: file) }
    begin(file)
    let block = PacketBlock(packet, captured: bytes.count, described(interface, in: file))
    store.block.removeAll(keepingCapacity: true)
    store.block.append(addingCapacity: block.length) { block.write(bytes, to: &$0) }
    file.append(store.block)
    if file.failure != nil { missing &+= 1 }
  }

  /// Returns what the file says of an interface, whose description it gets with the first packet of it.
  private func described(_ interface: CaptureInterface, in file: FlowFile) -> PacketBlock.Interface {
    if let lastInterface, lastInterface.identity == ObjectIdentifier(interface) { return lastInterface.block }
    let known = interfaces.firstIndex(of: interface)
    let number = known ?? interfaces.count
    if known == nil {
      interfaces.append(interface)
      store.block.removeAll(keepingCapacity: true)
      PcapngBlocks.append(interface, to: &store.block)
      file.append(store.block)
    }
    let block = PacketBlock.Interface(interface, number: number)
    // Only an object in the list is sure to keep its identity.
    if interfaces[number] === interface { lastInterface = (block, ObjectIdentifier(interface)) }
    return block
  }

  /// Writes the secrets that were found since the last packet, in front of the next one.
  private func write(_ secrets: RecordedSecrets, to file: FlowFile) {
    guard file.failure == nil else { return }
    begin(file)
    store.block.removeAll(keepingCapacity: true)
    PcapngBlocks.append(keyLog: secrets.takeLines(), to: &store.block)
    file.append(store.block)
  }

  /// Returns the place that bytes of the packet in progress will have in the file; nil if they are not of that, or it is not certain.
  ///
  /// It is certain if nothing can be written between: no packet that waits, no fragment, no description, no secret.
  func place(of bytes: Span<UInt8>) -> Int64? {
    guard let lastInterface, deferred == nil, secrets == nil, keptPromises, let file = current.file, file.failure == nil,
      let position = packet.position(of: bytes, lastInterface.identity)
    else { return nil }
    if let promised, promised.packet != packet.reference {
      keptPromises = false
      return nil
    }
    promised = (packet.reference, file.fileEnd)
    return file.fileEnd &+ Int64(PacketBlock.headLength + position)
  }

  /// Checks that the promised packet is the one that is written now, where it was to be.
  ///
  /// Otherwise other bytes would be taken for those of the stream, and make conflicts.
  private func settlePromise(_ packet: KeptPacket) {
    guard let promised else { return }
    self.promised = nil
    if promised != (packet.reference, activeFile().fileEnd) { keptPromises = false }
  }

  /// Compares a range of bytes with those at a place in the file, and returns false if they cannot be read.
  func compare(_ bytes: Span<UInt8>, _ range: Range<Int>, at place: Int64, into differences: inout Differences) -> Bool {
    let file = activeFile()
    guard keptPromises, file.failure == nil, place &+ Int64(range.count) <= file.fileEnd else { return false }
    return file.compare(bytes, range, fileOffset: place, into: &differences)
  }

  private func begin(_ file: FlowFile) { if file.fileEnd == 0 { file.append(PcapngBlocks.section) } }

  /// Removes the file, because the connection is not written.
  func withdraw() { activeFile().discardCapture() }

  /// Completes and closes the file, because the connection is over.
  func finish() {
    let file = activeFile()
    if let secrets, let tls = connection.stages?.tls {
      // The random of a connection whose ClientHello was lost is found by trial.
      if tls.isEncrypted, let random = tls.stage.facts.clientRandom { _ = secrets.secrets(of: random) }
      if secrets.hasLines { write(secrets, to: file) }
    }
    file.finishCapture()
  }
}
