import FlowFiles
import HTTP
import Packets
import Reassembly
import Stages
import TLS

/// Stream that is printed, either in conversation order after its end or in order of arrival.
final class ConsoleStream: TCPStream {
  private let id: UInt64
  private let key: FlowKey
  private let factory: ConsoleFactory
  /// Stream that writes the same data to files; nil if no files are written.
  private let files: (any TCPStream)?
  private var log: ConversationLog?
  /// HTTP stage, whose messages are printed, and its feed; nil if bytes are printed instead.
  private var stage: HTTPStage?
  private var feed: StageFeed?
  /// Stream offset after the last byte of each side that was printed or kept.
  private var ends: [Int64] = [0, 0]
  /// TLS stage, its feed unless the files feed it, and the receiver of its clear bytes; nil if TLS is not read.
  private var clear: (receiver: ConsoleTLS, stage: TLSStage, feed: StageFeed?)?
  /// Clear offset after the last clear byte of each side that was printed.
  private var clearEnds: [Int64] = [0, 0]

  /// Comparison of later copies, whose results are printed.
  private let copies: CopyCheck
  /// Number of entries of `copies.found` that were printed or wait for their place.
  private var told = 0
  /// Conflicts of each side that wait for their place in a replay, in the order of offsets.
  private var waiting: [[DifferingCopies]] = [[], []]
  private static let mostConflicts = 100
  /// Matches in each side of a completed conversation, and their number.
  private var places: [MatchPlaces] = [.none, .none]
  private var matches: UInt64 = 0

  /// Segment checks; nil if those of the files are used.
  private let strictness: Strictness?

  init(_ opening: ConnectionOpening, factory: ConsoleFactory, files: (any TCPStream)?) {
    id = opening.id
    key = opening.key
    self.factory = factory
    self.files = files
    copies = CopyCheck(factory.memory, listed: Self.mostConflicts)
    strictness = files == nil ? factory.strictness() : nil
    var makeHTTP: (() -> HTTPStage)?
    if let context = factory.http {
      let printer = HTTPPrinter(opening, factory.printer, factory.search, bodyHead: factory.bodyHead)
      printer.conflicts = { [unowned self] side in
        defer { waiting[Int(side.rawValue)].removeAll() }
        return waiting[Int(side.rawValue)]
      }
      let numbers = ExchangeNumbers()
      func make(in enclosure: Enclosure?) -> HTTPStage {
        let stage = HTTPStage(context: context, receiver: printer, enclosure: enclosure, numbers: numbers)
        printer.stage = stage
        return stage
      }
      let stage = make(in: nil)
      self.stage = stage
      feed = StageFeed(stage)
      makeHTTP = { make(in: .tls) }
    }
    if let source = factory.tls { readTLS(source, makeHTTP) }
  }

  private func readTLS(_ source: TLSSource, _ makeHTTP: (() -> HTTPStage)?) {
    let receiver = ConsoleTLS(
      factory.spool, makeHTTP: makeHTTP,
      printNow: factory.isLive
        ? { [unowned self] bytes, offset, stamp, sender in
          // If HTTP is read, bytes that are not HTTP are not printed, encrypted or not.
          guard makeHTTP == nil else { return }
          printClear(bytes, offset, stamp, sender)
          factory.printer.flush()
        } : nil)
    // A record is decrypted once, for files and console.
    if let files, let stage = factory.observeTLS(of: files, with: receiver) {
      clear = (receiver, stage, nil)
    } else {
      let stage = source.makeStage(receiver)
      clear = (receiver, stage, StageFeed(stage))
    }
  }

  /// Prints clear bytes of a connection in order of arrival.
  private func printClear(_ bytes: Span<UInt8>, _ offset: Int64, _ stamp: ByteStamp, _ sender: Sender) {
    let side = sender.side
    let place = ConversationPrinter.Place(
      connection: id, side: side, isFromClient: clear?.stage.client.map { $0 == sender } ?? (sender == .originator), offset: offset,
      time: Timestamp(nanoseconds: stamp.nanoseconds), packet: stamp.packet, isMixed: true)
    printClear(bytes, place)
  }

