import Capture
import FlowFiles
import Packets
import Reassembly

/// Intake of every packet that passed the filter, from any input, for the assembler, the counters and the trace.
struct PacketIntake: ~Copyable {
  private(set) var assembler: Assembler
  /// Number of packets that passed the filter.
  private(set) var packetsUsed: UInt64 = 0
  /// Number of packets used that the snapshot length had cut.
  private(set) var packetsCut: UInt64 = 0
  /// Numbers of packets used that hold no TCP segment, by the raw value of the reason.
  private(set) var undecoded = [UInt64](repeating: 0, count: DecodeError.allCases.count)
  /// Content of these packets.
  private(set) var passedOver = PassedOverTally()
  /// Unusual steps of the times of packets that came in batches.
  private(set) var clockSteps = ClockSteps()
  private var trace: TraceLog
  private let isTracing: Bool
  private let keepsEthernet: Bool
  private let keepsInterfaces: Bool
  private let decodeAs: DecodeAs
  /// Captures of connections with the interfaces of the inputs; nil if none are written.
  private let captures: ConnectionCaptures?
  private let interfaces: CaptureInterfaces?
  /// Order of the events of a shard; nil for a run that is none.
  private let order: EventOrder?

  /// Creates an intake.
  ///
  /// - Parameters:
  ///   - assembler: the assembler.
  ///   - tracing: whether each packet has a line in the trace.
  ///   - inputCount: the number of inputs.
  ///   - keepsEthernet: whether names of files contain Ethernet addresses.
  ///   - keepsInterfaces: whether connections are distinguished by interface, which a cooked header of version 2 names.
  ///   - decodeAs: the user-defined encapsulations, as in the assembler's options.
  ///   - captures: the captures of connections; nil if none are written.
  ///   - interfaces: the interfaces of the inputs; nil if no captures are written.
  ///   - order: the order of the events of a shard; nil for a run that is none.
  init(
    _ assembler: consuming Assembler, tracing: Bool, inputCount: Int = 1, keepsEthernet: Bool, keepsInterfaces: Bool, decodeAs: DecodeAs?,
    captures: ConnectionCaptures? = nil, interfaces: CaptureInterfaces? = nil, order: EventOrder? = nil
  ) {
    self.order = order
    self.captures = captures
    self.interfaces = interfaces
    self.decodeAs = decodeAs ?? .none
    self.assembler = assembler
    self.assembler.order = order
    trace = TraceLog(namesInputs: inputCount > 1)
    isTracing = tracing
    self.keepsEthernet = keepsEthernet
    self.keepsInterfaces = keepsInterfaces
  }

  /// Prefetches the connections of a batch, as long as that is useful.
  ///
  /// A shard does not need the connections of most packets.
  mutating func prefetch(_ batch: borrowing CapturedBatch) {
    guard order == nil else { return }
    for index in 0..<batch.count {
      let packet = batch[index]
      if packet.passesFilter, !assembler.prefetch(packet: packet.bytes, linkType: packet.linkType) { return }
    }
  }

  /// Assembles the packets of a batch that the filter accepts, and passes the others.
  ///
  /// - Returns: the number of captured bytes in the batch.
  mutating func take(_ batch: borrowing CapturedBatch) -> Int {
    if let order { return take(batch, inShard: order) }
    if let captures { return take(batch, in: captures) }
    return take(batch, order: nil, nil)
  }

  /// Takes a batch for a shard: a copy of the loop of its own, which costs other runs nothing.
  @inline(never)
  private mutating func take(_ batch: borrowing CapturedBatch, inShard order: EventOrder) -> Int { take(batch, order: order, captures) }

  /// Takes a batch for captures of connections: a copy of the loop too.
  @inline(never)
  private mutating func take(_ batch: borrowing CapturedBatch, in captures: ConnectionCaptures) -> Int {
    take(batch, order: nil, captures)
  }

  /// Takes a batch; `order` gives events the number of the packet that they belong to, and is nil outside a shard.
  ///
  /// No reference is counted for a packet: that waits until its bytes have reached the cache.
  @inline(__always)
  private mutating func take(_ batch: borrowing CapturedBatch, order: EventOrder?, _ captures: ConnectionCaptures?) -> Int {
    var bytes = 0
    var interface = PacketInterface()
    for index in 0..<batch.count {
      let packet = batch[index]
      bytes &+= packet.bytes.count
      clockSteps.add(packet.info)
      order?.beginPacket()
      if packet.passesFilter {
        if captures != nil {
          if !interface.captured(packet) { interface = PacketInterface(of: packet, interfaces) }
          take(packet, of: interface, in: captures)
        } else {
          _ = take(packet.bytes, linkType: packet.linkType, info: packet.info)
        }
      } else {
        pass(packet.bytes, linkType: packet.linkType, info: packet.info)
      }
    }
    return bytes
  }

