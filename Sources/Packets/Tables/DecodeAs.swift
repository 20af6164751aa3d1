/// User-defined encapsulations of ports, protocols and types, which precede the tables: `udp.port==8472,vxlan`.
public struct DecodeAs: Sendable {
  /// Kind of number that a rule matches.
  public enum Table: String, Sendable, CaseIterable {
    /// UDP ports.
    case udpPort = "udp.port"
    /// IP protocols.
    case ipProtocol = "ip.proto"
    /// Ethernet types.
    case etherType = "ethertype"
  }

  private struct Rule: Sendable {
    var table: Table
    var numbers: ClosedRange<UInt32>
    var skipped: Int
    var reader: Encapsulation.Reader
  }

  private var rules: [Rule] = []

  /// No rules: only the tables apply.
  public static var none: DecodeAs { DecodeAs() }

  /// Creates a value without rules.
  public init() {}

  /// Whether there are no rules.
  public var isEmpty: Bool { rules.isEmpty }

  /// Adds a rule that decodes the payload of some numbers as the encapsulation `name`.
  ///
  /// - Parameters:
  ///   - table: the kind of the numbers.
  ///   - numbers: the ports, protocols or types.
  ///   - skipped: the number of bytes to skip before the encapsulation begins.
  ///   - name: one of `names`.
  /// - Returns: whether there is such a name; if not, nothing changes.
  public mutating func add(_ table: Table, _ numbers: ClosedRange<UInt16>, skipping skipped: Int = 0, as name: String) -> Bool {
    guard let row = Self.rows.first(where: { $0.name.description == name }), case .read(let reader) = row.content else { return false }
    rules.append(
      Rule(
        table: table, numbers: UInt32(numbers.lowerBound)...UInt32(numbers.upperBound), skipped: max(0, skipped), reader: reader))
    return true
  }

  /// Reads the payload of a number by the last rule for it.
  @inline(never)
  func step(
    _ table: Table, _ number: UInt16, _ cursor: inout PacketCursor, in frame: Span<UInt8>
  ) throws(DecodeError) -> PacketCursor.Step? {
    guard let rule = rules.last(where: { $0.table == table && $0.numbers.contains(UInt32(number)) }) else { return nil }
    // The payload of a rule can have the same number again, so a rule counts as a layer.
    try cursor.nest()
    _ = try cursor.fixedHeader(rule.skipped, then: .ip, in: frame)
    return try rule.reader(&cursor, frame)
  }

  /// Names of the encapsulations that a rule can refer to, as Wireshark spells them if it has the encapsulation.
  public static var names: [String] { rows.map { $0.name.description } }

  private static let rows: [Encapsulation] = [
    Encapsulation(0, "aruba_erm") { (cursor, frame) throws(DecodeError) in try cursor.arubaMirror(in: frame) },
    Encapsulation(0, "capwap.data") { (cursor, frame) throws(DecodeError) in try cursor.capwap(in: frame) },
    Encapsulation(0, "eth") { (_, _) throws(DecodeError) in .ethernet },
    Encapsulation(0, "etherip") { (cursor, frame) throws(DecodeError) in try cursor.etherIP(in: frame) },
    Encapsulation(0, "geneve") { (cursor, frame) throws(DecodeError) in try cursor.geneve(in: frame) },
    Encapsulation(0, "gre") { (cursor, frame) throws(DecodeError) in try cursor.gre(in: frame) },
    Encapsulation(0, "gtp") { (cursor, frame) throws(DecodeError) in try cursor.gtpUser(in: frame) },
    Encapsulation(0, "gue") { (cursor, frame) throws(DecodeError) in try cursor.genericUDP(in: frame) },
    Encapsulation(0, "hp_erm") { (cursor, frame) throws(DecodeError) in try cursor.fixedHeader(12, then: .ethernet, in: frame) },
    Encapsulation(0, "ip") { (_, _) throws(DecodeError) in .ip },
    Encapsulation(0, "l2tp") { (cursor, frame) throws(DecodeError) in try cursor.layer2Tunnel(in: frame) },
    Encapsulation(0, "lisp-data") { (cursor, frame) throws(DecodeError) in try cursor.lisp(in: frame) },
    Encapsulation(0, "llc") { (_, _) throws(DecodeError) in .llc },
    Encapsulation(0, "mpls") { (_, _) throws(DecodeError) in .mpls },
    Encapsulation(0, "nsh") { (cursor, frame) throws(DecodeError) in try cursor.serviceHeader(in: frame) },
    Encapsulation(0, "ppp") { (_, _) throws(DecodeError) in .ppp },
    Encapsulation(0, "teredo") { (cursor, frame) throws(DecodeError) in try cursor.teredo(in: frame) },
    Encapsulation(0, "tzsp") { (cursor, frame) throws(DecodeError) in try cursor.sniffed(in: frame) },
    Encapsulation(0, "vlan") { (cursor, frame) throws(DecodeError) in try cursor.vlan(in: frame) },
    Encapsulation(0, "vxlan") { (cursor, frame) throws(DecodeError) in try cursor.vxlan(in: frame) },
    Encapsulation(0, "vxlan_gpe") { (cursor, frame) throws(DecodeError) in try cursor.vxlanGeneric(in: frame) },
    Encapsulation(0, "wlan") { (cursor, frame) throws(DecodeError) in try cursor.wirelessLAN(in: frame) },
  ]
}
