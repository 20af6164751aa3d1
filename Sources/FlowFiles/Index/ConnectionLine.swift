internal import Glibc
internal import Packets
internal import Paths
internal import Reassembly

/// Writer of a connection's index line: first the members that are always present, then those that are neither zero nor empty.
struct ConnectionLine {
  private var communityID: CommunityID
  private let displayFilter: DisplayFilter
  /// Whether each packet number has its input beside it, because there are several inputs.
  let namesInputs: Bool
  private let isFull: Bool
  private let readsHTTP: Bool
  private let writesCaptures: Bool

  /// Creates a writer.
  ///
  /// - Parameter options: the options of the run.
  /// - Throws: `OutputError` if libcrypto has no SHA-1.
  init(_ options: FlowFileOptions) throws(OutputError) {
    communityID = try CommunityID()
    namesInputs = options.inputCount > 1
    isFull = options.indexForm == .full
    readsHTTP = options.http != nil
    writesCaptures = options.captures != nil
    displayFilter = DisplayFilter(scopes: options.keyScopes)
  }

  /// Writes the line; `event` comes first if the line is sent as an event, which always has the short form.
  mutating func write(_ connection: ConnectionStream, _ report: ConnectionReport, event: StaticString? = nil, to json: inout JSONWriter) {
    json.isFull = isFull && event == nil
    defer { json.isFull = false }
    json.beginObject()
    if let event {
      json.key("event")
      json.word(event)
    }
    json.key("id")
    json.integer(report.id)
    json.key("community_id")
    json.string { writer in writer.appendPlain { communityID.append(report.key, to: &$0) } }
    let toServer = report.client == .originator ? report.key : report.key.reversed
    json.endpoint("client", toServer.source, toServer.sourcePort)
    json.endpoint("server", toServer.destination, toServer.destinationPort)
    json.key("client_by")
    json.word(report.clientBy.name)
    layers(connection.layers, &json)
    json.key("start")
    json.time(connection.start)
    json.key("end")
    json.time(report.lastInfo.time)
    if json.isFull {
      json.seconds("start_epoch", connection.start.nanoseconds)
      json.seconds("duration", report.lastInfo.time.nanoseconds &- connection.start.nanoseconds)
    }
    json.key("first_packet")
    json.integer(connection.firstPacket.number)
    json.key("last_packet")
    json.integer(report.lastInfo.packetNumber)
    if namesInputs || json.isFull {
      json.key("first_input")
      json.integer(UInt64(connection.firstPacket.input))
      json.key("last_input")
      json.integer(UInt64(report.lastInfo.input))
    }
    json.key("display_filter")
    json.string { writer in writer.appendPlain { displayFilter.append(connection, report, to: &$0) } }
    json.key("handshake")
    json.word(report.handshake.name)
    json.key("close")
    json.word(report.close.name)
    timing(report, &json)
    let members = connection.stages?.members ?? []
    if !members.contains(.tls) { json.nullIfFull("tls") }
    connection.stages?.write(to: &json, report)
    if readsHTTP, !members.contains(.http) { json.nullIfFull("http") }
    if writesCaptures { capture(connection.capture, &json) }
    json.key("client_to_server")
    direction(report.client, connection, report, &json)
    json.key("server_to_client")
    direction(report.client.other, connection, report, &json)
    json.endObject()
    json.endLine()
  }

  private func capture(_ capture: ConnectionCapture?, _ json: inout JSONWriter) {
    if let path = capture?.path {
      json.path("pcap", FilePath(path))
    } else {
      json.key("pcap")
      json.null()
      json.nullIfFull("pcap_base64")
    }
    json.unlessZero("pcap_missing", capture?.missing ?? 0)
  }

  private func layers(_ shared: SharedLayers?, _ json: inout JSONWriter) {
    guard shared != nil || json.isFull else { return }
    let layers = shared?.path ?? LayerPath()
    json.key("layers")
    json.beginArray()
    for index in 0..<layers.count {
      let layer = layers[index]
      json.string { writer in
        writer.appendPlain { text in
          text.append(addingCapacity: 64) { word in
            word.append(text: layer.kind.name)
            word.append(0x3a)
            word.append(decimal: UInt64(layer.id))
          }
        }
      }
    }
    json.endArray()
  }

  private func direction(_ side: Side, _ connection: ConnectionStream, _ report: ConnectionReport, _ json: inout JSONWriter) {
    let half = report[side]
    let file = connection.existingFile(of: side)
    let account = FileAccount(half, file)
    json.beginObject()
    if let file, file.isCreated {
      file.writePath(to: &json)
    } else {
      json.key("file")
      json.null()
      json.nullIfFull("file_base64")
      json.nullIfFull("member")
    }
    json.key("complete")
    let isComplete = !IncompleteReason.anyHolds(for: half, file)
    json.bool(isComplete)
    if !isComplete || json.isFull { incompleteness(half, file, &json) }
    json.key("whole_bytes")
    json.bool(file?.notes?.hasInnerGap != true && (file?.notes?.conflictCount ?? 0) == 0)
    json.key("start")
    json.word(half.start.name)
    json.key("end")
    json.word(half.end.name)
    if let sequence = half.firstSequence {
      json.key("seq")
      json.integer(UInt64(sequence.rawValue))
    } else {
      json.nullIfFull("seq")
    }
    json.key("packets")
    json.integer(half.packets)
    json.key("bytes")
    json.integer(account.bytes)
    figures(half, account, file, since: connection.start, &json)
    if connection.stages?.members.contains(.clear) != true { json.nullIfFull("clear") }
    connection.stages?.write(side, to: &json)
    json.endObject()
  }

