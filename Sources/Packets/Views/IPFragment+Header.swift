extension IPFragment {
  /// Appends the header of the whole datagram to `packet`; see `DatagramHeader`, which does the same once the fragment is gone.
  public func appendHeader(forPayloadLength payloadLength: Int, to packet: inout [UInt8]) -> Bool {
    DatagramHeader(self).append(forPayloadLength: payloadLength, to: &packet)
  }
}
