internal import Packets

/// What the tokens of a template stand for, for one direction of one connection.
struct NameValues {
  /// Source: the sender of the direction.
  var key: FlowKey
  /// The outermost VLAN id of the connection's first packet.
  var vlan: UInt32?
  /// Earlier connections of these addresses and ports that wrote a file.
  var count: UInt32
  /// The connection's id.
  var id: UInt64
  /// Time of the connection's first packet.
  var time: Timestamp
}

extension NameTemplate {
  /// Names at the top of the directory that the run needs for itself.
  static let reservedNames: [[UInt8]] = [Array("connections.ndjson".utf8), Array("run.json".utf8), Array("chunks.ndjson".utf8)]

  /// Appends the path for `values`, relative to the output directory, without a NUL.
  func render(_ values: NameValues, into path: inout [UInt8]) {
    let start = path.count
    var componentStart = start
    for piece in pieces {
      switch piece {
      case .literal(let bytes): path.append(contentsOf: bytes)
      case .slash:
        Self.makeSafe(&path, from: componentStart, isFolder: true, isFirst: componentStart == start)
        path.append(0x2f)
        componentStart = path.count
      case .token(let token):
        let tokenStart = path.count
        render(token, values, into: &path)
        // Colons are no part of a name on some systems.
        for index in tokenStart..<path.count where path[index] == 0x3a { path[index] = 0x5f }
      }
    }
    Self.makeSafe(&path, from: componentStart, isFolder: false, isFirst: componentStart == start)
  }

  /// A component that came out empty, as a dot name, or as a folder where a reserved file belongs gets a `_` in front.
  private static func makeSafe(_ path: inout [UInt8], from start: Int, isFolder: Bool, isFirst: Bool) {
    let component = path[start...]
    let dots = component.count <= 2 && component.allSatisfy { $0 == 0x2e }
    if dots || (isFolder && isFirst && reservedNames.contains { component.elementsEqual($0) }) { path.insert(0x5f, at: start) }
  }

  private func render(_ token: Token, _ values: NameValues, into path: inout [UInt8]) {
    switch token {
    case .sourceAddress: Self.append(values.key.source, to: &path)
    case .destinationAddress: Self.append(values.key.destination, to: &path)
    case .sourcePort: path.append(decimal: UInt64(values.key.sourcePort), width: 5)
    case .destinationPort: path.append(decimal: UInt64(values.key.destinationPort), width: 5)
    case .isoTime: path.append(time: values.time, fraction: false)
    case .unixTime: path.append(decimal: CivilTime.seconds(of: values.time))
    case .vlanMark: if values.vlan != nil { path.append(text: "--") }
    case .vlan: if let vlan = values.vlan { path.append(decimal: UInt64(vlan)) }
    case .countMark: if values.count > 0 { path.append(0x63) }
    case .countAboveZero: if values.count > 0 { path.append(decimal: UInt64(values.count)) }
    case .count: path.append(decimal: UInt64(values.count))
    case .ones: path.append(decimal: values.id % 1_000, width: 3)
    case .thousands: path.append(decimal: values.id / 1_000 % 1_000, width: 3)
    case .millions: path.append(decimal: values.id / 1_000_000 % 1_000, width: 3)
    case .billions: path.append(decimal: values.id / 1_000_000_000 % 1_000, width: 3)
    case .session: path.append(decimal: values.id, width: 20)
    }
  }

  private static func append(_ address: IPAddress, to path: inout [UInt8]) {
    if address.family == .v4 {
      path.append(dotted: UInt32(truncatingIfNeeded: address.low), width: 3)
    } else {
      path.append(address: address)
    }
  }
}
