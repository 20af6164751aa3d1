internal import Packets
internal import Reassembly
internal import Report

/// What report.html shows of one connection besides its line, its points and its first bytes.
struct DetailFacts {
  var firstPacket: UInt64 = 0
  var lastPacket: UInt64 = 0
  /// Display filter of Wireshark for the connection.
  var displayFilter = ""
  /// Time of the first packet as text.
  var startText = ""
  /// Times of the connection as text.
  var times: [(name: String, value: String)] = []
  var fromClient = ConnectionDetail.Direction()
  var fromServer = ConnectionDetail.Direction()

  init() {}

  init(_ facts: ConnectionFacts, _ filter: DisplayFilter) {
    let (connection, report) = (facts.connection, facts.report)
    firstPacket = connection.firstPacket.number
    lastPacket = report.lastInfo.packetNumber
    fromClient = facts.direction(report.client)
    fromServer = facts.direction(report.client.other)
    var text: [UInt8] = []
    filter.append(connection, report, to: &text)
    displayFilter = String(decoding: text, as: UTF8.self)
    startText = "\(report.start)"
    times = facts.times
  }
}
