extension IPFragment {
  /// Appends the header of the whole datagram to `packet`, like `DatagramHeader`, which does so when the fragment is gone.
  public func appendHeader(forPayloadLength payloadLength: Int, to packet: inout [UInt8]) -> Bool {
    DatagramHeader(self).append(forPayloadLength: payloadLength, to: &packet)
  }
}
