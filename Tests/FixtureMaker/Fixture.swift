import Packets
import TestSupport

/// One made case: a capture, what it shows, and the arguments it is run with.
struct Fixture {
  var name: String
  /// One to three lines for its README.
  var about: String
  /// One a line in the file `args`.
  var arguments: [String] = []
  var capture: [UInt8]
}

extension Conversation {
  /// A short HTTP exchange, closed by both ends.
  static func request(
    client: Endpoint = Endpoint("10.0.0.1", 40_000), server: Endpoint = Endpoint("10.0.0.2", 80), start: Int64 = Conversation.epoch
  ) -> Conversation {
    var talk = Conversation(client: client, server: server, start: start)
    talk.handshake()
    talk.send(.client, "GET /\(client.port) HTTP/1.0\r\n\r\n")
    talk.ack(.server)
    talk.send(.server, "HTTP/1.0 200 OK\r\n\r\nhello, \(client.port)\n")
    talk.ack(.client)
    talk.close()
    return talk
  }
}

/// The capture of scripts, every packet behind the same link layer.
///
/// `wrap` puts something around the IP packet before the link layer comes.
func packed(
  _ packets: [ScriptedPacket], on link: LinkLayer = .ethernet(), padded: Bool = false, snapLength: Int = 262_144,
  resolution: PcapWriter.Resolution = .nanoseconds, bigEndian: Bool = false, wrap: ([UInt8]) -> [UInt8] = { $0 }
) -> [UInt8] {
  var writer = PcapWriter(linkType: link.linkType, resolution: resolution, bigEndian: bigEndian, snapLength: snapLength)
  for (number, packet) in packets.sorted(by: { $0.time < $1.time }).enumerated() {
    let datagram = PacketBuilder.ip(packet.segment, identification: UInt16(truncatingIfNeeded: number + 1))
    writer.add(link.frame(wrap(datagram), padded: padded), time: packet.time)
  }
  return writer.bytes
}

/// The capture of one script, written as a table writes it.
func packed(of script: (inout Conversation) -> Void, from talk: Conversation = Conversation()) -> [UInt8] {
  var talk = talk
  script(&talk)
  return packed(talk.packets)
}
