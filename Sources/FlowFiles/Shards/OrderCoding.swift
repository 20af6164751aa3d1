internal import Packets
internal import Reassembly

/// Coding of records: one byte with the kind and the step, then numbers of seven bits a byte, the lowest first.
///
///     | kind and step | packets since the record before | number, kind and rank of the place | id or values |
enum OrderCoding {
  /// First bytes of the file; index and count of the shard follow.
  static let mark = Array("reasm order 3\n".utf8)
  /// Kind of the summary, which ends the file.
  private static let summary: UInt8 = 15
  /// Greatest length of a path or a suffix in bytes: the components of a tree have a hundred each.
  private static let longestPath = 4 << 10
  /// Greatest length of a record in bytes: three paths, and numbers of ten.
  static let longest = 16 << 10

  static func append(_ record: OrderRecord, after packet: UInt64, to bytes: inout [UInt8]) {
    bytes.append(kind(record.event) | record.place.step.rawValue << 4)
    bytes.append(varint: record.place.packet &- packet)
    switch record.place.step {
    case .timer:
      bytes.append(varint: UInt64(bitPattern: record.place.number))
      bytes.append(record.place.kind)
      bytes.append(varint: record.place.rank)
    case .segment: bytes.append(varint: UInt64(bitPattern: record.place.number))
    case .end: bytes.append(varint: record.place.rank)
    }
    switch record.event {
    case .made: break
    case .completed(let id), .message(let id), .entry(let id): bytes.append(varint: id)
    case .named(let file): append(file, to: &bytes)
    case .exchange(let id, let hasEntry): bytes.append(varint: id << 1 | (hasEntry ? 1 : 0))
    case .body(let name, let path): append(name, path, to: &bytes)
    case .memory(let most, let after):
      bytes.append(varint: UInt64(clamping: most))
      bytes.append(varint: after.zigzag)
    }
  }

  private static func kind(_ event: OrderRecord.Event) -> UInt8 {
    switch event {
    case .made: 0
    case .completed: 1
    case .named: 2
    case .exchange: 3
    case .message: 4
    case .body: 5
    case .memory: 6
    case .entry: 7
    }
  }

  private static func append(_ name: BodyName, _ path: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(varint: name.connection)
    bytes.append(varint: name.exchange)
    let (kind, first, suffix): (UInt8, [UInt8], [UInt8]) =
      switch name.parts {
      case .path(let path): (0, path, [])
      case .numbered(let path): (1, path, [])
      case .extended(let base, let suffix): (2, base, suffix)
      }
    bytes.append(kind)
    // Most files have the path that they want.
    for text in [first, suffix, path == name.path ? [] : path] {
      bytes.append(varint: UInt64(text.count))
      bytes += text
    }
  }

  private static func append(_ file: OrderRecord.NamedFile, to bytes: inout [UInt8]) {
    let values = file.values
    let flags: UInt8 =
      (values.vlan == nil ? 0 : 1) | (values.ethernet == nil ? 0 : 2) | (values.clearOf == nil ? 0 : 4) | (values.isCapture ? 8 : 0)
      | (values.key.isIPv6 ? 16 : 0)
    bytes.append(flags)
    for address in [values.key.source, values.key.destination] {
      if values.key.isIPv6 { bytes.append(varint: address.high) }
      bytes.append(varint: address.low)
    }
    bytes.append(varint: UInt64(values.key.sourcePort) << 16 | UInt64(values.key.destinationPort))
    for number in [values.id, UInt64(values.count), UInt64(bitPattern: values.time.nanoseconds), UInt64(file.number)] {
      bytes.append(varint: number)
    }
    if let vlan = values.vlan { bytes.append(varint: UInt64(vlan)) }
    if let clearOf = values.clearOf { bytes.append(varint: UInt64(clearOf)) }
    guard let ethernet = values.ethernet else { return }
    bytes.append(varint: ethernet.source)
    bytes.append(varint: ethernet.destination)
  }

  static func append(_ end: OrderSummary, to bytes: inout [UInt8]) {
    bytes.append(summary)
    for number in [end.packets, end.mostConnections, end.mostBytes, end.room, end.mostCopies] { bytes.append(varint: number) }
  }

  /// Result of reading one record.
  enum Decoded {
    case record(OrderRecord)
    case end(OrderSummary)
  }

  /// Reads a record; nil if it is malformed or cut off.
  static func decode(_ bytes: inout OrderBytes, after packet: UInt64) -> Decoded? {
    guard let head = bytes.byte() else { return nil }
    if head == summary {
      guard let packets = bytes.varint(), let connections = bytes.varint(), let most = bytes.varint(), let room = bytes.varint(),
        let copies = bytes.varint()
      else { return nil }
      return .end(OrderSummary(packets: packets, mostConnections: connections, mostBytes: most, room: room, mostCopies: copies))
    }
    guard let step = EventPlace.Step(rawValue: head >> 4), let distance = bytes.varint() else { return nil }
    var place = EventPlace(packet: packet &+ distance, step: step)
    switch step {
    case .timer:
      guard let due = bytes.varint(), let kind = bytes.byte(), let rank = bytes.varint() else { return nil }
      (place.number, place.kind, place.rank) = (Int64(bitPattern: due), kind, rank)
    case .segment:
      guard let number = bytes.varint() else { return nil }
      place.number = Int64(bitPattern: number)
    case .end:
      guard let rank = bytes.varint() else { return nil }
      place.rank = rank
    }
    guard let event = event(head & 15, &bytes) else { return nil }
    return .record(OrderRecord(place: place, event: event))
  }

