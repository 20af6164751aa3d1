import Testing

@testable import Packets

/// The tables that the decoder reads by.
@Suite struct TableTests {
  @Test func rowsAreSortedAndNumberedOnce() {
    let tables = [
      LinkTypes.rows, EtherTypes.rows, IPProtocols.rows, GRETypes.rows, GRETypes.enhanced, UDPPorts.rows, OtherNumbers.serviceAccessPoints,
      OtherNumbers.pppProtocols, OtherNumbers.labelledPayloads, OtherNumbers.wirelessFrames,
    ]
    for rows in tables {
      let numbers = rows.map(\.number)
      #expect(numbers == Set(numbers).sorted())
      for row in rows { #expect(rows.row(row.number)?.name.description == row.name.description) }
      #expect(rows.row((numbers.last ?? 0) + 1) == nil)
    }
  }

  @Test func aNumberStandsForOneNameAlone() {
    for rows in [LinkTypes.rows, EtherTypes.rows, IPProtocols.rows, UDPPorts.rows] {
      for row in rows { #expect(!row.name.description.isEmpty && !row.name.description.contains(",")) }
    }
    #expect(Set(DecodeAs.names).count == DecodeAs.names.count)
    #expect(DecodeAs.names == DecodeAs.names.sorted())
  }

  /// Whatever a row's function is given of bytes, it says that they are too few, or what they are.
  @Test func everyRowTakesEveryLength() {
    let rows = LinkTypes.rows + EtherTypes.rows + IPProtocols.rows + GRETypes.rows + GRETypes.enhanced + UDPPorts.rows
    for row in rows {
      guard case .read(let reader) = row.content else { continue }
      var strayed = 0
      for filling: UInt8 in [0, 1, 3, 8, 0x10, 0x20, 0x55, 0x80, 0xaa, 0xff] {
        for length in 0..<200 {
          let bytes = [UInt8](repeating: filling, count: length)
          for original in [length, length + 7] {
            var cursor = PacketCursor(bytes.span, originalLength: original, layers: LayerPath())
            do throws(DecodeError) { _ = try reader(&cursor, bytes.span) } catch {}
            if cursor.offset < 0 || cursor.offset > cursor.end || cursor.end > length || cursor.wireEnd < cursor.end { strayed += 1 }
          }
        }
      }
      #expect(strayed == 0, "\(row.name)")
    }
  }

  /// Encapsulations in themselves are counted, and end.
  @Test func nestingIsBounded() {
    func nested(_ step: ([UInt8]) -> [UInt8]) -> [UInt8] { (0..<17).reduce(Wrapping.inner4) { inner, _ in step(inner) } }
    let frame = { Frame.ethernet($0, type: $1) }
    var tags: [UInt8] = Frame.ethernet(Wrapping.inner4)
    for _ in 0..<17 { tags = frame([0, 0x41] + tags, 0x8903) }
    #expect(reason(tags) == .tooDeep)
    var services: [UInt8] = [0x0f, 0xc2, 2, 1, 0, 0, 1, 0xff] + Wrapping.inner4
    for _ in 0..<17 { services = [0x0f, 0xc2, 2, 4, 0, 0, 1, 0xff] + services }
    #expect(reason(frame(services, 0x894f)) == .tooDeep)
    var information: [UInt8] = Frame.ethernet(Wrapping.inner4)
    for _ in 0..<17 { information = [0, 0, 8, 0, 192, 0, 0, 0] + information }
    #expect(reason(information, LinkType(rawValue: 192)) == .tooDeep)
    #expect(reason(nested { Frame.ipv4([0x30, 0] + Frame.ethernet($0), number: 97) }, .raw) == .tooDeep)
    #expect(reason(nested { Frame.ipv4(Frame.udp([0, 4, 0, 0] + $0, to: 6080), number: 17) }, .raw) == .tooDeep)
    #expect(reason(nested { Frame.ipv4([0, 0, 0, 1] + Frame.ethernet($0), number: 115) }, .raw) == .tooDeep)
  }
}
