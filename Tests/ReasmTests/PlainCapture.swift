/// Reads classic captures of plain TCP, as simply as can be: the second opinion on which bytes a packet carries.
enum PlainCapture {
  struct Segment {
    /// Of the first payload byte.
    var sequence: UInt32
    var payload: [UInt8]
  }

  /// The segments by packet number; packets of other kinds are left out.
  static func segments(_ file: [UInt8]) throws -> [Int: Segment] {
    let isBig = file[0] == 0xa1
    func word(_ at: Int) -> Int {
      let bytes = isBig ? Array(file[at..<(at + 4)]) : file[at..<(at + 4)].reversed()
      return bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    let link = word(20) & 0xffff
    var found: [Int: Segment] = [:]
    var (position, number) = (24, 0)
    while position + 16 <= file.count {
      number += 1
      let length = word(position + 8)
      guard position + 16 + length <= file.count else { break }
      found[number] = segment(Array(file[(position + 16)..<(position + 16 + length)]), link)
      position += 16 + length
    }
    return found
  }

  private static func segment(_ frame: [UInt8], _ link: Int) -> Segment? {
    var start: Int
    switch link {
    case 1:
      start = 12
      while frame.count > start + 4, [0x8100, 0x88a8].contains(big(frame, start)) { start += 4 }
      start += 2
    case 0, 108: start = 4
    case 101, 12, 14, 228, 229: start = 0
    case 113: start = 16
    case 276: start = 20
    default: return nil
    }
    guard frame.count > start + 20 else { return nil }
    return frame[start] >> 4 == 4 ? v4(Array(frame[start...])) : v6(Array(frame[start...]))
  }

  private static func v4(_ packet: [UInt8]) -> Segment? {
    guard packet[9] == 6, big(packet, 6) & 0x3fff == 0 else { return nil }
    let header = Int(packet[0] & 15) * 4
    let total = big(packet, 2) == 0 ? packet.count : min(packet.count, big(packet, 2))
    return tcp(Array(packet[header..<total]))
  }

  private static func v6(_ packet: [UInt8]) -> Segment? {
    guard packet.count > 40, packet[0] >> 4 == 6, packet[6] == 6 else { return nil }
    let length = big(packet, 4) == 0 ? packet.count - 40 : big(packet, 4)
    return tcp(Array(packet[40..<min(packet.count, 40 + length)]))
  }

  private static func tcp(_ bytes: [UInt8]) -> Segment? {
    guard bytes.count >= 20 else { return nil }
    let header = Int(bytes[12] >> 4) * 4
    guard header <= bytes.count else { return nil }
    let sequence = UInt32(big(bytes, 4)) << 16 | UInt32(big(bytes, 6))
    return Segment(sequence: bytes[13] & 2 == 0 ? sequence : sequence &+ 1, payload: Array(bytes[header...]))
  }

  private static func big(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
}
