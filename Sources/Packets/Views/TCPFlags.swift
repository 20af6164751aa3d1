/// The control bits of a TCP header (RFC 9293, section 3.1).
public struct TCPFlags: BitwiseCopyable, OptionSet, Hashable, Sendable {
  /// The byte of the header.
  public var rawValue: UInt8

  /// Makes the flags of a byte of the header.
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The sender has no more data.
  @inlinable public static var fin: TCPFlags { TCPFlags(rawValue: 0x01) }
  /// The sequence number is the initial one.
  @inlinable public static var syn: TCPFlags { TCPFlags(rawValue: 0x02) }
  /// The connection is reset.
  @inlinable public static var rst: TCPFlags { TCPFlags(rawValue: 0x04) }
  /// The receiver is to hand the data on.
  @inlinable public static var psh: TCPFlags { TCPFlags(rawValue: 0x08) }
  /// The acknowledgment number counts.
  @inlinable public static var ack: TCPFlags { TCPFlags(rawValue: 0x10) }
  /// The urgent pointer counts.
  @inlinable public static var urg: TCPFlags { TCPFlags(rawValue: 0x20) }
  /// The receiver of congestion notices echoes one (RFC 3168).
  @inlinable public static var ece: TCPFlags { TCPFlags(rawValue: 0x40) }
  /// The sender has reduced its window (RFC 3168).
  @inlinable public static var cwr: TCPFlags { TCPFlags(rawValue: 0x80) }
}
