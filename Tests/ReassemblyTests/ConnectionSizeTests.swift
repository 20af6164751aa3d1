import Testing

@testable import Reassembly

@Suite struct ConnectionSizeTests {
  /// A connection takes its slot, and with the table a quarter full at worst four places of eight bytes, and eight in the list of free ones.
  @Test func aConnectionTakesLessThan512Bytes() { #expect(ConnectionSlab.slotStride + 4 * 8 + 8 < 512) }
}
