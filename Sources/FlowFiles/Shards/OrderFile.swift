internal import Glibc
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
  private(set) var failure: OutputError?

  init(directory: OutputDirectory, order: EventOrder, shard: Shard) throws(OutputError) {
    self.directory = directory
    self.order = order
    descriptor = try directory.makeReserved(Self.name)
    bytes = OrderCoding.mark
    bytes.append(varint: UInt64(shard.index))
    bytes.append(varint: UInt64(shard.count))
  }

  deinit { do throws(SystemError) { try directory.calls.close(descriptor) } catch {} }

  /// Notes an event that happens now.
  func note(_ event: OrderRecord.Event) {
    guard failure == nil else { return }
    OrderCoding.append(OrderRecord(place: order.place, event: event), after: lastPacket, to: &bytes)
    lastPacket = order.place.packet
    if bytes.count >= Self.batch { flush() }
  }

  /// Writes the rest, and what the shard used of common limits.
  ///
  /// - Parameter room: the number of bytes that gaps take in files.
  func finish(room: UInt64) {
    guard failure == nil else { return }
    let end = OrderSummary(
      packets: order.place.packet, mostConnections: UInt64(clamping: order.mostConnections), mostBytes: UInt64(clamping: order.mostBytes),
      room: room)
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

extension FlowFileFactory {
  /// Notes the places of all events, because the output is that of a shard.
  ///
  /// - Parameters:
  ///   - order: the order of the assembler's events.
  ///   - shard: the shard.
  /// - Throws: `OutputError` if the file cannot be created.
  package func recordOrder(_ order: EventOrder, of shard: Shard) throws(OutputError) {
    do throws(OutputError) {
      let file = try OrderFile(directory: store.directory, order: order, shard: shard)
      store.orderFile = file
      http?.orderFile = file
      http?.staysOnOneThread()
    } catch {
      abandon()
      throw error
    }
  }
}
