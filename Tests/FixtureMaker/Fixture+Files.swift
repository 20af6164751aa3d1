import Packets
import TestSupport

extension Fixture {
  /// What a capture file does to the packets in it.
  static var files: [Fixture] {
    var cut = PcapWriter(linkType: .ethernet)
    for packet in Conversation.request().packets {
      cut.add(LinkLayer.ethernet().frame(PacketBuilder.ip(packet.segment)), time: packet.time)
    }
    cut.truncate(by: 10)
    var long = Conversation()
    long.handshake()
    long.send(.client, .letters(200))
    long.send(.client, "next")
    long.send(.server, .letters(200))
    long.segment(from: .server, offset: 80, .letters(100, from: 80))
    long.close()
    return [
      Fixture(
        name: "truncated-tail", about: "The file ends in the middle of the last packet: all complete ones are used, exit status 2.",
        capture: cut.bytes),
      Fixture(
        name: "snap-length",
        about: "Packets cut to 154 bytes: the missing tails are gaps of kind `cut`, one partly filled by a retransmission.",
        capture: packed(long.packets, snapLength: 154)),
      Fixture(
        name: "big-endian", about: "Written by a big-endian host, in microseconds.",
        capture: packed(Conversation.request().packets, resolution: .microseconds, bigEndian: true)),
      Fixture(name: "no-packets", about: "A capture without any packet: an empty index and a run.json.", capture: packed([])),
      Fixture(
        name: "key-vlan", about: "The same addresses and ports on two VLANs, told apart by `--key vlan`.", arguments: ["--key", "vlan"],
        capture: twoVLANs()),
    ]
  }

  private static func twoVLANs() -> [UInt8] {
    var writer = PcapWriter(linkType: .ethernet)
    for packet in Conversation.request().packets {
      for (place, id) in [10, 20].enumerated() as EnumeratedSequence<[UInt16]> {
        writer.add(LinkLayer.ethernet(vlans: [id]).frame(PacketBuilder.ip(packet.segment)), time: packet.time + Int64(place))
      }
    }
    return writer.bytes
  }
}