  private func printClear(_ bytes: Span<UInt8>, _ place: ConversationPrinter.Place) {
    let side = Int(place.side.rawValue)
    factory.printer.print(
      bytes, of: place, key: key, gap: place.offset &- clearEnds[side], isExact: clear?.receiver.areGapsExact[side] ?? true,
      marking: places[side])
    clearEnds[side] = place.offset &+ Int64(bytes.count)
  }

  var segmentFilter: (any SegmentFilter)? { files?.segmentFilter ?? strictness }
  var segmentObserver: (any SegmentObserver)? { files?.segmentObserver }

  func gap(_ gap: Gap, from side: Side) {
    files?.gap(gap, from: side)
    feed?.gap(gap, from: side)
    clear?.feed?.gap(gap, from: side)
  }

  func reassembled(_ data: inout ReassembledData) {
    // The files come first, because their stage may be the one that reads TLS.
    files?.reassembled(&data)
    if data.count > data.keptCount { copies.delivered(data) }
    feed?.reassembled(data)
    clear?.feed?.reassembled(data)
    if clear?.stage.facts.isClear == true {
      log = nil
    } else if data.count > data.keptCount, stage?.isHTTP != true {
      // A run that prints in order of arrival keeps ciphertext, because its clear bytes may be printed instead.
      if factory.isLive, clear?.stage.isTLS != true {
        // If HTTP is read, bytes that are not HTTP are not printed: when that is known, it is too late to print them in order.
        if stage == nil { print(data) }
      } else {
        let log = log ?? ConversationLog(factory.spool, keepsBytes: true)
        self.log = log
        log.append(data)
      }
    }
  }

  /// Prints a delivery in order of arrival.
  private func print(_ data: borrowing ReassembledData) {
    for index in data.newChunks {
      let stamp = data.captureInfo(ofChunk: index)
      let place = ConversationPrinter.Place(
        connection: id, side: data.side, isFromClient: data.direction == .clientToServer,
        offset: data.offset(ofNewChunk: index), time: stamp.time, packet: stamp.packetNumber, isMixed: true)
      print(data.chunk(at: index), place)
    }
    factory.printer.flush()
  }

  /// Prints bytes, and before disputed ones among them the versions.
  private func print(_ bytes: Span<UInt8>, _ place: ConversationPrinter.Place) {
    let side = Int(place.side.rawValue)
    var (place, position) = (place, 0)
    func printUpTo(_ end: Int) {
      factory.printer.print(
        bytes.extracting(position..<end), of: place, key: key, gap: place.offset &- ends[side], marking: places[side])
      place.offset &+= Int64(end - position)
      ends[side] = place.offset
      position = end
    }
    while let conflict = waiting[side].first, conflict.offset < place.offset &+ Int64(bytes.count - position) {
      printUpTo(position + Int(max(0, conflict.offset &- place.offset)))
      waiting[side].removeFirst()
      factory.printer.conflict(conflict, keptPacket: conflict.keptPacket ?? place.packet)
    }
    printUpTo(bytes.count)
  }

  func repeated(_ bytes: Span<UInt8>, at offset: Int64, stamp: PacketStamp, from side: Side) -> Comparison {
    let result = copies.repeated(bytes, at: offset, stamp: stamp, from: side)
    tellConflicts()
    return files?.repeated(bytes, at: offset, stamp: stamp, from: side) ?? result
  }

  func conflict(_ conflict: Conflict, from side: Side) {
    files?.conflict(conflict, from: side)
    copies.conflict(conflict, from: side)
    tellConflicts()
  }

  /// Hands conflicts that were found on: to the stage, and to the printer now or at their place.
  private func tellConflicts() {
    for conflict in copies.found[told...] {
      feed?.disputed(at: conflict.offset, length: conflict.length, from: conflict.side)
      if factory.isLive, stage == nil, clear?.stage.isTLS != true {
        factory.printer.conflict(conflict, keptPacket: conflict.keptPacket, connection: id)
        factory.printer.flush()
      } else {
        waiting[Int(conflict.side.rawValue)].append(conflict)
      }
    }
    told = copies.found.count
  }

