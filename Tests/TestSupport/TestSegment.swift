public import Packets

/// A TCP segment as a test states it: plain values, from which headers or a `TCPSegment` are made.
public struct TestSegment: Hashable, Sendable {
  public var source: Endpoint
  public var destination: Endpoint
  public var sequence: UInt32
  public var acknowledgment: UInt32
  public var flags: TCPFlags
  public var window: UInt16 = 65_535
  public var urgentPointer: UInt16 = 0
  /// As in the header: a multiple of four bytes, at most 40.
  public var options: [UInt8] = []
  public var payload: [UInt8]
  /// Bytes of the payload, at its end, that the capture lost to the snap length.
  public var cut = 0
  /// What the segment was found in; only for segments that are not made into packets.
  public var layers = LayerPath()

  public init(source: Endpoint, destination: Endpoint, sequence: UInt32, acknowledgment: UInt32 = 0, flags: TCPFlags, payload: [UInt8] = [])
  {
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.payload = payload
  }

  public var key: FlowKey {
    FlowKey(source: source.address, destination: destination.address, sourcePort: source.port, destinationPort: destination.port)
  }
}

/// A segment at a time: what a script is made of.
public struct ScriptedPacket: Hashable, Sendable {
  /// Nanoseconds since 1970.
  public var time: Int64
  public var segment: TestSegment

  public init(time: Int64, segment: TestSegment) {
    self.time = time
    self.segment = segment
  }
}
