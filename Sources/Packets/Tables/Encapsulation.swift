/// One row of a table: a number that identifies the payload of a header, and how the payload is decoded.
///
/// A new encapsulation is one row and one function of `PacketCursor`. The README, the help and the messages list the tables.
struct Encapsulation: Sendable {
  /// Function that reads one header at the cursor and returns the next step.
  typealias Reader = @Sendable (inout PacketCursor, Span<UInt8>) throws(DecodeError) -> PacketCursor.Step

  enum Content: Sendable {
    case read(Reader)
    /// The payload can hold TCP and cannot be read: it is encrypted or compressed, or there is no reader for it.
    case unread
    /// The protocol carries no TCP.
    case noTCP
  }

  let number: UInt32
  let name: StaticString
  let content: Content

  init(_ number: UInt32, _ name: StaticString, _ content: Content) {
    self.number = number
    self.name = name
    self.content = content
  }

  init(_ number: UInt32, _ name: StaticString, _ reader: @escaping Reader) { self.init(number, name, .read(reader)) }

  var isRead: Bool {
    if case .read = content { true } else { false }
  }
}

extension [Encapsulation] {
  /// Returns the index of the row of a number.
  ///
  /// The rows are sorted: O(log n).
  @inline(__always)
  func place(of number: UInt32) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) >> 1
      if self[middle].number < number { low = middle &+ 1 } else { high = middle }
    }
    return low < count && self[low].number == number ? low : nil
  }

  func row(_ number: UInt32) -> Encapsulation? { place(of: number).map { self[$0] } }

  /// Returns the reader of a number; nil if its payload is not read.
  @inline(__always)
  func reader(_ number: UInt32) -> Encapsulation.Reader? {
    guard let place = place(of: number), case .read(let reader) = self[place].content else { return nil }
    return reader
  }

  /// Names of the encapsulations that are read, each once, in the order of the table.
  var namesRead: [String] {
    reduce(into: []) { names, row in
      let name = row.name.description
      if row.isRead, !names.contains(name) { names.append(name) }
    }
  }
}

/// Names of the encapsulations that the decoder reads on its way to a TCP segment, from the tables that it decodes with.
public enum Encapsulations {
  /// Link types that are read.
  public static var linkTypes: [String] { LinkTypes.rows.namesRead }
  /// Every link type of the table, for tests that try all of them.
  package static var linkTypeNumbers: [Int32] { LinkTypes.rows.map { Int32(truncatingIfNeeded: $0.number) } }
  /// Payloads of Ethernet types that are read.
  public static var etherTypes: [String] { EtherTypes.rows.namesRead }
  /// Payloads of IP protocols that are read.
  public static var ipProtocols: [String] { IPProtocols.rows.namesRead }
  /// Payloads of GRE that are read and that have a type only in GRE.
  public static var greTypes: [String] { GRETypes.rows.namesRead + GRETypes.enhanced.namesRead }
  /// Tunnels over UDP that are read, with the ports that identify them.
  public static var udpPorts: [(name: String, ports: [UInt16])] {
    UDPPorts.rows.namesRead.map { name in
      (name, UDPPorts.rows.filter { $0.isRead && $0.name.description == name }.map { UInt16(truncatingIfNeeded: $0.number) })
    }
  }
}
