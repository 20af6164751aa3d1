package import Packets

/// A TCP segment as a test states it: plain values, from which headers or a `TCPSegment` are made.
package struct TestSegment: Hashable, Sendable {
  package var source: Endpoint
  package var destination: Endpoint
  package var sequence: UInt32
  package var acknowledgment: UInt32
  package var flags: TCPFlags
  package var window: UInt16 = 65_535
  package var urgentPointer: UInt16 = 0
  /// As in the header: a multiple of four bytes, at most 40.
  package var options: [UInt8] = []
  package var payload: [UInt8]
  /// Bytes of the payload, at its end, that the capture lost to the snap length.
  package var cut = 0
  /// What the segment was found in; only for segments that are not made into packets.
  package var layers = LayerPath()

  package init(
    source: Endpoint, destination: Endpoint, sequence: UInt32, acknowledgment: UInt32 = 0, flags: TCPFlags, payload: [UInt8] = []
  ) {
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.payload = payload
  }

  package var key: FlowKey {
    FlowKey(source: source.address, destination: destination.address, sourcePort: source.port, destinationPort: destination.port)
  }
}

/// A segment at a time: what a script is made of.
package struct ScriptedPacket: Hashable, Sendable {
  /// Nanoseconds since 1970.
  package var time: Int64
  package var segment: TestSegment

  package init(time: Int64, segment: TestSegment) {
    self.time = time
    self.segment = segment
  }
}
