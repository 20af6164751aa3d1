/// One row of a table: a number that says what follows a header, and what is done with it.
///
/// A new encapsulation is one row and one function of `PacketCursor`. The tables are what the README, the help and the messages list.
struct Encapsulation: Sendable {
  /// Reads one header at the cursor and says what comes next.
  typealias Reader = @Sendable (inout PacketCursor, Span<UInt8>) throws(DecodeError) -> PacketCursor.Step

  enum Content: Sendable {
    case read(Reader)
    /// It can hold TCP, and cannot be read: it is encrypted, compressed, or nobody has written a reader.
    case unread
    /// A protocol that carries no TCP.
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
  /// Where the row of a number stands. The rows are sorted: O(log n).
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

  /// How what a number stands for is read; nil for what is not read.
  @inline(__always)
  func reader(_ number: UInt32) -> Encapsulation.Reader? {
    guard let place = place(of: number), case .read(let reader) = self[place].content else { return nil }
    return reader
  }

  /// The names of what is read, each once, in the order of the table.
  var namesRead: [String] {
    reduce(into: []) { names, row in
      let name = row.name.description
      if row.isRead, !names.contains(name) { names.append(name) }
    }
  }
}

/// What the decoder reads through on its way to a TCP segment, by name, from the tables that it decodes with.
public enum Encapsulations {
  public static var linkTypes: [String] { LinkTypes.rows.namesRead }
  /// Every link type of the table, for those who try all of them.
  package static var linkTypeNumbers: [Int32] { LinkTypes.rows.map { Int32(truncatingIfNeeded: $0.number) } }
  public static var etherTypes: [String] { EtherTypes.rows.namesRead }
  public static var ipProtocols: [String] { IPProtocols.rows.namesRead }
  public static var greTypes: [String] { GRETypes.rows.namesRead + GRETypes.enhanced.namesRead }
  /// Tunnels over UDP, with the ports that announce them.
  public static var udpPorts: [(name: String, ports: [UInt16])] {
    UDPPorts.rows.namesRead.map { name in
      (name, UDPPorts.rows.filter { $0.isRead && $0.name.description == name }.map { UInt16(truncatingIfNeeded: $0.number) })
    }
  }
}
