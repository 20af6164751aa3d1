import Testing

@testable import Reassembly

@Suite struct ConnectionSizeTests {
  /// A connection takes its slot; with the table a quarter full at worst four places of eight bytes; and with a list that has just doubled two
  /// links of eight bytes and two numbers of free slots.
  @Test func aConnectionTakesLessThan512Bytes() { #expect(ConnectionHandle.slotStride + 4 * 8 + 2 * 8 + 2 * 4 < 512) }
}
