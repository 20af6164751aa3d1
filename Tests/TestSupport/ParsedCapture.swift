/// A capture, parsed as simply as can be: a second opinion on what a file holds.
///
/// It reads classic captures and pcapng in either byte order, whole ones only. Nothing here is shared with the reader of the program.
package struct ParsedCapture {
  /// An interface, as its description states it.
  package struct Interface: Equatable {
    package var linkType: Int
    package var snapshotLength: Int
    package var name: String?
    package var timeResolution: UInt8 = 6
    package var timeOffset: Int64 = 0
    package var checkSequence: UInt8?

    package init(linkType: Int, snapshotLength: Int, name: String? = nil, timeResolution: UInt8 = 6, timeOffset: Int64 = 0) {
      self.linkType = linkType
      self.snapshotLength = snapshotLength
      self.name = name
      self.timeResolution = timeResolution
      self.timeOffset = timeOffset
    }
  }

  package struct Packet: Equatable {
    package var interface: Int
    package var nanoseconds: Int64
    package var bytes: [UInt8]
    package var originalLength: Int
    package var comment: String?
    package var flags: UInt32?
  }

  package struct Malformed: Error {}

  package private(set) var interfaces: [Interface] = []
  package private(set) var packets: [Packet] = []
  /// Key logs in the file, in order.
  package private(set) var keyLogs: [String] = []
  private let file: [UInt8]
  private var isBig = false
  /// Place of the first interface of the section.
  private var firstInterface = 0

  package init(_ file: [UInt8]) throws {
    self.file = file
    guard file.count >= 24 else { throw Malformed() }
    if file[..<4] == [0x0a, 0x0d, 0x0d, 0x0a] { try readBlocks() } else { try readRecords() }
  }

  private func number(_ at: Int, _ count: Int) throws -> UInt64 {
    guard at >= 0, at + count <= file.count else { throw Malformed() }
    let bytes = isBig ? Array(file[at..<(at + count)]) : file[at..<(at + count)].reversed()
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func word(_ at: Int) throws -> Int { Int(try number(at, 4)) }

  private mutating func readRecords() throws {
    isBig = file[0] == 0xa1
    let unit: Int64 = try word(0) == 0xa1b2_3c4d ? 1 : 1000
    interfaces = [
      Interface(linkType: try word(20) & 0xffff, snapshotLength: try word(16), timeResolution: unit == 1 ? 9 : 6)
    ]
    var at = 24
    while at + 16 <= file.count {
      let captured = try word(at + 8)
      guard at + 16 + captured <= file.count else { return }
      packets.append(
        Packet(
          interface: 0, nanoseconds: Int64(try word(at)) * 1_000_000_000 + Int64(try word(at + 4)) * unit,
          bytes: Array(file[(at + 16)..<(at + 16 + captured)]), originalLength: try word(at + 12)))
      at += 16 + captured
    }
  }

  private mutating func readBlocks() throws {
    var at = 0
    while at < file.count {
      if file[at..<(at + 4)] == [0x0a, 0x0d, 0x0d, 0x0a] {
        isBig = file[at + 8] == 0x1a
        firstInterface = interfaces.count
      }
      let length = try word(at + 4)
      guard length >= 12, length % 4 == 0, try word(at + length - 4) == length else { throw Malformed() }
      switch try word(at) {
      case 1: try readInterface(at, length)
      case 6: try readPacket(at, length)
      case 10:
        let count = try word(at + 12)
        keyLogs.append(String(decoding: file[(at + 16)..<(at + 16 + count)], as: UTF8.self))
      default: break
      }
      at += length
    }
  }

  private mutating func readInterface(_ at: Int, _ length: Int) throws {
    var interface = Interface(linkType: Int(try number(at + 8, 2)), snapshotLength: try word(at + 12))
    try forEachOption(from: at + 16, to: at + length - 4) { code, start, count in
      switch code {
      case 2: interface.name = String(decoding: file[start..<(start + count)], as: UTF8.self)
      case 9: interface.timeResolution = file[start]
      case 13: interface.checkSequence = file[start]
      case 14: interface.timeOffset = Int64(bitPattern: try number(start, 8))
      default: break
      }
    }
    interfaces.append(interface)
  }

  private mutating func readPacket(_ at: Int, _ length: Int) throws {
    let number = firstInterface + (try word(at + 8))
    guard number < interfaces.count else { throw Malformed() }
    let interface = interfaces[number]
    let ticks = UInt64(try word(at + 12)) << 32 | UInt64(try word(at + 16))
    var scale = 1.0
    var nanoseconds: Int64
    if interface.timeResolution & 0x80 == 0 {
      for _ in 0..<interface.timeResolution { scale *= 10 }
      nanoseconds = Int64(ticks) * (1_000_000_000 / Int64(scale))
    } else {
      let shift = UInt64(interface.timeResolution & 0x7f)
      nanoseconds = Int64(ticks >> shift) * 1_000_000_000 + Int64(((ticks & (1 << shift - 1)) * 1_000_000_000) >> shift)
    }
    nanoseconds += interface.timeOffset * 1_000_000_000
    let captured = try word(at + 20)
    guard 32 + captured <= length else { throw Malformed() }
    var packet = Packet(
      interface: number, nanoseconds: nanoseconds, bytes: Array(file[(at + 28)..<(at + 28 + captured)]), originalLength: try word(at + 24))
    try forEachOption(from: at + 28 + (captured + 3) & ~3, to: at + length - 4) { code, start, count in
      if code == 1 { packet.comment = String(decoding: file[start..<(start + count)], as: UTF8.self) }
      if code == 2 { packet.flags = UInt32(try word(start)) }
    }
    packets.append(packet)
  }

  private func forEachOption(from start: Int, to end: Int, _ body: (Int, Int, Int) throws -> Void) throws {
    var at = start
    while at + 4 <= end {
      let (code, count) = (Int(try number(at, 2)), Int(try number(at + 2, 2)))
      if code == 0 { return }
      guard at + 4 + count <= end else { throw Malformed() }
      try body(code, at + 4, count)
      at += 4 + (count + 3) & ~3
    }
  }
}
