import Packets
import Reassembly
import Testing

@testable import FlowFiles

/// Coding of the records of an order file.
@Suite struct OrderCodingTests {
  private static let records: [OrderRecord] = {
    let key = FlowKey(
      source: IPAddress(v4: 0x0a00_0001), destination: IPAddress(v4: 0x0a00_0002), sourcePort: 40_000, destinationPort: 80)
    var values = NameValues(key: key, vlan: 42, count: 3, id: 300, time: Timestamp(nanoseconds: -5))
    values.clearOf = 2
    let body = Array("http/h/a".utf8)
    let events: [OrderRecord.Event] = [
      .made, .completed(id: 200), .named(OrderRecord.NamedFile(values: values, number: 7)), .exchange(id: 1, hasEntry: true),
      .exchange(id: .max >> 1, hasEntry: false), .message(id: 2), .entry(id: 3), .memory(most: 0, after: -4_096),
      .memory(most: .max, after: .min),
      .body(BodyName(connection: 9, exchange: 1, parts: .path(body)), path: body),
      .body(BodyName(connection: 9, exchange: 1, parts: .extended(body, suffix: Array(".raw".utf8))), path: body + Array(".raw~2".utf8)),
      .body(BodyName(connection: 9, exchange: 2, parts: .numbered(body)), path: body),
    ]
    let places = [
      EventPlace(packet: 5, step: .timer, number: -7, kind: 3, rank: 8), EventPlace(packet: 700, step: .segment, number: 2),
      EventPlace(packet: 700, step: .end, rank: 4),
    ]
    return places.flatMap { place in events.map { OrderRecord(place: place, event: $0) } }
  }()

  @Test func everyRecordIsReadAsItWasWritten() {
    var bytes: [UInt8] = []
    var packet: UInt64 = 0
    for record in Self.records {
      OrderCoding.append(record, after: packet, to: &bytes)
      packet = record.place.packet
    }
    let summary = OrderSummary(packets: 1, mostConnections: 2, mostBytes: 3, room: 4, mostCopies: .max)
    OrderCoding.append(summary, to: &bytes)
    var rest = OrderBytes(bytes)
    packet = 0
    for record in Self.records {
      guard case .record(let found)? = OrderCoding.decode(&rest, after: packet) else {
        Issue.record("\(record) is not read")
        return
      }
      #expect(found == record)
      packet = found.place.packet
    }
    guard case .end(let end)? = OrderCoding.decode(&rest, after: packet) else {
      Issue.record("the summary is not read")
      return
    }
    #expect(end == summary && rest.position == bytes.count)
  }

  @Test func whatIsCutOffIsRefused() {
    for record in Self.records {
      var bytes: [UInt8] = []
      OrderCoding.append(record, after: 0, to: &bytes)
      for length in 0..<bytes.count {
        var rest = OrderBytes(Array(bytes[..<length]))
        #expect(OrderCoding.decode(&rest, after: 0) == nil, "\(record) at \(length)")
      }
    }
  }
}
