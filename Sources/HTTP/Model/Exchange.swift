public import Stages

/// Layer that the exchange was found in, besides TCP.
public enum Enclosure: String, Hashable, Sendable {
  /// TLS.
  case tls
  /// A tunnel that CONNECT opened.
  case connect
}

/// Rule that paired a request with its response.
public enum Pairing: String, Hashable, Sendable {
  /// Order of the messages.
  case order
  /// Acknowledgment numbers, which decided or confirmed it behind a gap.
  case acknowledgment = "ack"
}

/// Side of an exchange.
public enum MessageSide: UInt8, Hashable, Sendable, CaseIterable {
  /// The client's message.
  case request = 0
  /// The server's message.
  case response = 1
}

/// Interim response (1xx).
public struct Informational: Sendable {
  /// Status code.
  public var status: Int
  /// Reason phrase.
  public var reason: [UInt8]
  /// Packet of the first byte.
  public var stamp: ByteStamp
  /// Offset of the head in the stream of the server.
  public var offset: Int64
  /// Field lines.
  public var headers: [HeaderField]
}

/// Request with its response, or either alone.
public final class Exchange {
  /// Number within the connection, counted from 1 in the order of the heads.
  public let number: UInt64
  /// HTTP/2 stream; nil in HTTP/1.
  public let stream: UInt32?
  /// Layer around it; nil right above TCP.
  public let enclosure: Enclosure?
  /// Rule that paired the sides; nil if one of them is missing.
  public internal(set) var pairing: Pairing?
  /// Method, as sent; nil without a request.
  public internal(set) var method: [UInt8]?
  /// Request target, as sent.
  public internal(set) var target: [UInt8]?
  /// Scheme: http or https, or what HTTP/2 says.
  public internal(set) var scheme: [UInt8] = []
  /// Host with its port, as the request names it.
  public internal(set) var host: [UInt8] = []
  /// Version, such as `1.1`; that of the request, or of the response without one.
  public internal(set) var version: String = ""
  /// Status code; nil without a response.
  public internal(set) var status: Int?
  /// Reason phrase.
  public internal(set) var reason: [UInt8] = []
  /// Interim responses, in order.
  public internal(set) var informational: [Informational] = []
  /// Protocol that the connection was switched to.
  public internal(set) var upgrade: [UInt8] = []
  /// Bytes of a tunnel that CONNECT opened, from client and from server; nil without one.
  public internal(set) var tunnel: (client: Int64, server: Int64)?
  /// Request; nil if it is lost.
  public internal(set) var request: Message?
  /// Response; nil if there is none.
  public internal(set) var response: Message?
  /// Whether the receiver was given it as complete.
  var isReported = false
  /// Whether the request asks for another protocol.
  var wantsUpgrade = false
  /// Whether no answer comes any more.
  var isUnanswered = false
  /// Offset at which a hole before the request begins, which may have taken another one with it.
  var requestGapStart: Int64?

  init(number: UInt64, stream: UInt32? = nil, enclosure: Enclosure?) {
    self.number = number
    self.stream = stream
    self.enclosure = enclosure
  }

  /// Nanoseconds between the last byte of the request and the first of the response; nil if one of them is missing.
  public var waitTime: Int64? {
    guard let request, let response else { return nil }
    return max(0, (informational.first?.stamp.nanoseconds ?? response.stamp.nanoseconds) &- request.endTime)
  }

  /// Absolute URL of the target; empty without a request.
  ///
  /// A target in absolute form is the URL itself; one of CONNECT is the authority.
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
