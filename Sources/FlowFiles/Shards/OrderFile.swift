internal import Matching
internal import Paths
package import Reassembly

/// File `.reasm-order` of a shard: the places of its events, by which the shards are merged.
package final class OrderFile {
  static let name = ".reasm-order"

  private let order: EventOrder
  private let file: ShardFile
  private var lastPacket: UInt64 = 0
  /// What the searches did with memory at the place of the last change; nil if nothing.
  private var memory: (place: EventPlace, most: Int, after: Int)?

  var failure: OutputError? { file.failure }

  init(directory: OutputDirectory, order: EventOrder, shard: Shard, contract: ShardContract) throws(OutputError) {
    self.order = order
    file = try ShardFile(Self.name, in: directory)
    file.append { bytes in
      bytes += OrderCoding.mark
      bytes.append(varint: UInt64(shard.index))
      bytes.append(varint: UInt64(shard.count))
      bytes += contract.bytes
    }
  }

  /// Notes an event that happens now.
  func note(_ event: OrderRecord.Event) {
    noteMemory()
    note(event, at: order.place)
  }

  private func note(_ event: OrderRecord.Event, at place: EventPlace) {
    file.append { OrderCoding.append(OrderRecord(place: place, event: event), after: lastPacket, to: &$0) }
    lastPacket = place.packet
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
    let end = OrderSummary(
      packets: order.place.packet, mostConnections: UInt64(clamping: order.mostConnections), mostBytes: UInt64(clamping: order.mostBytes),
      room: room, mostCopies: UInt64(clamping: copies))
    file.append { OrderCoding.append(end, to: &$0) }
    file.flush()
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
      if let reporter { reporter.pageFiles = try PageFiles(store.directory) }
      http?.staysOnOneThread(decodesAtOnce: false)
      matches?.patterns.memoryObserver = file
    } catch {
      abandon()
      throw error
    }
  }
}
