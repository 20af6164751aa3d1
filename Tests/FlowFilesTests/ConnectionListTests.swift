import Packets
import Paths
import TestSupport
import Testing

@testable import FlowFiles
@testable import Reassembly

/// Lines in memory and in a temporary file, in the order that was asked for.
@Suite struct ConnectionListTests {
  private static func row(_ id: UInt64, bytes: Int64, host: String) -> ListedConnection {
    let address = id % 2 == 0 ? IPAddress(v4: UInt32(truncatingIfNeeded: id)) : IPAddress(high: id, low: id &* 3)
    var report = ConnectionReport(
      id: id, key: FlowKey(source: address, destination: address, sourcePort: 1, destinationPort: 65_535), start: Timestamp(nanoseconds: 5),
      lastInfo: CaptureInfo(time: Timestamp(nanoseconds: Int64(id)), capturedLength: 0, packetNumber: id), close: .evicted)
    report.originator.bytes = bytes
    return ListedConnection(report, conflicts: id, content: ListedContent(.tls, host: Array(host.utf8)))
  }

  /// Rows come back as they were added, whatever is in memory, and however few are wanted.
  @Test(arguments: [1 << 20, 3_000], [nil, 1, 2_500, 9_000] as [Int?])
  func rowsComeBack(memory: Int, most: Int?) {
    var random = SplitMix64(seed: 3)
    let rows = (1...5_500 as ClosedRange<UInt64>).map { id in
      Self.row(id, bytes: Int64.random(in: 0...500, using: &random), host: String(repeating: "h", count: Int(id % 37 * 7 % 256)))
    }
    let list = ConnectionList(order: .bytes, most: most, folder: "/tmp", memoryLimit: memory)
    for row in rows { list.add(row) }
    let expected = rows.sorted { (-$0.clientBytes, $0.id) < (-$1.clientBytes, $1.id) }.prefix(most ?? .max)
    for _ in 0..<2 {
      var read: [ListedConnection] = []
      let isWhole = list.forEach { row in
        read.append(row)
        return true
      }
      #expect(isWhole && read.elementsEqual(expected))
    }
    #expect(list.total == rows.count && list.count == expected.count)
  }

  @Test func lostLinesAreSaid() {
    let list = ConnectionList(order: .id, folder: "/nowhere/at/all", memoryLimit: 1_000)
    for id in 1...100 as ClosedRange<UInt64> { list.add(Self.row(id, bytes: 1, host: "host")) }
    #expect(!list.forEach { _ in true })
    #expect(list.failure != nil)
  }

  @Test func theNamesAreThoseOfTheTable() {
    #expect(ListLine.names == OutputFormat.listedConnection.fields.map(\.name))
  }
}

/// Later copies of bytes against an array that remembers all of them.
@Suite struct RecentBytesTests {
  @Test(arguments: 0..<12 as Range<UInt64>)
  func copiesAreComparedAsIfAllWereKept(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var recent = RecentBytes()
    /// nil in gaps.
    var all: [UInt8?] = []
    let most = seed % 4 == 0 ? 40_000 : 2_000
    /// Packet that brought each byte.
    var packets: [UInt64] = []
    for packet in 0..<40 as Range<UInt64> {
      if random.oneIn(4) { all += [UInt8?](repeating: nil, count: Int.random(in: 1...most, using: &random)) }
      let bytes = random.bytes(Int.random(in: 1...most, using: &random))
      recent.append(bytes.span, at: Int64(all.count), packet: packet)
      packets += [UInt64](repeating: packet, count: all.count - packets.count + bytes.count)
      all += bytes.map(Optional.some)
      for index in [0, bytes.count / 2, bytes.count - 1] {
        #expect(recent.packet(at: Int64(all.count - bytes.count + index)) == packet)
      }
      if let earlier = all.indices.randomElement(using: &random), all[earlier] != nil {
        #expect(recent.packet(at: Int64(earlier)) == packets[earlier])
      }
      guard random.oneIn(2) else { continue }
      let start = max(0, all.count - Int.random(in: 1...150_000, using: &random))
      var copy = all[start...].prefix(Int.random(in: 1...3_000, using: &random)).map { $0 ?? 7 }
      for _ in 0..<Int.random(in: 0...5, using: &random) { copy[Int.random(in: 0..<copy.count, using: &random)] ^= 0x55 }
      var differences = Differences(
        base: Int64(start), other: PacketReference(PacketStamp(time: Timestamp(nanoseconds: 0), packetNumber: 9)), listLimit: 100)
      let result = recent.compare(copy.span, at: Int64(start), into: &differences)
      var expected: Set<Int> = []
      for (index, byte) in copy.enumerated() where all[start + index] != nil && all[start + index] != byte {
        expected.insert(start + index)
      }
      let found = differences.found.flatMap { Array(Int($0.offset)..<Int($0.offset + $0.length)) }
      #expect(Set(found).isSubset(of: expected))
      let known = all.count - RecentBytes.window
      // What lies within the window is always compared; gaps only make it reach further back.
      #expect(expected.filter { $0 >= known }.allSatisfy { found.contains($0) })
      if start >= known { #expect(result == .compared) }
    }
    #expect(recent.bytes.count <= 2 * RecentBytes.window)
  }

  @Test func manyConnectionsShareTheMemory() {
    let memory = CopyMemory(limit: 100_000)
    #expect(memory.used == 0)
    var checks: [CopyCheck] = []
    for _ in 0..<50 {
      let check = CopyCheck(memory, listed: 1)
      check.remember([UInt8](repeating: 1, count: 10_000).span, at: 0, packet: 1, from: .originator)
      checks.append(check)
      #expect(memory.used <= 100_000)
    }
    let stamp = PacketStamp(time: Timestamp(nanoseconds: 0), packetNumber: 2)
    #expect(checks[0].repeated([2].span, at: 5, stamp: stamp, from: .originator) == .unchecked)
    #expect(checks[49].repeated([2].span, at: 5, stamp: stamp, from: .originator) == .compared)
    #expect(checks[49].count == 1 && checks[49].found.first?.kept == [1] && checks[49].found.first?.other == [2])
    #expect(checks[49].found.first?.keptPacket == 1)
    checks.removeAll()
    #expect(memory.used == 0)
  }
}
