internal import Packets
internal import Reassembly

/// Announcer of events, which writes them as lines of JSON for a listener.
final class Announcer {
  let listener: any FlowListener
  private var json = JSONWriter()
  private var line: ConnectionLine

  init(_ listener: any FlowListener, options: FlowFileOptions) throws(OutputError) {
    self.listener = listener
    line = try ConnectionLine(options)
  }

  /// Announces a connection with its first packet, whose source is the originator.
  func opened(_ opening: ConnectionOpening) {
    guard listener.wantsEvents else { return }
    begin("opened", opening.id)
    json.endpoint("from", opening.key.source, opening.key.sourcePort)
    json.endpoint("to", opening.key.destination, opening.key.destinationPort)
    json.key("time")
    json.time(opening.info.time)
    packet("packet", PacketReference(opening.info), input: "input")
    end()
  }

  func found(_ gap: Gap, in connection: ConnectionStream, from side: Side) {
    guard listener.wantsEvents else { return }
    begin("gap", connection.id)
    direction(connection, side)
    json.key("offset")
    json.integer(gap.offset)
    json.key("length")
    json.integer(gap.length)
    json.key("kind")
    json.word(gap.kind.name)
    json.key("by")
    json.word(gap.cause.name)
    json.key("acked")
    json.bool(gap.acknowledged)
    end()
  }

  /// Announces a conflict that the index will list; a packet can have hundreds of others, which are only counted there.
  func found(_ conflict: ListedConflict, in connection: ConnectionStream, from side: Side) {
    guard listener.wantsEvents else { return }
    begin("conflict", connection.id)
    direction(connection, side)
    json.key("offset")
    json.integer(conflict.offset)
    json.key("length")
    json.integer(conflict.length)
    if let kept = conflict.keptBy { packet("kept_packet", kept, input: "kept_input") }
    packet("other_packet", conflict.otherBy, input: "other_input")
    end()
  }

  /// Announces a connection whose files are complete: its index line, and an event with `"event":"closed"` in front.
  func closed(_ connection: ConnectionStream, _ report: ConnectionReport) {
    if listener.wantsEvents {
      line.write(connection, report, event: "closed", to: &json)
      send { listener.happened($0) }
    }
    line.write(connection, report, event: nil, to: &json)
    send { listener.completed($0) }
  }

  private func begin(_ event: StaticString, _ id: UInt64) {
    json.beginObject()
    json.key("event")
    json.word(event)
    json.key("id")
    json.integer(id)
  }

  /// Writes the endpoints of the sender and receiver, and the file unless the direction has none yet.
  private func direction(_ connection: ConnectionStream, _ side: Side) {
    let key = side == .originator ? connection.key : connection.key.reversed
    json.endpoint("from", key.source, key.sourcePort)
    json.endpoint("to", key.destination, key.destinationPort)
    guard let file = connection.existingFile(of: side), file.nameNumber > 0 else { return }
    file.writePath(to: &json)
  }

  private func packet(_ name: StaticString, _ packet: PacketReference, input: StaticString) {
    json.key(name)
    json.integer(packet.number)
    guard line.namesInputs else { return }
    json.key(input)
    json.integer(UInt64(packet.input))
  }

  private func end() {
    json.endObject()
    json.endLine()
    send { listener.happened($0) }
  }

  private func send(_ take: (UnsafeBufferPointer<UInt8>) -> Void) {
    json.bytes.withUnsafeBufferPointer(take)
    json.removeAll()
  }
}

extension JSONWriter {
  mutating func endpoint(_ name: StaticString, _ ip: IPAddress, _ port: UInt16) {
    key(name)
    beginObject()
    key("ip")
    address(ip)
    key("port")
    integer(UInt64(port))
    endObject()
  }
}
