internal import Glibc
internal import Matching
internal import Paths
package import Reassembly

/// File `.reasm-order` of a shard: the places of its events, by which the shards are merged.
package final class OrderFile {
  static let name = ".reasm-order"
  private static let batch = 64 << 10

  private let directory: OutputDirectory
  private let order: EventOrder
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private var written: Int64 = 0
  private var lastPacket: UInt64 = 0
  /// What the searches did with memory at the place of the last change; nil if nothing.
  private var memory: (place: EventPlace, most: Int, after: Int)?
  private(set) var failure: OutputError?

  init(directory: OutputDirectory, order: EventOrder, shard: Shard, contract: ShardContract) throws(OutputError) {
    self.directory = directory
    self.order = order
    descriptor = try directory.makeReserved(Self.name)
    bytes = OrderCoding.mark
    bytes.append(varint: UInt64(shard.index))
    bytes.append(varint: UInt64(shard.count))
    bytes += contract.bytes
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  /// Notes an event that happens now.
  func note(_ event: OrderRecord.Event) {
    noteMemory()
    note(event, at: order.place)
  }

  private func note(_ event: OrderRecord.Event, at place: EventPlace) {
    guard failure == nil else { return }
    OrderCoding.append(OrderRecord(place: place, event: event), after: lastPacket, to: &bytes)
    lastPacket = place.packet
    if bytes.count >= Self.batch { flush() }
  }

  /// Writes what the searches did with memory at the last place.
  private func noteMemory() {
    guard let memory else { return }
    self.memory = nil
    guard memory.most > 0 || memory.after != 0 else { return }
    note(.memory(most: Int64(memory.most), after: Int64(memory.after)), at: memory.place)
  }

  /// Writes the rest, and what the shard used of common limits.
  ///
  /// - Parameters:
  ///   - room: the number of bytes that gaps take in files.
  ///   - copies: the greatest number of bytes of streams without files that were in memory at once.
  func finish(room: UInt64, copies: Int) {
    noteMemory()
    guard failure == nil else { return }
    let end = OrderSummary(
      packets: order.place.packet, mostConnections: UInt64(clamping: order.mostConnections), mostBytes: UInt64(clamping: order.mostBytes),
      room: room, mostCopies: UInt64(clamping: copies))
    OrderCoding.append(end, to: &bytes)
    flush()
  }

  private func flush() {
    var done = 0
    do throws(SystemError) {
      try directory.calls.writeFully(bytes, to: descriptor, at: written, done: &done)
      written &+= Int64(done)
      bytes.removeAll(keepingCapacity: true)
    } catch {
      failure = OutputError(path: directory.path.appending(Self.name), reason: .system(error))
    }
  }
}

extension OrderFile: MatchMemoryObserver {
  /// Notes that the searches took memory, or gave some back.
  func memoryChanged(by bytes: Int) {
    if memory?.place != order.place {
      noteMemory()
      memory = (order.place, 0, 0)
    }
    let after = (memory?.after ?? 0) &+ bytes
    memory = (order.place, max(memory?.most ?? 0, after), after)
  }
}

extension FlowFileFactory {
  /// Notes the places of all events, because the output is that of a shard.
  ///
  /// - Parameters:
  ///   - order: the order of the assembler's events.
  ///   - shard: the shard.
  ///   - contract: what all shards of the run have alike.
  /// - Throws: `OutputError` if the file cannot be created.
  package func recordOrder(_ order: EventOrder, of shard: Shard, contract: ShardContract) throws(OutputError) {
    do throws(OutputError) {
      let file = try OrderFile(directory: store.directory, order: order, shard: shard, contract: contract)
      store.orderFile = file
      http?.orderFile = file
      http?.staysOnOneThread(decodesAtOnce: false)
      matches?.patterns.memoryObserver = file
    } catch {
      abandon()
      throw error
    }
  }
}