  /// Assembles a packet, which then goes to the captures of its connections if these are written.
  @inline(__always)
  mutating func take(_ packet: borrowing CapturedPacket) {
    if captures != nil {
      take(packet, of: PacketInterface(of: packet, interfaces), in: captures)
    } else {
      _ = take(packet.bytes, linkType: packet.linkType, info: packet.info)
    }
  }

  @inline(never)
  private mutating func take(
    _ packet: borrowing CapturedPacket, of interface: borrowing PacketInterface, in captures: ConnectionCaptures?
  ) {
    let info = packet.info
    captures?.begin(packet.wholeBytes, info, packet.linkType, interface: interface.description)
    let disposition = take(packet.bytes, linkType: packet.linkType, info: info)
    captures?.end(
      packet.wholeBytes, info, checkSequence: packet.checkSequence, interface: interface.description, as: disposition,
      datagrams: assembler.statistics.fragments.datagrams)
  }

  /// Assembles a packet.
  ///
  /// - Returns: what became of its segment; nil if it holds none.
  @inline(__always)
  private mutating func take(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) -> Disposition? {
    packetsUsed &+= 1
    if info.capturedLength < info.originalLength { packetsCut &+= 1 }
    guard keepsEthernet || keepsInterfaces else {
      return assemble(packet, linkType, info)
    }
    var info = info
    if keepsEthernet { info.ethernet = EthernetAddresses(packet, linkType: linkType) }
    if keepsInterfaces { info.nameInterface(packet, linkType) }
    return assemble(packet, linkType, info)
  }

  @inline(__always)
  private mutating func assemble(_ packet: Span<UInt8>, _ linkType: LinkType, _ info: CaptureInfo) -> Disposition? {
    do throws(DecodeError) {
      let disposition = try assembler.assemble(packet: packet, linkType: linkType, info: info)
      if isTracing { trace.add(disposition, of: info) }
      return disposition
    } catch {
      undecoded[Int(error.rawValue)] &+= 1
      // A fragment whose datagram is incomplete is neither passed over nor of another protocol.
      if error != .fragment { countPassedOver(packet, linkType, info) }
      if isTracing { trace.add(error, of: info) }
      return nil
    }
  }

  @inline(never)
  private mutating func countPassedOver(_ packet: Span<UInt8>, _ linkType: LinkType, _ info: CaptureInfo) {
    guard
      let kind = PassedOver(decoding: packet, linkType: linkType, originalLength: info.originalLength, decodeAs: decodeAs)
    else { return }
    passedOver.count(kind)
  }

  /// Advances the packet time past a packet that the filter rejected.
  ///
  /// The clock depends on all packets, so that the output about a connection does not depend on the filter.
  @inline(__always)
  private mutating func pass(_ packet: Span<UInt8>, linkType: LinkType, info: CaptureInfo) {
    var info = info
    if keepsInterfaces { info.nameInterface(packet, linkType) }
    assembler.advance(to: info)
  }

  /// Advances the packet time without a packet, which runs the timers that are due.
  mutating func advance(to time: Timestamp) { assembler.advance(to: time) }

  /// Writes the trace so far.
  mutating func flushTrace() { trace.flush() }

  /// Completes every connection, because the input has ended.
  mutating func finish() {
    assembler.flushAll()
    trace.flush()
  }
}

/// Interface that captured a packet, and those around it in a batch.
private struct PacketInterface: ~Copyable {
  let description: CaptureInterface
  private let source: UInt64
  private let linkType: LinkType?

  private static let none = CaptureInterface(unknownOf: .ethernet)

  /// Creates an interface that captured no packet.
  init() {
    description = Self.none
    source = 0
    linkType = nil
  }

  /// Creates the interface of a packet.
  @inline(never)
  init(of packet: borrowing CapturedPacket, _ interfaces: CaptureInterfaces?) {
    description = interfaces?.interface(of: packet.info) ?? CaptureInterface(unknownOf: packet.linkType)
    source = packet.info.source
    linkType = packet.linkType
  }

  /// Whether the interface captured a packet of the batch, too.
  func captured(_ packet: borrowing CapturedPacket) -> Bool { linkType == packet.linkType && source == packet.info.source }
}

extension CaptureInterface {
  /// Creates the description of an interface that its capture does not describe.
  fileprivate convenience init(unknownOf linkType: LinkType) {
    self.init(fileLinkType: UInt16(truncatingIfNeeded: linkType.rawValue), linkType: linkType, timeResolution: 9)
  }
}

extension CaptureInfo {
  /// Includes the interface that a cooked header of version 2 names in bytes 4 to 7.
  ///
  /// The number that the capture itself gives to an interface is mixed in, so that two hosts in one capture remain distinct.
  fileprivate mutating func nameInterface(_ packet: Span<UInt8>, _ linkType: LinkType) {
    guard linkType == .linuxSLL2, packet.count >= 8 else { return }
    let number = (4..<8).reduce(UInt32(0)) { $0 << 8 | UInt32(packet[$1]) }
    interface = number ^ interface << 16
  }
}