  private static func event(_ kind: UInt8, _ bytes: inout OrderBytes) -> OrderRecord.Event? {
    switch kind {
    case 0: return .made
    case 1: return bytes.varint().map { .completed(id: $0) }
    case 2: return file(&bytes).map { .named($0) }
    case 3: return bytes.varint().map { .exchange(id: $0 >> 1, hasEntry: $0 & 1 != 0) }
    case 4: return bytes.varint().map { .message(id: $0) }
    case 5: return body(&bytes)
    case 6:
      guard let most = bytes.varint().flatMap(Int64.init(exactly:)), let after = bytes.varint() else { return nil }
      return .memory(most: most, after: Int64(zigzag: after))
    case 7: return bytes.varint().map { .entry(id: $0) }
    default: return nil
    }
  }

  private static func body(_ bytes: inout OrderBytes) -> OrderRecord.Event? {
    guard let id = bytes.varint(), let exchange = bytes.varint(), let kind = bytes.byte(), let first = bytes.text(most: longestPath),
      let suffix = bytes.text(most: longestPath), let path = bytes.text(most: longestPath)
    else { return nil }
    let parts: BodyName.Parts
    switch kind {
    case 0: parts = .path(first)
    case 1: parts = .numbered(first)
    case 2: parts = .extended(first, suffix: suffix)
    default: return nil
    }
    let name = BodyName(connection: id, exchange: exchange, parts: parts)
    return .body(name, path: path.isEmpty ? name.path : path)
  }

  private static func file(_ bytes: inout OrderBytes) -> OrderRecord.NamedFile? {
    guard let flags = bytes.byte(), let source = address(flags, &bytes), let destination = address(flags, &bytes),
      let ports = bytes.varint(), let id = bytes.varint(), let count = bytes.varint(), let time = bytes.varint(),
      let number = bytes.varint()
    else { return nil }
    let key = FlowKey(
      source: source, destination: destination, sourcePort: UInt16(truncatingIfNeeded: ports >> 16),
      destinationPort: UInt16(truncatingIfNeeded: ports))
    var values = NameValues(
      key: key, vlan: nil, count: UInt32(truncatingIfNeeded: count), id: id, time: Timestamp(nanoseconds: Int64(bitPattern: time)))
    values.isCapture = flags & 8 != 0
    if flags & 1 != 0 {
      guard let vlan = bytes.varint() else { return nil }
      values.vlan = UInt32(truncatingIfNeeded: vlan)
    }
    if flags & 4 != 0 {
      guard let clearOf = bytes.varint() else { return nil }
      values.clearOf = UInt32(truncatingIfNeeded: clearOf)
    }
    if flags & 2 != 0 {
      guard let from = bytes.varint(), let to = bytes.varint() else { return nil }
      values.ethernet = EthernetAddresses(source: from, destination: to)
    }
    return OrderRecord.NamedFile(values: values, number: UInt32(truncatingIfNeeded: number))
  }

  private static func address(_ flags: UInt8, _ bytes: inout OrderBytes) -> IPAddress? {
    guard flags & 16 != 0 else { return bytes.varint().map { IPAddress(v4: UInt32(truncatingIfNeeded: $0)) } }
    guard let high = bytes.varint(), let low = bytes.varint() else { return nil }
    return IPAddress(high: high, low: low)
  }
}

extension Int64 {
  /// The number with its sign in the lowest bit, so that small ones take few bytes.
  var zigzag: UInt64 { UInt64(bitPattern: self << 1 ^ self >> 63) }

  /// Creates the number whose sign is in the lowest bit of another.
  init(zigzag bits: UInt64) { self = Int64(bitPattern: bits >> 1) ^ (0 &- Int64(bitPattern: bits & 1)) }
}

extension [UInt8] {
  /// Appends a number, seven bits a byte, the lowest first.
  mutating func append(varint number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Bytes of an order file that are read one after the other.
struct OrderBytes {
  let bytes: [UInt8]
  private(set) var position: Int

  init(_ bytes: [UInt8], from position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  /// Reads bytes behind their number; nil if they are cut off, or more than `most`.
  mutating func text(most: Int) -> [UInt8]? {
    guard let count = varint(), count <= UInt64(most) else { return nil }
    return take(Int(count))
  }

  /// Reads bytes; nil if they are cut off.
  mutating func take(_ count: Int) -> [UInt8]? {
    guard count <= bytes.count - position else { return nil }
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  /// Reads a number; nil if it is cut off or has more than 64 bits.
  mutating func varint() -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = byte() else { return nil }
      if shift == 63, byte > 1 { return nil }
      number |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return number }
    }
    return nil
  }
}
