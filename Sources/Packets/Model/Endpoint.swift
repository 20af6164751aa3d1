/// Address and port of one end of a connection.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// IP address.
  public var address: IPAddress
  /// TCP port.
  public var port: UInt16

  /// Creates an endpoint.
  public init(_ address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Text such as `10.0.0.1:40000`, with an IPv6 address in brackets.
  public var description: String { address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

extension FlowKey {
  /// Address and port of the sender.
  public var sourceEndpoint: Endpoint { Endpoint(source, port: sourcePort) }
  /// Address and port of the receiver.
  public var destinationEndpoint: Endpoint { Endpoint(destination, port: destinationPort) }
}
