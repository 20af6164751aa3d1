public import Stages

/// Takes the content of a body or of a part of one.
public protocol ContentReceiver: AnyObject {
  /// Takes the next bytes; between calls a hole may lie.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call.
  ///   - offset: offset of the first byte in the content.
  func content(_ bytes: Span<UInt8>, at offset: Int64)

  /// Takes note that no more content comes.
  func contentEnds()
}

/// Takes a body: its content and, if it is coded, the bytes as they were sent.
public protocol BodyReceiver: ContentReceiver {
  /// Takes the next bytes as sent; called only for bodies with codings, before the content that they decode to.
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
  /// The end that sent it.
  public var isFromClient: Bool
  /// Opcode of the first frame.
  public var opcode: UInt8
  /// Packet of the first byte.
  public var stamp: ByteStamp
  /// Length of the payload, decompressed.
  public var length: Int64
  /// Payload, if it is no longer than 4 KB.
  public var payload: [UInt8]
  /// Takes a longer payload.
  public var receiver: (any ContentReceiver)?
  /// Whether everything of it came.
  public var isComplete: Bool
}

/// Takes what HTTP finds in a connection.
public protocol HTTPReceiver: AnyObject {
  /// Makes the receiver of a body that begins.
  ///
  /// - Parameters:
  ///   - exchange: the exchange; of a response, the request is known as far as it came.
  ///   - side: the side that the body is of.
  /// - Returns: nil if nobody wants the bytes.
  func bodyBegins(of exchange: Exchange, _ side: MessageSide) -> (any BodyReceiver)?

  /// Makes the receiver of a part of a multipart body; its name and type are known.
  ///
  /// - Parameters:
  ///   - part: the part.
  ///   - number: its number in the body, counted from 1.
  ///   - exchange: the exchange.
  ///   - side: the side that the body is of.
  /// - Returns: nil if nobody wants the bytes.
  func partBegins(_ part: Part, _ number: Int, of exchange: Exchange, _ side: MessageSide) -> (any ContentReceiver)?

  /// Takes note that nothing more comes of an exchange.
  func completed(_ exchange: Exchange)

  /// Makes the receiver of a WebSocket message that is longer than 4 KB.
  func messageBegins(_ message: WebSocketMessage) -> (any ContentReceiver)?

  /// Takes a WebSocket message that is over.
  func received(_ message: WebSocketMessage)
}
