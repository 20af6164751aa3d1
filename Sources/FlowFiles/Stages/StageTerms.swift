internal import Packets
package import Reassembly
package import Stages

extension Side {
  /// The same end in the terms of stages.
  package var sender: Sender { self == .originator ? .originator : .responder }
}

extension Sender {
  /// The same end in the terms of the engine.
  package var side: Side { self == .originator ? .originator : .responder }
}

extension PacketStamp {
  /// Creates the stamp of a packet from that of its bytes in a stage, without the acknowledgment.
  package init(_ stamp: ByteStamp) {
    self.init(time: Timestamp(nanoseconds: stamp.nanoseconds), packetNumber: stamp.packet, input: stamp.input)
  }
}
