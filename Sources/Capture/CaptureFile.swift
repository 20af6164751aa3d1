public import Paths

/// A capture that is read from the first packet to the last: a file, `-` for standard input, or `tcp://host:port`.
///
/// ``CaptureSet`` merges several captures.
public struct CaptureFile: ~Copyable {
  private var captures: CaptureSet

  /// Opens a capture of any format and compression that the library reads.
  ///
  /// - Parameters:
  ///   - path: the name of the capture.
  ///   - filter: a libpcap filter; nil to read every packet.
  /// - Throws: `CaptureError` if the capture cannot be opened or the filter does not compile.
  public init(_ path: String, filter: String? = nil) throws(CaptureError) { try self.init(path: FilePath(path), filter: filter) }

  /// Opens a capture whose path need not be UTF-8.
  ///
  /// - Parameters:
  ///   - path: the name of the capture.
  ///   - filter: a libpcap filter; nil to read every packet.
  /// - Throws: `CaptureError` if the capture cannot be opened or the filter does not compile.
  public init(path: FilePath, filter: String? = nil) throws(CaptureError) {
    let captures = try CaptureSet(paths: [path], filter: filter)
    if let error = captures.summary(0).error { throw error }
    self.captures = captures
  }

  /// Facts about the capture, as far as it was read.
  public var summary: InputSummary { captures.summary(0) }

  /// Reads the next packet that the filter accepts.
  ///
  /// Packets that it refuses are skipped, so an assembler that is driven by this method does not see their times. What it reports of a
  /// connection can then depend on the filter. ``CaptureSet/next()`` returns every packet; `Assembler.advance(to:)` takes the times of
  /// those that are not assembled.
  ///
  /// - Returns: a view of the packet, valid until the next call; nil at the end.
  /// - Throws: `CaptureError` if the capture ends inside a packet or is damaged; every packet before that place was returned.
  @_lifetime(&self)
  public mutating func next() throws(CaptureError) -> CapturedPacket? {
    while let record = captures.nextRecord() {
      // Sound: as in `CaptureSet.next`, the record is valid until the set advances, and the result borrows `self`.
      if record.pointee.passesFilter { return _overrideLifetime(CapturedPacket(record), mutating: &self) }
    }
    if let error = captures.summary(0).error { throw error }
    return nil
  }
}
