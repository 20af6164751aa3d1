/// Tunnels over UDP by port, sorted: the destination port decides, else the source port.
///
/// A port proves nothing. If its payload does not decode as the tunnel, the port is assumed to have another use: the datagram is not TCP,
/// and not malformed.
enum UDPPorts {
  static let rows: [Encapsulation] = [
    Encapsulation(500, "IKE", .noTCP),
    Encapsulation(1194, "OpenVPN", .unread),
    Encapsulation(1701, "L2TP") { (cursor, frame) throws(DecodeError) in try cursor.layer2Tunnel(in: frame) },
    Encapsulation(2123, "GTP-C", .noTCP),
    Encapsulation(2152, "GTP-U") { (cursor, frame) throws(DecodeError) in try cursor.gtpUser(in: frame) },
    Encapsulation(3544, "Teredo") { (cursor, frame) throws(DecodeError) in try cursor.teredo(in: frame) },
    Encapsulation(4341, "LISP") { (cursor, frame) throws(DecodeError) in try cursor.lisp(in: frame) },
    Encapsulation(4342, "LISP control", .noTCP),
    Encapsulation(4500, "IPsec NAT traversal", .unread),
    Encapsulation(4754, "GRE in UDP") { (cursor, frame) throws(DecodeError) in try cursor.gre(in: frame) },
    Encapsulation(4755, "GRE in DTLS", .unread),
    Encapsulation(4789, "VXLAN") { (cursor, frame) throws(DecodeError) in try cursor.vxlan(in: frame) },
    Encapsulation(4790, "VXLAN-GPE") { (cursor, frame) throws(DecodeError) in try cursor.vxlanGeneric(in: frame) },
    Encapsulation(5246, "CAPWAP control", .noTCP),
    Encapsulation(5247, "CAPWAP") { (cursor, frame) throws(DecodeError) in try cursor.capwap(in: frame) },
    Encapsulation(5555, "Aruba ERM") { (cursor, frame) throws(DecodeError) in try cursor.arubaMirror(in: frame) },
    Encapsulation(6080, "GUE") { (cursor, frame) throws(DecodeError) in try cursor.genericUDP(in: frame) },
    Encapsulation(6081, "Geneve") { (cursor, frame) throws(DecodeError) in try cursor.geneve(in: frame) },
    Encapsulation(6635, "MPLS in UDP") { (_, _) throws(DecodeError) in .mpls },
    Encapsulation(6636, "MPLS in DTLS", .unread),
    Encapsulation(7932, "HP ERM") { (cursor, frame) throws(DecodeError) in try cursor.fixedHeader(12, then: .ethernet, in: frame) },
    Encapsulation(8472, "VXLAN") { (cursor, frame) throws(DecodeError) in try cursor.vxlan(in: frame) },
    Encapsulation(12222, "LWAPP", .unread),
    Encapsulation(12223, "LWAPP control", .noTCP),
    Encapsulation(37008, "TZSP") { (cursor, frame) throws(DecodeError) in try cursor.sniffed(in: frame) },
    Encapsulation(48879, "VXLAN") { (cursor, frame) throws(DecodeError) in try cursor.vxlan(in: frame) },
    Encapsulation(51820, "WireGuard", .unread),
  ]
}
