/// Control bits of a TCP header (RFC 9293, section 3.1).
public struct TCPFlags: BitwiseCopyable, OptionSet, Hashable, Sendable {
  /// Byte of the header.
  public var rawValue: UInt8

  /// Creates flags from a byte of the header.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// FIN: the sender has no more data.
  @inlinable public static var fin: TCPFlags { TCPFlags(rawValue: 0x01) }
  /// SYN: the sequence number is the initial one.
  @inlinable public static var syn: TCPFlags { TCPFlags(rawValue: 0x02) }
  /// RST: the connection is reset.
  @inlinable public static var rst: TCPFlags { TCPFlags(rawValue: 0x04) }
  /// PSH: the receiver should push the data to the application.
  @inlinable public static var psh: TCPFlags { TCPFlags(rawValue: 0x08) }
  /// ACK: the acknowledgment number is valid.
  @inlinable public static var ack: TCPFlags { TCPFlags(rawValue: 0x10) }
  /// URG: the urgent pointer is valid.
  @inlinable public static var urg: TCPFlags { TCPFlags(rawValue: 0x20) }
  /// ECE: the sender echoes a congestion notification (RFC 3168).
  @inlinable public static var ece: TCPFlags { TCPFlags(rawValue: 0x40) }
  /// CWR: the sender has reduced its congestion window (RFC 3168).
  @inlinable public static var cwr: TCPFlags { TCPFlags(rawValue: 0x80) }
}
