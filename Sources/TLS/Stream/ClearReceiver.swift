public import Stages

/// Range of a clear stream that is missing.
public struct ClearGap: Hashable, Sendable {
  /// Reason why bytes are missing.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The capture lacks ciphertext.
    case lost
    /// The ciphertext was captured, but its key is not known.
    case key
    /// The tag or MAC of a record is wrong.
    case rejected
  }

  /// Evidence for the length.
  public enum Cause: String, Hashable, Sendable, CaseIterable {
    /// The head of each record was captured.
    case record
    /// Heads of records are missing too; the sequence number behind the gap determines the number of records.
    case head
    /// The key of the records is not known.
    case key
  }

  /// Clear offset of the first missing byte.
  public var offset: Int64
  /// Number of missing bytes; an upper bound unless ``isExact``.
  public var length: Int64
  /// Whether the length is exact.
  ///
  /// It is never exact in TLS 1.3 and with CBC, because of padding.
  public var isExact: Bool
  /// Why bytes are missing.
  public var kind: Kind
  /// Evidence for the length.
  public var cause: Cause
}

/// Consumer of the clear bytes of a ``TLSStage``.
///
/// For each sender, bytes and gaps come in the order of clear offsets without holes between them; offset 0 is the first byte of application
/// data. The end comes once, as the last call for that sender.
public protocol ClearReceiver: AnyObject {
  /// Receives the clear bytes of a record.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call; never empty.
  ///   - offset: the clear offset of the first one.
  ///   - stamp: the packet that completed the record.
  ///   - sender: the end that sent them.
  func clear(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender)

  /// Receives a gap.
  ///
  /// - Parameters:
  ///   - gap: the missing range.
  ///   - sender: the end that sent it.
  func clearGap(_ gap: ClearGap, from sender: Sender)

  /// Receives the end of a direction.
  ///
  /// - Parameters:
  ///   - end: the reason.
  ///   - sender: the end that sent the direction.
  func clearEnd(_ end: StreamEnd, from sender: Sender)

  /// Receives the end of the first handshake, once both Finished messages were opened.
  ///
  /// - Parameter stamp: the packet that completed the later one of them.
  func handshakeEnded(at stamp: ByteStamp)

  /// Receives one of the certificates of ``TLSFacts/certificates``.
  ///
  /// - Parameters:
  ///   - certificate: the certificate.
  ///   - der: its DER encoding.
  func certificate(_ certificate: Certificate, der: [UInt8])
}

extension ClearReceiver {
  /// Ignores the end of the handshake.
  ///
  /// - Parameter stamp: the packet that completed the later Finished message.
  public func handshakeEnded(at stamp: ByteStamp) {}

  /// Ignores the certificate.
  ///
  /// - Parameters:
  ///   - certificate: the certificate.
  ///   - der: its DER encoding.
  public func certificate(_ certificate: Certificate, der: [UInt8]) {}
}

/// Facts about a TLS connection.
public struct TLSFacts: Sendable {
  /// Reason why no record was opened.
  public enum Obstacle: String, Hashable, Sendable, CaseIterable {
    /// No secret of the connection is known, or the known one is wrong.
    case key
    /// The cipher suite, the version or the compression is not supported.
    case suite
    /// A hello was not captured.
    case lostHello = "lost_hello"
    /// The capture begins in the middle of the connection.
    case midstream
    /// The limit of waiting ciphertext was reached.
    case waitingLimit = "waiting_limit"
  }

  /// Version in the ServerHello, `"1.3"` to `"SSL 3.0"`; nil without one.
  public internal(set) var version: String?
  /// IANA name of the cipher suite; its number, as in `0x1234`, if it has none.
  public internal(set) var suite: String?
  /// Host name in the ClientHello.
  public internal(set) var serverName: String?
  /// Protocol chosen by the server (ALPN).
  public internal(set) var applicationProtocol: String?
  /// Random of the ClientHello.
  public internal(set) var clientRandom: ClientRandom?
  /// JA3 fingerprint of the ClientHello.
  public internal(set) var ja3: String?
  /// JA4 fingerprint of the ClientHello.
  public internal(set) var ja4: String?
  /// Certificates of the server in the first handshake, its own first.
  public internal(set) var certificates: [Certificate] = []
  /// Whether the first handshake resumed a session.
  public internal(set) var isResumed = false
  /// Whether at least one record was opened.
  public internal(set) var isClear = false
  /// Reason why no record was opened; nil if one was.
  public internal(set) var obstacle: Obstacle?
}

/// Figures of one direction.
public struct ClearFigures: Sendable {
  /// Number of clear bytes.
  public internal(set) var bytes: Int64 = 0
  /// Length of the clear stream, gaps included.
  public internal(set) var length: Int64 = 0
  /// Number of opened records with application data.
  public internal(set) var records: UInt64 = 0
  /// Number of clear bytes of early data that the server rejected or may have rejected.
  public internal(set) var droppedEarlyData: Int64 = 0
}
