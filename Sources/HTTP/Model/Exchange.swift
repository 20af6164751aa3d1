public import Stages

/// Layer between TCP and the HTTP of an exchange.
public enum Enclosure: String, Hashable, Sendable {
  /// TLS.
  case tls
  /// A tunnel that CONNECT opened.
  case connect
}

/// Rule that paired a request with its response.
public enum Pairing: String, Hashable, Sendable {
  /// The order of the messages.
  case order
  /// Acknowledgment numbers, which decided or confirmed the pair after a gap.
  case acknowledgment = "ack"
  /// The stream of HTTP/2.
  case stream
}

/// Side of an exchange.
public enum MessageSide: UInt8, Hashable, Sendable, CaseIterable {
  /// The client's message.
  case request = 0
  /// The server's message.
  case response = 1
}

/// Interim response (1xx, RFC 9110, section 15.2).
public struct Informational: Sendable {
  /// Status code.
  public var status: Int
  /// Reason phrase.
  public var reason: [UInt8]
  /// Packet that brought the first byte of the head.
  public var stamp: ByteStamp
  /// Offset of the head in the server's stream.
  public var offset: Int64
  /// Field lines.
  public var headers: [HeaderField]
}

/// Request with its response, or one of them alone.
public final class Exchange {
  /// Number within the connection, counted from 1 in the order in which the heads were read.
  public let number: UInt64
  /// Identifier of the HTTP/2 stream; nil in HTTP/1.
  public let stream: UInt32?
  /// End of the connection that sends the requests.
  public let client: Sender
  /// Layer that carries the exchange; nil directly above TCP.
  public let enclosure: Enclosure?
  /// Rule that paired the messages; nil if one of them is missing.
  public internal(set) var pairing: Pairing?
  /// Method, as sent; nil without a request.
  public internal(set) var method: [UInt8]?
  /// Request target, as sent.
  public internal(set) var target: [UInt8]?
  /// Scheme: that of an absolute target or of `:scheme`, else `https` in TLS and `http` elsewhere.
  public internal(set) var scheme: [UInt8] = []
  /// Host and port, as the request states them.
  public internal(set) var host: [UInt8] = []
  /// Version of the request, or of the response if there is no request, such as `1.1`.
  public internal(set) var version: String = ""
  /// Status code; nil without a response.
  public internal(set) var status: Int?
  /// Reason phrase.
  public internal(set) var reason: [UInt8] = []
  /// Interim responses, in order.
  public internal(set) var informational: [Informational] = []
  /// Value of Upgrade in the 101 response; empty without one.
  public internal(set) var upgrade: [UInt8] = []
  /// Whether the exchange opened a WebSocket.
  public internal(set) var isWebSocket = false
  /// Number of bytes in each direction of the tunnel that the exchange opened; nil if it opened none.
  public internal(set) var tunnel: (client: Int64, server: Int64)?
  /// Request; nil if it is missing.
  public internal(set) var request: Message?
  /// Response; nil if it is missing.
  public internal(set) var response: Message?
  /// Whether the exchange was given to the receiver as complete.
  var isReported = false
  /// Number of bytes of its heads that count towards the limit of all exchanges.
  var headBytes = 0
  /// Whether the request has an Upgrade field.
  var wantsUpgrade = false
  /// Whether the exchange was given up, so that no response can complete it.
  var isUnanswered = false
  /// Offset of a gap before the request, in which an earlier request may have been lost; nil without one.
  var requestGapStart: Int64?

  init(number: UInt64, stream: UInt32? = nil, from client: Sender, enclosure: Enclosure?) {
    self.number = number
    self.client = client
    self.stream = stream
    self.enclosure = enclosure
  }

  /// Nanoseconds between the last byte of the request and the first of the response; nil if one of them is missing.
  public var waitTime: Int64? {
    guard let request, let response else { return nil }
    return max(0, (informational.first?.stamp.nanoseconds ?? response.stamp.nanoseconds) &- request.endTime)
  }

  /// URL of the request; empty without a request.
  ///
  /// The URL is the target itself if that is in absolute form, or the authority for CONNECT.
  public var url: [UInt8] {
    guard let method, let target else { return [] }
    if target.containsSequence("://") || method.elementsEqual("CONNECT".utf8) { return target }
    guard !host.isEmpty else { return [] }
    let path = target.elementsEqual("*".utf8) ? [] : target
    return scheme + Array("://".utf8) + host + path
  }

  /// The message of a side.
  public subscript(side: MessageSide) -> Message? { side == .request ? request : response }
}
