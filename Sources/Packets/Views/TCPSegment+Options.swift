/// Options that affect a stream. Each takes O(options), and is nil if it is absent or has a wrong length.
extension TCPSegment {
  /// Value and echo of the timestamps option (RFC 7323, section 3).
  public struct Timestamps: Hashable, Sendable {
    /// Timestamp clock of the sender.
    public var value: UInt32
    /// Latest timestamp of the peer that the sender saw.
    public var echo: UInt32
  }

  /// Largest segment that the sender accepts; only in segments with SYN (RFC 9293, section 3.7.1).
  public var maximumSegmentSize: UInt16? {
    guard let option = firstOption(2), option.data.count == 2 else { return nil }
    return option.data.uint16(at: 0)
  }

  /// Number of bits by which the sender shifts its windows, as in the option; only in segments with SYN (RFC 7323, section 2).
  ///
  /// Receivers treat more than 14 as 14.
  public var windowScale: UInt8? {
    guard let option = firstOption(3), option.data.count == 1 else { return nil }
    return option.data[0]
  }

  /// Whether the sender accepts selective acknowledgments; only in segments with SYN (RFC 2018, section 2).
  public var permitsSelectiveAcknowledgment: Bool {
    guard let option = firstOption(4) else { return false }
    return option.data.isEmpty
  }

  /// Timestamps option.
  public var timestamps: Timestamps? {
    guard let option = firstOption(8), option.data.count == 8 else { return nil }
    return Timestamps(value: option.data.uint32(at: 0), echo: option.data.uint32(at: 4))
  }

  @_lifetime(copy self)
  private func firstOption(_ kind: UInt8) -> TCPOption? {
    var walk = TCPOptions(options)
    while let option = walk.next() {
      if option.kind == kind { return option }
    }
    return nil
  }
}
