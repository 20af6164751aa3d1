public import Stages

/// Clear bytes that could not be had.
public struct ClearGap: Hashable, Sendable {
  /// Reason why bytes are missing.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The capture lacks ciphertext.
    case lost
    /// The ciphertext is there, and no key for it.
    case key
    /// The tag or MAC of a record does not hold.
    case rejected
  }

  /// What the length follows from.
  public enum Cause: String, Hashable, Sendable, CaseIterable {
    /// The head of each record was captured.
    case record
    /// Heads of records are missing too, and the number of records is known from the sequence number behind the gap.
    case head
    /// Records that no key is known for.
    case key
  }

  /// Clear offset of the first missing byte.
  public var offset: Int64
  /// Number of missing bytes: at most so many, unless `isExact`.
  public var length: Int64
  /// Whether the length is exact.
  ///
  /// In TLS 1.3 and with CBC it never is, because of padding.
  public var isExact: Bool
  /// Why bytes are missing.
  public var kind: Kind
  /// What the length follows from.
  public var cause: Cause
}

/// Consumer of what a ``TLSStage`` finds.
///
/// For each sender bytes and gaps come in the order of clear offsets and leave nothing out; offset 0 is the first byte of application
/// data. The end comes once, as the last call for that sender.
public protocol ClearReceiver: AnyObject {
  /// Takes the clear bytes of a record.
  ///
  /// - Parameters:
  ///   - bytes: the bytes, valid only during the call; never empty.
  ///   - offset: clear offset of the first one.
  ///   - stamp: the packet that completed the record.
  ///   - sender: the end that sent them.
  func clear(_ bytes: Span<UInt8>, at offset: Int64, stamp: ByteStamp, from sender: Sender)

  /// Takes note of clear bytes that could not be had.
  func clearGap(_ gap: ClearGap, from sender: Sender)

  /// Takes note that nothing more comes of one direction.
  func clearEnd(_ end: StreamEnd, from sender: Sender)

  /// Takes one of the certificates of ``TLSFacts/certificates``, in DER.
  func certificate(_ certificate: Certificate, der: [UInt8])
}

extension ClearReceiver {
  /// Ignores the certificate.
  public func certificate(_ certificate: Certificate, der: [UInt8]) {}
}

/// What is known of a TLS connection.
public struct TLSFacts: Sendable {
  /// Reason why not one record was opened.
  public enum Obstacle: String, Hashable, Sendable, CaseIterable {
    /// No secret of the connection is known, or a wrong one.
    case key
    /// The cipher suite, the version or the compression is none that is decrypted.
    case suite
    /// A hello was not captured.
    case lostHello = "lost_hello"
    /// The capture begins in the middle of the connection.
    case midstream
    /// So much ciphertext waited for its key that the limit was reached.
    case waitingLimit = "waiting_limit"
  }

  /// Version: `"1.3"`, ..., `"SSL 3.0"`; nil where no ServerHello tells it.
  public internal(set) var version: String?
  /// Cipher suite by its IANA name; `0x1234` where it has none.
  public internal(set) var suite: String?
  /// Host name that the client asked for.
  public internal(set) var serverName: String?
  /// Protocol that the server chose by ALPN.
  public internal(set) var applicationProtocol: String?
  /// Random of the ClientHello.
  public internal(set) var clientRandom: ClientRandom?
  /// JA3 fingerprint of the ClientHello.
  public internal(set) var ja3: String?
  /// JA4 fingerprint of the ClientHello.
  public internal(set) var ja4: String?
  /// Certificates of the server, its own first; those of the first handshake.
  public internal(set) var certificates: [Certificate] = []
  /// Whether the first handshake resumed a session.
  public internal(set) var isResumed = false
  /// Whether at least one record was opened.
  public internal(set) var isClear = false
  /// Why not one record was opened; nil where one was.
  public internal(set) var obstacle: Obstacle?
}

/// What came out of one direction.
public struct ClearFigures: Sendable {
  /// Clear bytes.
  public internal(set) var bytes: Int64 = 0
  /// Length of the clear stream: its bytes and its gaps.
  public internal(set) var length: Int64 = 0
  /// Records with application data that were opened.
  public internal(set) var records: UInt64 = 0
  /// Clear bytes of early data that the server rejected, or of which it is not known whether it did.
  public internal(set) var droppedEarlyData: Int64 = 0
}
