internal import Packets
package import Reassembly
package import TestSupport

/// An assembler with checked streams, and the account that must be square at the end; beside it another one whose streams are asked about
/// every packet, so that it predicts none, and whose tables have another seed: what becomes of each packet must be the same in both.
package final class FedEngine {
  package var assembler: Assembler
  package let factory = CheckedFactory()
  private var unpredicted: Assembler
  private let unpredictedFactory = CheckedFactory()
  private var fed: [TestSegment] = []
  private var payloadBytes: UInt64 = 0
  private let options: AssemblerOptions
  /// Nanoseconds; the next packet comes at this time.
  package var time: Int64 = Conversation.epoch

  /// Creates both engines; `seed` is that of the second one, because no result may depend on it.
  package init(_ options: AssemblerOptions, seed: UInt64 = 0x9e37_79b9) {
    self.options = options
    assembler = Assembler(factory: factory, options: options)
    var otherwise = options
    otherwise.seed = HashSeed(seed)
    unpredicted = Assembler(factory: unpredictedFactory, options: otherwise)
    unpredictedFactory.judgesAll = true
  }

  /// The other engine's streams have the habits of this one's.
  private func alignHabits() {
    unpredictedFactory.accepts = factory.accepts
    unpredictedFactory.keeps = factory.keeps
    unpredictedFactory.forgetsAtOnce = factory.forgetsAtOnce
  }

  package func feed(_ segment: TestSegment) {
    fed.append(segment)
    let payload = Array(segment.payload.dropLast(segment.cut))
    payloadBytes += UInt64(payload.count)
    let length = 54 + segment.payload.count
    let info = CaptureInfo(
      time: Timestamp(nanoseconds: time), capturedLength: length - segment.cut, originalLength: length, packetNumber: UInt64(fed.count))
    let view = TCPSegment(
      key: segment.key, sequence: SequenceNumber(segment.sequence), acknowledgment: SequenceNumber(segment.acknowledgment),
      flags: segment.flags, window: segment.window, options: Span(), payload: payload.span, missingLength: segment.cut)
    if fed.count == 1 { alignHabits() }
    let disposition = assembler.assemble(view, info: info)
    let other = unpredicted.assemble(view, info: info)
    if disposition != other { factory.problems.append("packet \(fed.count): \(disposition.kind), unpredicted \(other.kind)") }
    checkMemory()
  }

  package func flush(gapsOlderThan gapAge: PacketDuration?, idleFor idleAge: PacketDuration?) {
    assembler.flush(gapsOlderThan: gapAge, idleFor: idleAge)
    _ = unpredicted.flush(gapsOlderThan: gapAge, idleFor: idleAge)
  }

  /// Lets the time go on without a packet.
  package func advance() {
    assembler.advance(to: Timestamp(nanoseconds: time))
    unpredicted.advance(to: Timestamp(nanoseconds: time))
  }

  /// At the end of every call the memory in use is within its limit, unless bytes that a stream kept are all there is.
  private func checkMemory() {
    if let limit = options.memoryLimit, assembler.bufferedBytes > limit + 2 * 65_536 {
      factory.problems.append("\(assembler.bufferedBytes) bytes are buffered")
    }
  }

  /// Ends the input and holds the accounts together.
  package func finish() -> [String] {
    assembler.flushAll()
    _ = unpredicted.flushAll()
    var problems = factory.problems
    for (stream, other) in zip(factory.streams, unpredictedFactory.streams) where !stream.hasSameOutcome(as: other) {
      problems.append("connection \(stream.opening.id) comes out otherwise unpredicted")
    }
    if assembler.connectionCount != 0 { problems.append("\(assembler.connectionCount) connections are left") }
    if assembler.bufferedBytes != 0 { problems.append("\(assembler.bufferedBytes) bytes are left in \(assembler.bufferedPages) pages") }
    var accounted = assembler.statistics.strayPayloadBytes + assembler.statistics.stragglerPayloadBytes
    for stream in factory.streams {
      guard let report = stream.report else {
        problems.append("connection \(stream.opening.id) never completed")
        continue
      }
      for side in Side.allCases {
        accounted += UInt64(clamping: report[side].payloadBytes)
        problems += broken(report[side], stream.halves[Int(side.rawValue)]).map { "connection \(report.id), \(side): \($0)" }
      }
    }
    if accounted != assembler.statistics.payloadBytes { problems.append("\(accounted) bytes have an account") }
    return problems
  }

  /// The laws, and the bytes that do not stand in the packet they are said to come from, at their sequence number.
  private func broken(_ report: HalfReport, _ half: CheckedStream.Half) -> [String] {
    var found: [String] = []
    let bytes = Int64(half.pieces.reduce(0) { $0 + $1.bytes.count })
    let gaps = half.gaps.reduce(Int64(0)) { $0 &+ $1.upperBound &- $1.lowerBound }
    if report.length != report.bytes &+ report.gapBytes {
      found.append("length \(report.length), \(report.bytes) bytes, gaps \(report.gapBytes)")
    }
    if report.payloadBytes != report.bytes &+ report.retransmittedBytes &+ Int64(report.dropped.total) {
      found.append(
        "payload \(report.payloadBytes), \(report.bytes) bytes, repeated \(report.retransmittedBytes), \(report.dropped.total) dropped")
    }
    if report.bytes != bytes { found.append("\(report.bytes) bytes reported, \(bytes) handed over") }
    if report.gapBytes != gaps { found.append("\(report.gapBytes) gap bytes reported, \(gaps) handed over") }
    if report.length != half.position { found.append("length \(report.length) reported, \(half.position) handed over") }
    guard let first = report.firstSequence, !fed.isEmpty else { return found }
    for piece in half.pieces {
      guard piece.packet >= 1, piece.packet <= UInt64(fed.count) else {
        found.append("offset \(piece.offset) comes from packet \(piece.packet)")
        continue
      }
      let segment = fed[Int(piece.packet) - 1]
      let start = segment.sequence &+ (segment.flags.contains(.syn) && segment.flags.isDisjoint(with: [.fin, .rst]) ? 1 : 0)
      let place = Int(Int32(bitPattern: first.rawValue &+ UInt32(truncatingIfNeeded: piece.offset) &- start))
      guard place >= 0, place + piece.bytes.count <= segment.payload.count - segment.cut else {
        found.append("offset \(piece.offset) lies outside packet \(piece.packet)")
        continue
      }
      if !segment.payload[place...].starts(with: piece.bytes) { found.append("offset \(piece.offset) is not in packet \(piece.packet)") }
    }
    return found
  }
}
