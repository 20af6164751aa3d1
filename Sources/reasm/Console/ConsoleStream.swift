import FlowFiles
import HTTP
import Packets
import Reassembly

/// Stream that is printed: either in conversation order when it is over, or in order of arrival.
final class ConsoleStream: TCPStream {
  private let id: UInt64
  private let key: FlowKey
  private let factory: ConsoleFactory
  /// Stream that writes the same data to files; nil if no files are written.
  private let files: (any TCPStream)?
  private var log: ConversationLog?
  /// Where messages are printed: the stage of HTTP, and what feeds it.
  private var stage: HTTPStage?
  private var feed: StageFeed?
  /// Stream offset of the end of each side's bytes that were printed or kept.
  private var ends: [Int64] = [0, 0]

  /// Checks of segments; nil if the files check them.
  private let strictness: Strictness?

  init(_ opening: ConnectionOpening, factory: ConsoleFactory, files: (any TCPStream)?) {
    id = opening.id
    key = opening.key
    self.factory = factory
    self.files = files
    strictness = files == nil ? factory.strictness() : nil
    guard let context = factory.http else { return }
    let printer = HTTPPrinter(opening, factory.printer)
    let stage = HTTPStage(context: context, receiver: printer)
    printer.stage = stage
    self.stage = stage
    feed = StageFeed(stage)
  }

  var segmentFilter: (any SegmentFilter)? { files?.segmentFilter ?? strictness }
  var segmentObserver: (any SegmentObserver)? { files?.segmentObserver }

  func gap(_ gap: Gap, from side: Side) {
    files?.gap(gap, from: side)
    feed?.gap(gap, from: side)
  }

  func reassembled(_ data: inout ReassembledData) {
    feed?.reassembled(data)
    if data.count > data.keptCount, stage?.isHTTP != true {
      if factory.isLive {
        // What is no HTTP is not printed where it would come too late to be told apart.
        if stage == nil { print(data) }
      } else {
        let log = log ?? ConversationLog(factory.spool, keepsBytes: true)
        self.log = log
        log.append(data)
      }
    }
    files?.reassembled(&data)
  }

  /// Prints a delivery in order of arrival.
  private func print(_ data: borrowing ReassembledData) {
    for index in 0..<data.chunkCount where data.chunkStart(at: index) >= data.keptCount {
      let stamp = data.captureInfo(ofChunk: index)
      let place = ConversationPrinter.Place(
        connection: id, side: data.side, isFromClient: data.direction == .clientToServer,
        offset: data.offset(ofNewChunk: index), time: stamp.time, packet: stamp.packetNumber, isMixed: true)
      print(data.chunk(at: index), place)
    }
    factory.printer.flush()
  }

  private func print(_ bytes: Span<UInt8>, _ place: ConversationPrinter.Place) {
    let side = Int(place.side.rawValue)
    factory.printer.print(bytes, of: place, key: key, gap: place.offset &- ends[side])
    ends[side] = place.offset &+ Int64(bytes.count)
  }

  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    files?.repeated(bytes, at: offset, stamp: stamp, from: side) ?? .unchecked
  }

  func conflict(_ conflict: Conflict, from side: Side) { files?.conflict(conflict, from: side) }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    var isWhole = true
    feed?.complete(report)
    if stage?.isHTTP == true { log = nil }
    if let log {
      factory.printer.begin(report)
      isWhole = log.replay(report) { chunk, bytes in
        let place = ConversationPrinter.Place(
          connection: id, side: chunk.side, isFromClient: chunk.side == report.client, offset: chunk.offset, time: chunk.time,
          packet: chunk.packetNumber, isMixed: false)
        print(bytes, place)
      }
      factory.printer.end(report) { side in isWhole ? report[side].length &- ends[Int(side.rawValue)] : 0 }
    }
    log = nil
    factory.complete(report, isWhole: isWhole)
    return files?.reassemblyComplete(report) ?? false
  }
}
