internal import Packets
internal import Reassembly

/// Wireshark's display filter for the packets of one connection.
///
/// Endpoints are compared in both directions: `ip.addr` and `tcp.port` alone would also take the connection with swapped ports. Errors of
/// ICMP quote the headers of a segment, and Wireshark shows them under the same names, so they are left out.
///
///     ((ip.src==10.0.0.1 && tcp.srcport==40000 && ip.dst==10.0.0.2 && tcp.dstport==80) || (ip.src==10.0.0.2 && tcp.srcport==80 &&
///       ip.dst==10.0.0.1 && tcp.dstport==40000)) && !icmp && frame.number>=1 && frame.number<=9
struct DisplayFilter {
  /// Greatest number of bytes of one comparison.
  private static let room = 512

  /// Connections are told apart by these layers besides the endpoints.
  let scopes: KeyScopes

  /// Appends the filter of a completed connection, which needs no escaping in JSON.
  func append(_ connection: ConnectionStream, _ report: ConnectionReport, to text: inout [UInt8]) {
    let isOneInput = connection.firstPacket.input == report.lastInfo.input
    append(
      report.key, layers: connection.layers?.path, frames: isOneInput ? (connection.firstPacket.number, report.lastInfo.packetNumber) : nil,
      to: &text)
  }

  /// Appends a filter.
  ///
  /// - Parameters:
  ///   - key: the endpoints.
  ///   - layers: the tags and tunnels around the first packet.
  ///   - frames: the numbers of the first and the last packet; nil if they count in different inputs.
  ///   - text: takes the filter, which needs no escaping in JSON.
  func append(_ key: FlowKey, layers: LayerPath?, frames: (first: UInt64, last: UInt64)?, to text: inout [UInt8]) {
    text.append(addingCapacity: Self.room) { words in
      words.append(text: "((")
      Self.append(key, to: &words)
      words.append(text: ") || (")
      Self.append(key.reversed, to: &words)
      words.append(text: key.source.family == .v4 ? ")) && !icmp" : ")) && !icmpv6")
      guard let frames else { return }
      words.append(text: " && frame.number>=")
      words.append(decimal: frames.first)
      words.append(text: " && frame.number<=")
      words.append(decimal: frames.last)
    }
    if !scopes.isEmpty { append(layers ?? LayerPath(), to: &text) }
  }

  private static func append(_ key: FlowKey, to words: inout OutputSpan<UInt8>) {
    let isIPv4 = key.source.family == .v4
    words.append(text: isIPv4 ? "ip.src==" : "ipv6.src==")
    words.append(address: key.source)
    words.append(text: " && tcp.srcport==")
    words.append(decimal: UInt64(key.sourcePort))
    words.append(text: isIPv4 ? " && ip.dst==" : " && ipv6.dst==")
    words.append(address: key.destination)
    words.append(text: " && tcp.dstport==")
    words.append(decimal: UInt64(key.destinationPort))
  }

  /// Appends comparisons of the layers that tell connections apart.
  private func append(_ layers: LayerPath, to text: inout [UInt8]) {
    var seen: Set<LayerPath.Kind> = []
    for index in 0..<layers.count {
      let layer = layers[index]
      guard scopes.contains(layer.kind == .vlan ? .vlan : .tunnel), let field = Self.field(of: layer) else { continue }
      seen.insert(layer.kind)
      text.append(text: " && \(field)==\(layer.id)")
    }
    if scopes.contains(.vlan), !seen.contains(.vlan) { text.append(text: " && !vlan") }
    guard scopes.contains(.tunnel) else { return }
    for (kind, protocolName) in Self.tunnels where !seen.contains(kind) { text.append(text: " && !\(protocolName)") }
  }

  /// Wireshark's name of the number of a layer; nil if it has none.
  private static func field(of layer: LayerPath.Layer) -> String? {
    switch layer.kind {
    case .vlan: "vlan.id"
    case .mpls: "mpls.label"
    case .pppoe: "pppoe.session_id"
    case .vxlan: "vxlan.vni"
    case .geneve: "geneve.vni"
    case .erspan: "erspan.spanid"
    case .gtpu: "gtp.teid"
    case .gre: layer.id == 0 ? nil : "gre.key"
    case .ipip, .pbb, .vntag, .etag, .frameRelay, .l2tp, .lisp, .eoip: nil
    }
  }

  /// Wireshark's names of the tunnels that a connection without them does not have.
  private static let tunnels: [(LayerPath.Kind, String)] = [
    (.mpls, "mpls"), (.pppoe, "pppoes"), (.vxlan, "vxlan"), (.geneve, "geneve"), (.erspan, "erspan"), (.gtpu, "gtp"),
  ]
}
