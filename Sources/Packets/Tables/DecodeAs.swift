/// Numbers that the user says to stand for an encapsulation, before the tables are asked: `udp.port==8472,vxlan`.
public struct DecodeAs: Sendable {
  /// Whose numbers.
  public enum Table: String, Sendable, CaseIterable {
    case udpPort = "udp.port"
    case ipProtocol = "ip.proto"
    case etherType = "ethertype"
  }

  private struct Rule: Sendable {
    var table: Table
    var numbers: ClosedRange<UInt32>
    var skipped: Int
    var reader: Encapsulation.Reader
  }

  private var rules: [Rule] = []

  public static var none: DecodeAs { DecodeAs() }

  public init() {}

  public var isEmpty: Bool { rules.isEmpty }

  /// Has what the numbers name read as `name`.
  ///
  /// - Parameters:
  ///   - table: the table of the numbers.
  ///   - numbers: the ports, protocols or types.
  ///   - skipped: bytes to pass over before what `name` means begins.
  ///   - name: one of `names`.
  /// - Returns: whether there is such a name; if not, nothing changes.
  public mutating func add(_ table: Table, _ numbers: ClosedRange<UInt16>, skipping skipped: Int = 0, as name: String) -> Bool {
    guard let row = Self.rows.first(where: { $0.name.description == name }), case .read(let reader) = row.content else { return false }
    rules.append(
      Rule(
        table: table, numbers: UInt32(numbers.lowerBound)...UInt32(numbers.upperBound), skipped: max(0, skipped), reader: reader))
    return true
  }

  /// The last rule for a number is the one that counts.
  @inline(never)
  func step(
    _ table: Table, _ number: UInt16, _ cursor: inout PacketCursor, in frame: Span<UInt8>
  ) throws(DecodeError) -> PacketCursor.Step? {
    guard let rule = rules.last(where: { $0.table == table && $0.numbers.contains(UInt32(number)) }) else { return nil }
    // What may be named as a payload can name the same number again: a rule counts as a layer.
    try cursor.nest()
    _ = try cursor.fixedHeader(rule.skipped, then: .ip, in: frame)
    return try rule.reader(&cursor, frame)
  }

  /// The names of what can be read at a number of one's own; Wireshark's where it has one.
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
