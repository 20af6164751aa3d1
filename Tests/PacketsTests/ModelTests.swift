import Packets
import Testing

struct ModelTests {
  @Test(arguments: [
    (0, 0, 0), (0, 1, 1), (1, 0, -1), (.max, 0, 1), (0, .max, -1), (0xffff_fff0, 0x10, 0x20), (0, 0x7fff_ffff, .max),
    (0, 0x8000_0000, .min), (0x8000_0000, 0, .min),
  ] as [(UInt32, UInt32, Int32)])
  func distance(_ from: UInt32, _ to: UInt32, _ expected: Int32) {
    #expect(SequenceNumber(from).distance(to: SequenceNumber(to)) == expected)
    #expect(SequenceNumber(from).advanced(by: Int(expected)) == SequenceNumber(to))
  }

  @Test
  func advancingByMoreThanTheSpace() {
    #expect(SequenceNumber(5).advanced(by: 1 << 32) == SequenceNumber(5))
    #expect(SequenceNumber(5).advanced(by: .min) == SequenceNumber(5))
  }

  static let endpoints: [(IPAddress, UInt16)] = [
    (IPAddress(v4: 0), 0), (IPAddress(v4: 0x0a00_0001), 80), (IPAddress(v4: 0x0a00_0001), 81), (IPAddress(v4: .max), .max),
    (IPAddress(high: 0, low: 0x0a00_0001), 80), (IPAddress(high: 1, low: 0), 80), (IPAddress(high: .max, low: .max), 1),
  ]

  @Test
  func keys() {
    for a in Self.endpoints {
      for b in Self.endpoints where a.0.family == b.0.family {
        let key = FlowKey(source: a.0, destination: b.0, sourcePort: a.1, destinationPort: b.1, scope: 7)
        #expect(key.source == a.0)
        #expect(key.destination == b.0)
        #expect(key.reversed.reversed == key)
        #expect(key.reversed.source == b.0)
        #expect(key.reversed.sourcePort == b.1)
        #expect(key.scope == 7)
        #expect(key.isCanonical || key.reversed.isCanonical)
        let isSymmetric = a.0 == b.0 && a.1 == b.1
        #expect((key == key.reversed) == isSymmetric)
        #expect((key.isCanonical && key.reversed.isCanonical) == isSymmetric)
      }
    }
  }

  /// `10.0.0.1` and `::10.0.0.1` have the same bits and are not the same.
  @Test
  func familyAndScopeTellKeysApart() {
    let v4 = FlowKey(source: IPAddress(v4: 1), destination: IPAddress(v4: 2), sourcePort: 3, destinationPort: 4)
    let v6 = FlowKey(source: IPAddress(high: 0, low: 1), destination: IPAddress(high: 0, low: 2), sourcePort: 3, destinationPort: 4)
    #expect(v4 != v6)
    var scoped = v4
    scoped.scope = .max
    #expect(scoped != v4)
    #expect(!scoped.isIPv6)
    #expect(scoped.scope == 0x7fff_ffff)
    #expect(v6.description == "[::1]:3 > [::2]:4")
    #expect(v4.description == "0.0.0.1:3 > 0.0.0.2:4")
  }

  @Test(arguments: [
    (0, 0, "::"), (0, 1, "::1"), (0x2001_0db8_0000_0000, 1, "2001:db8::1"), (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
    (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"), (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
    (0xfe80_0000_0000_0000, 0, "fe80::"), (0x0001_0002_0003_0004, 0x0005_0006_0007_0008, "1:2:3:4:5:6:7:8"), (0, 0xffff_c000_0201, "::ffff:192.0.2.1"),
    (0, 0xfffe_c000_0201, "::fffe:c000:201"), (0, 0x0001_0002_0003_0004, "::1:2:3:4"), (0x0001_0002_0003_0004, 0x0005_0006_0000_0000, "1:2:3:4:5:6::"),
    (0xabcd_ef00_0a00_00a0, 0x0000_0001_0000_0001, "abcd:ef00:a00:a0:0:1:0:1"), (.max, .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ] as [(UInt64, UInt64, String)])
  func ipv6Text(_ high: UInt64, _ low: UInt64, _ text: String) {
    #expect(IPAddress(high: high, low: low).description == text)
  }

  @Test(arguments: [(0, "0.0.0.0"), (.max, "255.255.255.255"), (0x0102_0304, "1.2.3.4"), (0xc0a8_000a, "192.168.0.10")] as [(UInt32, String)])
  func ipv4Text(_ address: UInt32, _ text: String) {
    #expect(IPAddress(v4: address).description == text)
  }

  @Test
  func layerPath() {
    var path = LayerPath()
    #expect(path.isEmpty)
    for (index, kind) in LayerPath.Kind.allCases.enumerated() {
      path.append(kind, UInt32.max - UInt32(index))
      #expect(path.count == min(index + 1, LayerPath.capacity))
    }
    for index in 0..<LayerPath.capacity {
      #expect(path[index] == LayerPath.Layer(kind: LayerPath.Kind.allCases[index], id: UInt32.max - UInt32(index)))
    }
    var other = LayerPath()
    other.append(.vlan, 0)
    #expect(other != LayerPath())
    #expect(other.count == 1)
  }
}