  private func incompleteness(_ half: HalfReport, _ file: FlowFile?, _ json: inout JSONWriter) {
    json.key("incomplete_because")
    json.beginArray()
    for reason in IncompleteReason.allCases where reason.holds(for: half, file) { json.word(reason.name) }
    json.endArray()
  }

  /// Writes the figures that are left out if they are zero, empty, or equal to `bytes`.
  private func figures(_ half: HalfReport, _ account: FileAccount, _ file: FlowFile?, since start: Timestamp, _ json: inout JSONWriter) {
    let listed = file?.notes?.listed()
    json.integer("length", account.length, unless: account.bytes)
    json.integer("payload_bytes", half.payloadBytes, unless: account.bytes)
    json.integer("file_size", file?.isWithheld == true ? 0 : file?.fileSize ?? 0, unless: account.bytes)
    json.unlessZero("truncated_bytes", account.truncatedBytes)
    json.unlessZero("gap_count", half.gapCount)
    json.unlessZero("gap_bytes", half.gapBytes)
    gaps(listed?.gaps ?? [], &json)
    json.unlessZero("retransmitted_bytes", half.retransmittedBytes)
    json.unlessZero("out_of_order_packets", half.outOfOrderPackets)
    timing(half, since: start, &json)
    json.unlessZero("conflict_count", file?.notes?.conflictCount ?? 0)
    conflicts(listed?.conflicts ?? [], &json)
    json.tally("dropped", half.dropped, and: (IncompleteReason.belowMinimum.name, account.withheldBytes)) { $0.name }
    json.tally("anomalies", half.anomalies) { $0.name }
    if let sha256 = file?.sha256 {
      json.key("sha256")
      json.hexadecimal(sha256)
    } else {
      json.nullIfFull("sha256")
    }
    if let failure = file?.failure {
      json.key("write_error")
      json.string(failure.description)
    } else {
      json.nullIfFull("write_error")
    }
  }

  private func gaps(_ gaps: [ListedGap], _ json: inout JSONWriter) {
    guard !gaps.isEmpty || json.isFull else { return }
    json.key("gaps")
    json.beginArray()
    for listed in gaps {
      json.beginObject()
      json.key("offset")
      json.integer(listed.gap.offset)
      json.key("length")
      json.integer(listed.gap.length)
      json.key("kind")
      json.word(listed.gap.kind.name)
      json.key("by")
      json.word(listed.gap.cause.name)
      json.key("acked")
      json.bool(listed.gap.acknowledged)
      json.key("file_offset")
      json.integer(listed.fileOffset)
      json.key("file_length")
      json.integer(listed.fileLength)
      json.endObject()
    }
    json.endArray()
  }

  private func conflicts(_ conflicts: [ListedConflict], _ json: inout JSONWriter) {
    guard !conflicts.isEmpty || json.isFull else { return }
    json.key("conflicts")
    json.beginArray()
    for conflict in conflicts {
      json.beginObject()
      json.key("offset")
      json.integer(conflict.offset)
      json.key("length")
      json.integer(conflict.length)
      version("kept", conflict.keptBy, conflict.kept, &json)
      version("other", conflict.otherBy, conflict.other, &json)
      json.endObject()
    }
    json.endArray()
  }

  private func version(_ name: StaticString, _ packet: PacketReference?, _ data: [UInt8], _ json: inout JSONWriter) {
    json.key(name)
    json.beginObject()
    json.key("packet")
    if let packet {
      json.integer(packet.number)
      if namesInputs {
        json.key("input")
        json.integer(UInt64(packet.input))
      }
    } else {
      json.null()
    }
    json.key("data")
    json.base64(data)
    json.endObject()
  }
}

extension JSONWriter {
  /// Writes an object of the counts that are not zero; nothing if all counts are zero.
  ///
  /// `further` is a count that the engine does not have.
  mutating func tally<Case>(
    _ name: StaticString, _ tally: Tally<Case>, and further: (name: StaticString, count: UInt64)? = nil, _ caseName: (Case) -> String
  ) {
    guard isFull || !tally.isZero || (further?.count ?? 0) != 0 else { return }
    key(name)
    beginObject()
    for reason in Case.allCases where isFull || tally[reason] != 0 {
      key(named: caseName(reason))
      integer(tally[reason])
    }
    if let further { unlessZero(further.name, further.count) }
    endObject()
  }
}