  /// Prints conflicts of what was printed before they were found.
  private func printLateConflicts() {
    for conflict in waiting.joined() { factory.printer.conflict(conflict, keptPacket: conflict.keptPacket, connection: id) }
    waiting = [[], []]
    factory.printer.flush()
  }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    let mayForget = files?.reassemblyComplete(report) ?? false
    for side in waiting.indices { waiting[side].sort { $0.offset < $1.offset } }
    feed?.complete(report)
    clear?.feed?.complete(report)
    if stage?.isHTTP == true || clear?.stage.facts.isClear == true { log = nil }
    factory.printInTurn(id) { self.printWhole(report) }
    return mayForget
  }

  /// Prints the completed conversation.
  private func printWhole(_ report: ConnectionReport) {
    var isWhole = true
    if let clear, clear.stage.facts.isClear, clear.receiver.http?.isHTTP != true, !factory.isLive {
      isWhole = replayClear(clear.receiver, clear.stage, report)
    } else if let log, factory.isLive {
      if stage == nil { isWhole = replayMixed(log, report) }
    } else if let log {
      search(log, report)
      factory.printer.begin(report, conflicts: copies.count, matches: matches)
      isWhole = log.replay(report) { chunk, bytes in
        print(bytes, place(of: chunk, report, isMixed: false))
      }
      // Their bytes were lost with the spool.
      for conflict in waiting.joined() { factory.printer.conflict(conflict, keptPacket: conflict.keptPacket) }
      factory.printer.moreConflicts(copies.count &- UInt64(copies.found.count))
      factory.printer.end(report) { side in isWhole ? report[side].length &- ends[Int(side.rawValue)] : 0 }
    }
    // Conflicts of ciphertext are not printed: the tag or MAC of the record shows which version was right.
    if stage?.isHTTP == true { printLateConflicts() }
    log = nil
    clear = nil
    places = [.none, .none]
    factory.complete(report, isWhole: isWhole, conflicts: copies.count)
  }

  /// Searches the bytes of a log for patterns, before they are printed.
  private func search(_ log: ConversationLog, _ report: ConnectionReport) {
    guard let search = factory.search else { return }
    let sides = Side.allCases.map { _ in search.begin() }
    _ = log.replay(report) { chunk, bytes in sides[Int(chunk.side.rawValue)].append(bytes, at: chunk.offset) }
    places = sides.map { $0.end() }
    matches = sides.reduce(0) { $0 &+ $1.total }
  }

  /// Returns the place of a chunk from a log.
  private func place(of chunk: DeliveredChunk, _ report: ConnectionReport, isMixed: Bool) -> ConversationPrinter.Place {
    ConversationPrinter.Place(
      connection: id, side: chunk.side, isFromClient: chunk.side == report.client, offset: chunk.offset, time: chunk.time,
      packet: chunk.packetNumber, isMixed: isMixed)
  }

  /// Prints the clear bytes of a completed connection.
  ///
  /// - Returns: false if the spool lost some of them.
  private func replayClear(_ receiver: ConsoleTLS, _ stage: TLSStage, _ report: ConnectionReport) -> Bool {
    if let log = receiver.log { search(log, report) }
    factory.printer.begin(report, clear: Side.allCases.map { stage.figures(of: $0.sender).bytes }, matches: matches)
    let isWhole =
      receiver.log?.replay(report) { chunk, bytes in
        printClear(bytes, place(of: chunk, report, isMixed: false))
      } ?? true
    factory.printer.end(report, areExact: receiver.areGapsExact) { side in
      isWhole ? stage.figures(of: side.sender).length &- clearEnds[Int(side.rawValue)] : 0
    }
    return isWhole
  }

  /// Prints ciphertext whose keys did not arrive, in a run that prints in order of arrival.
  ///
  /// - Returns: false if the spool lost some of it.
  private func replayMixed(_ log: ConversationLog, _ report: ConnectionReport) -> Bool {
    let isWhole = log.replay(report) { chunk, bytes in
      print(bytes, place(of: chunk, report, isMixed: true))
    }
    factory.printer.flush()
    return isWhole
  }
}
