package import Packets
internal import Reassembly

/// Values of the tokens of a template, for one direction of one connection.
package struct NameValues: Equatable {
  /// Endpoints, with the sender of the direction as the source.
  package var key: FlowKey
  /// Outermost VLAN id of the connection's first packet.
  package var vlan: UInt32?
  /// Number of earlier connections of these addresses and ports that wrote a file.
  package var count: UInt32
  /// Id of the connection.
  package var id: UInt64
  /// Time of the connection's first packet.
  package var time: Timestamp
  /// Ethernet addresses of the connection's first packet, with the sender of the direction as the source.
  package var ethernet: EthernetAddresses?
  /// For the clear bytes of a direction: the number of its stream's file among equal names, 1 for the first.
  package var clearOf: UInt32?
  /// Whether the name is that of the connection's capture.
  package var isCapture = false

  package init(key: FlowKey, vlan: UInt32?, count: UInt32, id: UInt64, time: Timestamp) {
    self.key = key
    self.vlan = vlan
    self.count = count
    self.id = id
    self.time = time
  }

  /// Creates the values of a direction of a connection, whose originator is the source of `key` and `ethernet`.
  init(of side: Side, key: FlowKey, vlan: UInt32?, count: UInt32, id: UInt64, time: Timestamp, ethernet: EthernetAddresses?) {
    self.init(key: side == .originator ? key : key.reversed, vlan: vlan, count: count, id: id, time: time)
    self.ethernet = ethernet.map {
      side == .originator ? $0 : EthernetAddresses(source: $0.destination, destination: $0.source)
    }
  }
}

extension NameTemplate {
  /// Appends the path for `values`, relative to the output directory, without a NUL.
  package func render(_ values: NameValues, into path: inout [UInt8]) {
    let start = path.count
    var componentStart = start
    var index = 0
    while true {
      path.append(addingCapacity: Self.maxComponentLength) { component in
        while index < pieces.count, Self.render(pieces[index], values, into: &component) { index += 1 }
      }
      let isLast = index == pieces.count
      Self.makeSafe(&path, from: componentStart, isFolder: !isLast, isFirst: componentStart == start)
      if isLast { return }
      path.append(0x2f)
      componentStart = path.count
      index += 1
    }
  }

  /// Prefixes a component with `_` if it is empty, a dot name, or a folder with a reserved name.
  private static func makeSafe(_ path: inout [UInt8], from start: Int, isFolder: Bool, isFirst: Bool) {
    let length = path.count - start
    guard length <= 2 || (isFolder && isFirst) else { return }
    let component = path[start...]
    let dots = component.count <= 2 && component.allSatisfy { $0 == 0x2e }
    if dots || (isFolder && isFirst && ReservedNames.contains(component)) { path.insert(0x5f, at: start) }
  }

  /// Appends a piece, and returns false for a slash, which ends its component.
  private static func render(_ piece: Piece, _ values: NameValues, into text: inout OutputSpan<UInt8>) -> Bool {
    switch piece {
    case .slash: return false
    case .literal(let bytes): for byte in bytes { text.append(byte) }
    case .token(let token): render(token, values, into: &text)
    }
    return true
  }

  /// Appends an address in the form `02_00_00_00_00_01`: every `:` in a name becomes `_`.
  private static func append(ethernet address: UInt64, to text: inout OutputSpan<UInt8>) {
    for index in 0..<6 as Range<UInt64> {
      if index > 0 { text.append(0x5f) }
      for shift in [44 - 8 * index, 40 - 8 * index] {
        let digit = UInt8(truncatingIfNeeded: address >> shift) & 0xf
        text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      }
    }
  }

  private static func render(_ token: Token, _ values: NameValues, into text: inout OutputSpan<UInt8>) {
    switch token {
    case .sourceAddress: append(values.key.source, to: &text)
    case .destinationAddress: append(values.key.destination, to: &text)
    case .sourcePort: text.append(decimal: UInt64(values.key.sourcePort), width: 5)
    case .destinationPort: text.append(decimal: UInt64(values.key.destinationPort), width: 5)
    case .isoTime: withoutColons(&text) { $0.append(time: values.time, fraction: false) }
    case .unixTime:
      let seconds = CivilTime.seconds(of: values.time)
      if seconds < 0 { text.append(0x2d) }
      text.append(decimal: seconds.magnitude)
    case .sourceEthernet: append(ethernet: values.ethernet?.source ?? 0, to: &text)
    case .destinationEthernet: append(ethernet: values.ethernet?.destination ?? 0, to: &text)
    case .vlanMark: if values.vlan != nil { text.append(text: "--") }
    case .vlan: if let vlan = values.vlan { text.append(decimal: UInt64(vlan)) }
    case .countMark: if values.count > 0 { text.append(0x63) }
    case .countAboveZero: if values.count > 0 { text.append(decimal: UInt64(values.count)) }
    case .count: text.append(decimal: UInt64(values.count))
    case .ones: text.append(decimal: values.id % 1_000, width: 3)
    case .thousands: text.append(decimal: values.id / 1_000 % 1_000, width: 3)
    case .millions: text.append(decimal: values.id / 1_000_000 % 1_000, width: 3)
    case .billions: text.append(decimal: values.id / 1_000_000_000 % 1_000, width: 3)
    case .session: text.append(decimal: values.id, width: 20)
    case .number: text.append(decimal: values.id, width: 10)
    }
  }

  private static func append(_ address: IPAddress, to text: inout OutputSpan<UInt8>) {
    if address.family == .v4 {
      text.append(dotted: UInt32(truncatingIfNeeded: address.low), width: 3)
    } else {
      withoutColons(&text) { $0.append(address: address) }
    }
  }

  /// Appends a text without colons, which some systems do not allow in names.
  private static func withoutColons(_ text: inout OutputSpan<UInt8>, _ append: (inout OutputSpan<UInt8>) -> Void) {
    let start = text.count
    append(&text)
    for index in start..<text.count where text[index] == 0x3a { text[index] = 0x5f }
  }
}
