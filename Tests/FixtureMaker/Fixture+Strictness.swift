import Packets
import TestSupport

extension Fixture {
  /// Segments that an option turns away.
  static var strictness: [Fixture] {
    let lax = packed { c in
      c.syn()
      c.changeLast { $0.options = [2, 4, 0, 20] }
      c.synAck()
      c.changeLast { $0.options = [2, 4, 0, 10] }
      c.ack()
      c.send(.client, "short")
      c.send(.client, "longer than ten")
      c.segment(from: .client, offset: 0, "short and more")
      c.send(.server, "twenty at the most!!")
      c.fin(.client, "end")
      c.send(.client, "no ack", flags: .psh)
      c.fin(.server, "end")
      c.ack(.client)
    }
    let damaged = { (talk: Conversation) -> [UInt8] in
      var writer = PcapWriter(linkType: .ethernet)
      for (number, packet) in talk.packets.enumerated() {
        let datagram = PacketBuilder.ip(packet.segment, identification: UInt16(number + 1), badChecksum: number == 4 || number == 8)
        writer.add(LinkLayer.ethernet().frame(datagram), time: packet.time)
      }
      return writer.bytes
    }
    var talk = Conversation()
    talk.handshake()
    talk.send(.client, "good ")
    talk.send(.client, "damaged ")
    talk.send(.client, "good again ")
    talk.send(.server, "fine")
    talk.ack(.client)
    talk.send(.client, "damaged")
    talk.segment(from: .client, offset: 24, "mended.")
    talk.close()
    return [
      Fixture(
        name: "strict-state", about: "A segment without ACK after the first FIN: the state machine turns it away.",
        arguments: ["--strict-state"], capture: lax),
      Fixture(
        name: "strict-options", about: "The capture of strict-state: a segment above the MSS and a repetition are turned away.",
        arguments: ["--strict-options"], capture: lax),
      Fixture(
        name: "strict-both", about: "The capture of strict-state with both checks.", arguments: ["--strict-state", "--strict-options"],
        capture: lax),
      Fixture(
        name: "checksum-verify",
        about: "Two segments have wrong checksums and are turned away: one leaves a gap, a good copy of the other follows.",
        arguments: ["--checksum", "verify"], capture: damaged(talk)),
      Fixture(
        name: "checksum-ignored", about: "The capture of checksum-verify with the defaults: wrong checksums are not acted on.",
        capture: damaged(talk)),
    ]
  }
}
