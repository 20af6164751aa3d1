internal import Packets
internal import TestSupport

extension HuntScript {
  /// The script as a test of the engine can state it: lines for `Conversation`, and the command line.
  package var text: String {
    let arguments = options.arguments.joined(separator: " ")
    var lines = ["// reasm -r finding.pcap -o out \(arguments)"]
    if options.rejectsEvery > 0 { lines.append("// every packet that \(options.rejectsEvery) divides is turned away") }
    if options.keptPart > 0 { lines.append("// streams keep the last part of \(options.keptPart) of each delivery") }
    lines.append("var c = Conversation()")
    var time: Int64?
    for (index, packet) in packets.enumerated() {
      if time == nil || time != packet.time { lines.append("c.time = Conversation.epoch + \(packet.time - Conversation.epoch)") }
      time = packet.time + 1_000_000
      lines += Self.lines(packet, number: index + 1, cut: packet.length - packet.captured(link).range.count)
    }
    return lines.joined(separator: "\n")
  }

  private static func lines(_ packet: HuntPacket, number: Int, cut: Int) -> [String] {
    var remarks: [String] = []
    if !packet.vlans.isEmpty { remarks.append("vlan \(packet.vlans)") }
    if let tunnel = packet.tunnel { remarks.append("in \(tunnel)") }
    if packet.hasBadChecksum { remarks.append("bad checksum") }
    if packet.isPadded { remarks.append("padded") }
    if packet.statesNoLength { remarks.append("IP length 0") }
    if packet.cut > 0 { remarks.append("\(packet.cut) bytes of the frame cut off") }
    if let fragment = packet.fragment {
      let kind = fragment.isOuter ? "outer " : ""
      remarks.append(
        "\(kind)fragment \(fragment.identification): \(fragment.offset)..<\(fragment.offset + fragment.length)\(fragment.more ? "" : ", last")"
          + (fragment.salt == 0 ? "" : ", other bytes"))
    }
    var lines: [String] = []
    lines.append("// \(number)" + (remarks.isEmpty ? "" : ": " + remarks.joined(separator: ", ")))
    lines.append(
      "c.add(TestSegment(source: \(endpoint(packet.source)), destination: \(endpoint(packet.destination)), sequence: \(packet.sequence), "
        + "acknowledgment: \(packet.acknowledgment), flags: \(flags(packet)), payload: \(payload(packet))))")
    if cut > 0, packet.fragment == nil { lines.append("c.changeLast { $0.cut = \(cut) }") }
    if packet.window != 65_535 { lines.append("c.changeLast { $0.window = \(packet.window) }") }
    if !packet.tcpOptions.isEmpty { lines.append("c.changeLast { $0.options = \(packet.tcpOptions) }") }
    return lines
  }

  private static func endpoint(_ end: HuntEndpoint) -> String {
    "Endpoint(\"\(end.address)\", \(end.port))"
  }

  private static func flags(_ packet: HuntPacket) -> String {
    let names: [(TCPFlags, String)] = [
      (.fin, ".fin"), (.syn, ".syn"), (.rst, ".rst"), (.psh, ".psh"), (.ack, ".ack"), (.urg, ".urg"), (.ece, ".ece"), (.cwr, ".cwr"),
    ]
    return "[" + names.filter { packet.tcpFlags.contains($0.0) }.map(\.1).joined(separator: ", ") + "]"
  }

  private static func payload(_ packet: HuntPacket) -> String {
    packet.length <= 24 ? "\(packet.payload)" : "/* \(packet.length) bytes of finding.pcap */ .letters(\(packet.length))"
  }
}
