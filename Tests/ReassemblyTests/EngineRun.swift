import Packets
import Reassembly
import TestSupport

/// An assembler, what it is fed and what it answers.
final class EngineRun {
  var assembler: Assembler
  let recorder = Recorder()
  private(set) var packets: [ScriptedPacket] = []
  private(set) var dispositions: [Disposition] = []

  /// Seeds under which a test runs what must not depend on them.
  static let seeds: [UInt64] = environmentNumber("REASM_ENGINE_SEED").map { [UInt64($0)] } ?? [1, 0x9e37_79b9, .max]

  /// Creates a run; `seed` is that of the connection table and the queues, and nil stands for the seed of the process.
  init(options: AssemblerOptions = AssemblerOptions(), seed: UInt64? = nil) {
    var options = options
    if let seed { options.seed = HashSeed(seed) }
    assembler = Assembler(factory: recorder, options: options)
  }

  /// Feeds a packet; `missing` is the number of bytes behind the payload that the record of the packet claims and does not hold.
  func feed(_ packet: ScriptedPacket, claiming missing: Int = 0) {
    packets.append(packet)
    let stated = packet.segment
    let payload = Array(stated.payload.dropLast(stated.cut))
    let info = info(of: stated, at: packet.time)
    let segment = TCPSegment(
      key: stated.key, sequence: SequenceNumber(stated.sequence), acknowledgment: SequenceNumber(stated.acknowledgment),
      flags: stated.flags, window: stated.window, urgentPointer: stated.urgentPointer, options: stated.options.span, payload: payload.span,
      missingLength: stated.cut + missing, layers: stated.layers)
    dispositions.append(assembler.assemble(segment, info: info))
  }

  /// Lets time go on past a packet that a filter refused.
  func pass(_ packet: ScriptedPacket) {
    packets.append(packet)
    assembler.advance(to: info(of: packet.segment, at: packet.time))
  }

  private func info(of segment: TestSegment, at time: Int64) -> CaptureInfo {
    let length = 54 + segment.options.count + segment.payload.count
    return CaptureInfo(
      time: Timestamp(nanoseconds: time), capturedLength: length - segment.cut, originalLength: length, packetNumber: UInt64(packets.count))
  }

  func feed(_ packets: [ScriptedPacket]) {
    for packet in packets { feed(packet) }
  }

  /// Lets packet time go on in steps of half an hour, since one step counts at most an hour.
  func advance(seconds: Double) {
    var time = packets.last?.time ?? 0
    let end = time + Int64(seconds * 1e9)
    while time < end {
      time = min(end, time + 1_800_000_000_000)
      assembler.advance(to: Timestamp(nanoseconds: time))
    }
  }

  /// Ends the input and answers everything that should not be: calls out of order, a law that does not hold, a byte that is not
  /// in the packet it is said to come from.
  func finish() -> [String] {
    assembler.flushAll()
    var problems = recorder.streams.flatMap(\.violations)
    if assembler.connectionCount != 0 { problems.append("\(assembler.connectionCount) connections are left") }
    if assembler.bufferedPages != 0 { problems.append("\(assembler.bufferedPages) pages are left") }
    for (number, stream) in recorder.streams.enumerated() {
      guard let report = stream.report else {
        problems.append("connection \(stream.opening.id) never completed")
        continue
      }
      if stream.opening.id != UInt64(number + 1) { problems.append("connection \(number + 1) has id \(stream.opening.id)") }
      for side in Side.allCases { problems += lawsBroken(report[side], stream.halves[Int(side.rawValue)], id: report.id, side: side) }
      problems += strangers(stream, report)
    }
    for (packet, stated) in recorder.acknowledgments {
      let segment = packets[Int(packet) - 1].segment
      let right = segment.flags.contains(.ack) ? segment.acknowledgment : nil
      if stated != right { problems.append("packet \(packet) acknowledges \(right.map(String.init) ?? "nothing")") }
    }
    return problems
  }

  /// All dispositions and deliveries as text, which is equal for equal runs.
  ///
  /// It is complete after `finish`.
  var transcript: [String] {
    var lines = dispositions.enumerated().map { "packet \($0 + 1): \($1.kind) \($1.connection)" }
    for stream in recorder.streams {
      lines.append("connection \(stream.opening.id), completed as \(stream.completion)")
      lines += Self.transcript(of: stream)
      if let report = stream.report { lines.append("\(report)") }
    }
    return lines + ["\(assembler.statistics)"]
  }

  /// The part of the transcript of one stream that does not depend on other connections.
  static func transcript(of stream: RecordingStream) -> [String] {
    Side.allCases.flatMap { side in
      let half = stream.halves[Int(side.rawValue)]
      var origins = ""
      var last = UInt64.max
      for offset in half.content.keys.sorted() {
        guard let packet = half.content[offset]?.packet, packet != last else { continue }
        origins += " \(offset):\(packet)"
        last = packet
      }
      return ["\(side): \(stream.rendered(side)), \(half.deliveries) deliveries, by packet\(origins)"] + (stream.conflicts[side] ?? [])
    }
  }

  private func lawsBroken(_ half: HalfReport, _ seen: RecordingStream.Half, id: UInt64, side: Side) -> [String] {
    var broken: [String] = []
    func require(_ holds: Bool, _ what: String) { if !holds { broken.append("connection \(id), \(side): \(what)") } }
    let gaps = seen.pieces.compactMap { piece -> Gap? in
      if case .gap(let gap) = piece { gap } else { nil }
    }
    require(half.length == half.bytes + half.gapBytes, "length \(half.length), bytes \(half.bytes), gaps \(half.gapBytes)")
    require(
      half.payloadBytes == half.bytes + half.retransmittedBytes + Int64(half.dropped.total),
      "payload \(half.payloadBytes), bytes \(half.bytes), repeated \(half.retransmittedBytes), dropped \(half.dropped.total)")
    require(half.bytes == Int64(seen.content.count), "\(half.bytes) bytes reported, \(seen.content.count) handed over")
    require(half.gapCount == UInt64(gaps.count), "\(half.gapCount) gaps reported, \(gaps.count) handed over")
    require(half.gapBytes == gaps.reduce(0) { $0 + $1.length }, "\(half.gapBytes) gap bytes reported")
    require(half.length == seen.position, "length \(half.length) reported, \(seen.position) handed over")
    return broken
  }

  /// Bytes that do not stand in the packet they are said to come from, at their sequence number.
  private func strangers(_ stream: RecordingStream, _ report: ConnectionReport) -> [String] {
    var found: [String] = []
    for side in Side.allCases {
      guard let first = report[side].firstSequence else { continue }
      for (offset, byte) in stream.halves[Int(side.rawValue)].content {
        guard byte.packet >= 1, byte.packet <= UInt64(packets.count) else {
          found.append("connection \(report.id): offset \(offset) comes from packet \(byte.packet)")
          continue
        }
        let segment = packets[Int(byte.packet) - 1].segment
        let start = segment.sequence &+ (segment.flags.contains(.syn) && segment.flags.isDisjoint(with: [.fin, .rst]) ? 1 : 0)
        let place = Int(Int32(bitPattern: first.rawValue &+ UInt32(truncatingIfNeeded: offset) &- start))
        if !segment.payload.indices.contains(place) || segment.payload[place] != byte.value {
          found.append("connection \(report.id): offset \(offset) is not in packet \(byte.packet)")
        }
      }
    }
    return found
  }
}
