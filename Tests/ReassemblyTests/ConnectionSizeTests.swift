import Testing

@testable import Reassembly

@Suite struct ConnectionSizeTests {
  /// A connection takes its slot, places in the table, and links and numbers of free slots.
  ///
  /// With the table a quarter full these are at worst four places of eight bytes, and with a list that has just doubled two links of eight
  /// bytes and two numbers of free slots.
  @Test func aConnectionTakesLessThan512Bytes() { #expect(ConnectionHandle.slotStride + 4 * 8 + 2 * 8 + 2 * 4 < 512) }

  /// Times of the connection lie between those of its directions, and those of a chunk behind its slots.
  @Test func timesHaveRoom() {
    #expect(MemoryLayout<HalfTimes>.stride + MemoryLayout<ConnectionTimes>.stride <= 160)
    #expect(160 + MemoryLayout<HalfTimes>.stride <= ConnectionHandle.timesStride)
    let chunk = ConnectionHandle.slotsOfChunk * (UInt(ConnectionHandle.slotStride) + ConnectionHandle.timesStride)
    #expect(chunk <= ConnectionHandle.chunkAlignment)
  }
}
