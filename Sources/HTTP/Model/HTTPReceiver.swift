public import Stages

/// Receiver of the content of a body or of a part.
public protocol ContentReceiver: AnyObject {
  /// Called with the next bytes of the content, which a gap may precede.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call.
  ///   - offset: offset of the first byte in the content.
  func content(_ bytes: Span<UInt8>, at offset: Int64)

  /// Called after the last bytes of the content.
  func contentEnds()
}

/// Receiver of a body: of its content and, if it is coded, of the bytes as sent.
///
/// The content of a short body in gzip comes at the end of the body, unless ``HTTPContext/decodesAtOnce`` is set.
public protocol BodyReceiver: ContentReceiver {
  /// Called with the next bytes as sent, if the body is coded, before the content that they decode to.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call.
  ///   - offset: offset of the first byte in the body as sent.
  func raw(_ bytes: Span<UInt8>, at offset: Int64)
}

/// Message of a WebSocket connection.
public struct WebSocketMessage {
  /// Exchange that opened the WebSocket.
  public var exchange: UInt64
  /// Whether the client sent the message.
  public var isFromClient: Bool
  /// Opcode of the first frame.
  public var opcode: UInt8
  /// Packet that brought the first byte.
  public var stamp: ByteStamp
  /// Length of the payload in bytes, decompressed and including gaps, up to ``HTTPOptions/maxBody``.
  public var length: Int64 = 0
  /// Payload; empty if it is longer than 4 KB or has a gap.
  ///
  /// The payload of a control frame ends at its first gap.
  public var payload: [UInt8] = []
  /// Receiver of a payload that is longer than 4 KB or has a gap; nil otherwise, or if the payload is not wanted.
  public var receiver: (any ContentReceiver)?
  /// Reason why the message is not complete; nil if the whole message was captured and decompressed.
  ///
  /// Invalid compressed data is ``Incompleteness/framing``. If the data refers to earlier content that is not known, the reason is that of
  /// the earlier message.
  public var why: Incompleteness?
  /// Gaps in the payload as sent, up to ``HTTPOptions/maxListedGaps``.
  public var gaps: [ByteRange] = []
  /// Number of all gaps in the payload as sent.
  public var gapCount: UInt64 = 0
  /// Number of bytes in all gaps.
  public var gapBytes: Int64 = 0
  /// Whether the whole message was captured and decompressed.
  public var isComplete: Bool { why == nil }
}

/// Receiver of the messages that are found in a connection.
public protocol HTTPReceiver: AnyObject {
  /// Creates the receiver of a body; called before its first byte or gap.
  ///
  /// - Parameters:
  ///   - exchange: the exchange. For the body of a response it includes the request, as far as that was read.
  ///   - side: the message that the body belongs to.
  /// - Returns: the receiver; nil if the bytes are not wanted.
  func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)?

  /// Creates the receiver of a part of a multipart body, whose name and type are known.
  ///
  /// - Parameters:
  ///   - part: the part.
  ///   - number: the number of the part in the body, counted from 1.
  ///   - exchange: the exchange.
  ///   - side: the message that the body belongs to.
  /// - Returns: the receiver; nil if the bytes are not wanted.
  func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)?

  /// Called once with each exchange, after the end of its messages or of the connection.
  ///
  /// - Parameter exchange: the exchange.
  func completed(_ exchange: Exchange)

  /// Called when an exchange opens a tunnel; ``completed(_:)`` follows at the end of the tunnel.
  ///
  /// - Parameter exchange: the exchange, whose messages have ended.
  func tunnelOpened(_ exchange: Exchange)

  /// Creates the receiver of a WebSocket message that is longer than 4 KB or has a gap.
  ///
  /// - Parameter message: the message, as far as it was read.
  /// - Returns: the receiver; nil if the payload is not wanted.
  func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)?

  /// Called with a WebSocket message after its end.
  ///
  /// - Parameter message: the message.
  func received(_ message: WebSocketMessage)

  /// Called after the last message of a WebSocket.
  ///
  /// - Parameter exchange: the number of the exchange that opened it.
  func webSocketEnded(_ exchange: UInt64)
}

extension HTTPReceiver {
  /// Does nothing; a receiver that uses messages as they come implements it.
  ///
  /// - Parameter exchange: the exchange, whose messages have ended.
  public func tunnelOpened(_ exchange: Exchange) {}

  /// Does nothing; a receiver that waits for the end of a WebSocket implements it.
  ///
  /// - Parameter exchange: the number of the exchange that opened it.
  public func webSocketEnded(_ exchange: UInt64) {}
}
